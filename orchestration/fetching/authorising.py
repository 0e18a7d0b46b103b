"""How a request shows who asks: the secrets of an API go to its own host, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2ClientCredentials,
)
from requests.auth import AuthBase

from orchestration.fetching.errors import FetchError
from orchestration.fetching.options import ApiServer
from orchestration.fetching.secrets import Secrets

if TYPE_CHECKING:
    from requests import PreparedRequest, Session


def authoriser(options: ApiServer, secrets: Secrets, session: Session) -> SameHost:
    """What `auth` asks for."""
    read = secrets.required
    if options.auth == "bearer":
        inner: Any = BearerTokenAuth(read(options.token_env))
    elif options.auth == "basic":
        inner = HttpBasicAuth(read(options.user_env), read(options.password_env))
    elif options.auth == "apiKey":
        inner = APIKeyAuth(options.key_name, read(options.key_env), options.key_in)
    elif options.auth == "oauth2":
        return Renewable(options, _client_credentials(options, secrets, session))
    else:
        inner = None
    return SameHost(options, inner)


class SameHost(AuthBase):
    """Authorises requests to the host that is configured, and lets no other be asked."""

    def __init__(self, options: ApiServer, inner: Any) -> None:
        self.place, self.inner = urlsplit(options.location)[:2], inner

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add what the inner one knows."""
        if urlsplit(str(request.url))[:2] != self.place:
            raise FetchError("its next page lies on another host, which is not asked")
        return request if self.inner is None else self.inner(request)


class Renewable(SameHost):
    """Authorises by a token that expires."""

    def renew(self, request: PreparedRequest) -> None:
        """Authorise a request that was refused, with a new token."""
        self.inner.obtain_token()
        self.inner(request)


class _ClientCredentials(OAuth2ClientCredentials):
    """Tells of every token it gets, so that it is hidden."""

    secrets: Secrets

    def parse_access_token(self, response_json: Any) -> str:
        """The token of an answer."""
        token = response_json.get("access_token")
        if not token:
            raise FetchError("its `tokenUrl` answers without an access token")
        self.secrets.add(str(token))
        return str(token)


def _client_credentials(options: ApiServer, secrets: Secrets, session: Session) -> Any:
    auth = _ClientCredentials(
        access_token_url=str(options.token_url),
        client_id=secrets.required(options.client_id_env),
        client_secret=secrets.required(options.client_secret_env),
        access_token_request_data={"scope": options.scope} if options.scope else {},
        session=session,
    )
    auth.secrets = secrets
    return auth
