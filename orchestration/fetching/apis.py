"""One endpoint of a REST API, read by dlt's client page by page."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from orchestration.fetching.authorising import authoriser
from orchestration.fetching.cursors import CursorValue, behind, highest, not_after
from orchestration.fetching.errors import FetchError
from orchestration.fetching.job import Fetched, Job, definition_of, kept
from orchestration.fetching.options import ApiServer
from orchestration.fetching.spool import LINE, comparing, deliver_new

if TYPE_CHECKING:
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import BasePaginator
    from requests import Response, Session

BEGINS_WITH_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def fetch_api(job: Job, options: ApiServer) -> Fetched:
    """The records that are new or changed, as json lines."""
    return _Endpoint(job, options).fetch()


@dataclass
class _Endpoint:
    """One fetch of one endpoint."""

    job: Job
    options: ApiServer

    def fetch(self) -> Fetched:
        job = self.job
        cursor = job.start(self.definition)
        rows = job.spool("rows", [LINE])
        for record in self._records(self._params(cursor)):
            rows.add([_line(self._renamed(record))])
            job.count(rows.rows)
            if self.options.cursor:
                cursor = highest(cursor, cursor_value(value_at(record, self.options.cursor)))
        rows.close()
        seen, found = job.remember("seen"), Fetched()
        with comparing(job.workspace) as connection:
            before = job.remembered("seen", self.definition)
            is_keyed = bool(job.server.contract.key)
            new = deliver_new(connection, rows, before, seen, job.stem, is_keyed)
        found.rows = new.rows
        for path in new.files:
            found.deliver(path, job.now)
        found.state = kept(self.definition, not_after(cursor, job.now), seen=seen)
        return found

    @cached_property
    def definition(self) -> str:
        """Everything is read anew when something of it changes."""
        options = self.options
        what = (options.location, sorted(options.params.items()), options.data_selector)
        return definition_of(what, sorted(options.columns.items()), options.cursor)

    def _params(self, cursor: CursorValue | None) -> dict[str, Any]:
        """The parameters of the first page; those of a later one are the paginator's."""
        options = self.options
        params: dict[str, Any] = dict(options.params)
        if options.page_size and options.paginator != "offset":
            params[options.size_param] = options.page_size
        if options.cursor_param and cursor is not None:
            params[options.cursor_param] = _as_sent(behind(cursor, options.lag))
        elif options.cursor_param and options.cursor_start:
            params[options.cursor_param] = options.cursor_start
        return params

    def _records(self, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        last = ""
        hooks: dict[str, Any] = {"response": [self._renew_token, self._check, self._read]}
        pages = self._client().paginate(params=params, hooks=hooks, allow_redirects=False)
        for number, page in enumerate(pages, 1):
            text = json.dumps(list(page), sort_keys=True)
            if page and text == last:
                raise FetchError("it answers with the same page again: is `paginator` right?")
            if number > self.options.max_pages:
                raise FetchError(f"it has more than {self.options.max_pages:,} pages")
            last = text
            for record in page:
                if not isinstance(record, dict):
                    raise FetchError("its records are no JSON objects: is `dataSelector` right?")
                yield record

    def _renamed(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record, or of it what the contract knows, by the paths of `columns`."""
        columns, contract = self.options.columns, self.job.server.contract
        if not columns:
            return record
        names = {column.name for column in contract.columns}
        known = {
            key: value
            for key, value in record.items()
            if key in names or contract.reads_inside(key)
        }
        return known | {name: value_at(record, path) for name, path in columns.items()}

    def _client(self) -> RESTClient:
        from dlt.common.configuration.specs import RuntimeConfiguration
        from dlt.sources.helpers.rest_client.client import RESTClient

        return RESTClient(
            self.options.location,
            auth=self._authoriser,
            paginator=_paginator(self.options),
            data_selector=self.options.data_selector,
            session=self._session,
            config=RuntimeConfiguration(),
        )

    @cached_property
    def _session(self) -> Session:
        """Waits and tries again after 429, 5xx and lost connections, as often as it may."""
        from dlt.sources.helpers.requests import Client

        return Client(
            request_timeout=self.options.timeout,
            raise_for_status=False,
            request_max_attempts=self.options.retries,
            request_max_retry_delay=self.options.max_wait,
        ).session

    @cached_property
    def _authoriser(self) -> Any:
        return authoriser(self.options, self.job.secrets, self._session)

    def _renew_token(self, response: Response, **arguments: Any) -> Response | None:
        """After a 401 one more attempt, with a new token; a lasting refusal is told."""
        renew = getattr(self._authoriser, "renew", None)
        if response.status_code != 401 or renew is None:
            return None
        request = response.request.copy()
        renew(request)
        response.close()
        connection: Any = response.connection
        again: Response = connection.send(request, **arguments)
        return again

    def _check(self, response: Response, **_: Any) -> None:
        """Raise for what is no answer; the client tries some of it again."""
        from requests import HTTPError

        status = f"{response.status_code} {response.reason or ''}".strip()
        if response.status_code >= 500 or response.status_code == 429:
            tried = f"after {self.options.retries} attempts"
            raise HTTPError(f"it still answers {status} {tried}", response=response)
        if response.status_code in (401, 403):
            raise FetchError(f"it answers {status}: is what `auth` names still valid?")
        if response.status_code >= 300:
            raise FetchError(f"it answers {status}: is `location` right?")

    def _read(self, response: Response, **_: Any) -> None:
        """Numbers with a point keep every digit: they become texts."""
        vars(response)["json"] = partial(self._parsed, response)

    def _parsed(self, response: Response) -> Any:
        """An answer; raise FetchError for one without records, which is not the last page."""
        from dlt.common import jsonpath

        selector = self.options.data_selector
        try:
            answer = json.loads(response.content, parse_float=str)
        except ValueError as error:
            raise FetchError("its answer is no JSON") from error
        found = jsonpath.find_values(selector, answer)
        is_page = self.options.paginator == "none" or all(isinstance(item, list) for item in found)
        if not found or (selector == "$" and not is_page):
            raise FetchError(
                f"an answer holds no list of records at {selector}: is `dataSelector` right?"
            )
        return answer


def _paginator(options: ApiServer) -> BasePaginator:
    from dlt.sources.helpers.rest_client import paginators as kinds

    if options.paginator == "offset":
        return kinds.OffsetPaginator(
            limit=options.page_size or 1,
            offset_param=options.offset_param,
            limit_param=options.size_param,
            total_path=None,
        )
    if options.paginator == "page":
        return kinds.PageNumberPaginator(
            base_page=options.first_page, page_param=options.page_param, total_path=None
        )
    if options.paginator == "cursor":
        return kinds.JSONResponseCursorPaginator(
            cursor_path=options.next_path, cursor_param=options.next_param
        )
    if options.paginator == "link":
        return kinds.JSONLinkPaginator(next_url_path=options.next_path)
    if options.paginator == "header":
        return kinds.HeaderLinkPaginator()
    return kinds.SinglePagePaginator()


def value_at(record: Any, path: str) -> Any:
    """The value at a path of names, as customer.address.city; None where there is none."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def cursor_value(value: Any) -> Any:
    """A date or a time where the API writes one, else what it gave."""
    if not isinstance(value, str) or not BEGINS_WITH_DATE.match(value):
        return value
    with suppress(ValueError):
        return dt.date.fromisoformat(value)
    with suppress(ValueError):
        return dt.datetime.fromisoformat(value)
    return value


def _as_sent(value: CursorValue) -> str | int:
    """A cursor as a parameter; UTC with the Z that every API knows."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return value.isoformat()
        utc = value.astimezone(dt.UTC).replace(tzinfo=None)
        return utc.isoformat() + "Z"
    return value if isinstance(value, int) else str(value)


def _line(record: dict[str, Any]) -> str:
    """One line; the order of the keys does not make it another."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True)
