"""Fetch from servers into landing/, each by itself: one that fails stops no other."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from orchestration.errors import ConfigurationError
from orchestration.fetching.errors import FetchError
from orchestration.fetching.job import Fetched, Job
from orchestration.fetching.options import ApiServer, DatabaseServer
from orchestration.fetching.secrets import Secrets
from orchestration.fetching.servers import Server
from orchestration.fetching.state import ServerState
from orchestration.workspace import Workspace

LONGEST_ERROR = 400
UNREACHABLE = (ConnectionError, TimeoutError, socket.gaierror)
# of requests and botocore, which are imported only where they are needed
UNREACHABLE_BY_NAME = frozenset(
    {
        "ChunkedEncodingError", "ConnectTimeoutError", "ConnectionClosedError", "ConnectionError",
        "EndpointConnectionError", "ReadTimeoutError", "Timeout",
    }
)  # fmt: skip


@dataclass(frozen=True)
class FetchResult:
    """How one fetch ended; never a secret, never a value of a row."""

    server: str
    at: str
    rows: int = 0
    files: int = 0
    seconds: float = 0.0
    error: str | None = None


def fetch_all(
    workspace: Workspace,
    servers: Iterable[Server],
    progress: Callable[[Server, str], None] = lambda _, __: None,
) -> list[FetchResult]:
    """Fetch from every server, under the lock of the caller; the results are kept, too."""
    return [fetch(workspace, server, progress) for server in servers]


def fetch(
    workspace: Workspace,
    server: Server,
    progress: Callable[[Server, str], None] = lambda _, __: None,
) -> FetchResult:
    """Fetch what is new of one server into landing/."""
    now, began = dt.datetime.now(dt.UTC), time.monotonic()
    folder, secrets = ServerState.of(workspace, server.slug), Secrets()
    progress(server, "")
    _keep_dlt_quiet(workspace)
    found, error = Fetched(), None
    try:
        job = Job(
            workspace, server, secrets, folder, folder.begin(), now, lambda m: progress(server, m)
        )
        found = _found(job)
        folder.commit(found.state, found.moves)
        error = secrets.hide("; ".join(found.problems)) or None
    except ConfigurationError:
        raise
    except Exception as failure:  # whatever a driver raises: this server failed, others go on
        found, error = Fetched(), _told(failure, secrets)
    finally:
        if not folder.is_pending:
            folder.clear()
    seconds = round(time.monotonic() - began, 2)
    at = now.isoformat(timespec="seconds")
    result = FetchResult(server.slug, at, found.rows, len(found.moves), seconds, error)
    folder.note_last(asdict(result))
    return result


def last_result(workspace: Workspace, server: Server) -> FetchResult | None:
    """How the last fetch of a server ended."""
    last = ServerState.of(workspace, server.slug).last()
    return FetchResult(**last) if last else None


def _found(job: Job) -> Fetched:
    options = job.server.options
    if isinstance(options, DatabaseServer):
        from orchestration.fetching.databases import fetch_database

        return fetch_database(job, options)
    if isinstance(options, ApiServer):
        from orchestration.fetching.apis import fetch_api

        return fetch_api(job, options)
    from orchestration.fetching.folders import fetch_folder

    return fetch_folder(job, options)


def _keep_dlt_quiet(workspace: Workspace) -> None:
    """No telemetry, no logs, no settings from elsewhere; said before dlt is imported."""
    home = str(workspace.fetched / ".dlt")
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    os.environ["DLT_PROJECT_DIR"] = os.environ["DLT_DATA_DIR"] = home


def _told(error: BaseException, secrets: Secrets) -> str:
    """The reason in one line, without secrets and without what drivers add to it."""
    if isinstance(error, FetchError):
        return secrets.hide(str(error))
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    origin = chain[-1]
    if not isinstance(origin, UNREACHABLE) and any(map(_is_unreachable, chain)):
        return "it cannot be reached, or the connection was lost"
    text = " ".join(str(_server_message(origin)).split()) or type(origin).__name__
    return secrets.hide(text)[:LONGEST_ERROR]


def _is_unreachable(error: BaseException) -> bool:
    return not UNREACHABLE_BY_NAME.isdisjoint(kind.__name__ for kind in type(error).__mro__)


def _server_message(error: BaseException) -> object:
    """What a database said, out of the fields that its driver gives."""
    if isinstance(error, UNREACHABLE):
        return f"it cannot be reached ({error.strerror or 'it does not answer in time'})"
    first = error.args[0] if error.args else ""
    return first.get("M", first) if isinstance(first, dict) else error
