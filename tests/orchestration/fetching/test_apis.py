"""A real HTTP server: pages, limits, failures and tokens, as APIs have them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.orchestration.fetching.conftest import PLANTED, FetchingCompany, FetchingMaker

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Request:
    """What a client asked."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    at: float


@dataclass
class Api:
    """A server whose answer is a function of the request."""

    address: str = ""
    answer: Callable[[Request], Answer] = lambda _: (404, {}, {})
    asked: list[Request] = field(default_factory=list)

    def serve(self, answer: Callable[[Request], Answer]) -> None:
        self.answer, self.asked = answer, []


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            request = Request(parts.path, query, dict(self.headers), form, time.monotonic())
            api.asked.append(request)
            status, content, headers = api.answer(request)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield api
    server.shutdown()
    server.server_close()


@pytest.fixture
def api(server: Api) -> Api:
    server.serve(lambda _: (404, {}, {}))
    return server


def thing(number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-01-01T10:{number:02d}:00Z"
    return {"thing_id": f"t{number}", "amount": 1, "updated_at": at} | more


THINGS = [thing(number) for number in range(1, 8)]
IDS = [f"t{number}" for number in range(1, 8)]


def by_offset(request: Request) -> Answer:
    start, size = int(request.query["offset"]), int(request.query["limit"])
    return 200, {"data": THINGS[start : start + size]}, {}


def by_page(request: Request) -> Answer:
    start = (int(request.query["page"]) - 1) * 3
    return 200, {"data": THINGS[start : start + 3]}, {}


def by_cursor(request: Request) -> Answer:
    start = int(request.query.get("after", 0))
    following = start + 3 if start + 3 < len(THINGS) else None
    return 200, {"data": THINGS[start : start + 3], "meta": {"next": following}}, {}


def by_link(request: Request) -> Answer:
    start = int(request.query.get("start", 0))
    link = f"/things?start={start + 3}" if start + 3 < len(THINGS) else None
    return 200, {"data": THINGS[start : start + 3], "links": {"next": link}}, {}


def by_header(request: Request) -> Answer:
    start = int(request.query.get("start", 0))
    link = {"Link": f'<{"http://" + request.headers["Host"]}/things?start={start + 3}>; rel="next"'}
    return 200, {"data": THINGS[start : start + 3]}, link if start + 3 < len(THINGS) else {}


PAGINATORS: dict[str, tuple[Callable[[Request], Answer], dict[str, Any]]] = {
    "offset": (by_offset, {"pageSize": 3}),
    "page": (by_page, {"pageSize": 3}),
    "cursor": (by_cursor, {"nextPath": "meta.next", "nextParam": "after"}),
    "link": (by_link, {"nextPath": "links.next"}),
    "header": (by_header, {}),
}


def serve(company: FetchingCompany, api: Api, **changes: Any) -> None:
    usual = {"type": "api", "location": f"{api.address}/things", "dataSelector": "data"}
    company.serve(**(usual | changes))


@pytest.mark.parametrize("paginator", PAGINATORS)
def test_every_page_is_read(fetching: FetchingCompany, api: Api, paginator: str) -> None:
    answer, options = PAGINATORS[paginator]
    api.serve(answer)
    serve(fetching, api, paginator=paginator, **options)
    result = fetching.fetch()
    assert (result.rows, result.error) == (7, None)
    assert [row[0] for row in fetching.load()] == IDS
    assert fetching.fetch().rows == 0


def test_429_waits_as_it_is_told_and_500_twice_is_no_failure(
    fetching: FetchingCompany, api: Api
) -> None:
    answers = [(429, {}, {"Retry-After": "1"}), (500, {}, {}), (200, {"data": THINGS}, {})]
    api.serve(lambda _: answers[min(len(api.asked), 3) - 1])
    serve(fetching, api)
    assert fetching.fetch().rows == 7
    first, second, third = api.asked
    assert second.at - first.at > 0.9
    assert third.at - second.at > 0.9


def test_500_for_ever_is_told_and_the_pages_before_are_not_delivered(
    fetching: FetchingCompany, api: Api
) -> None:
    broken = True

    def answer(request: Request) -> Answer:
        if broken and request.query["page"] == "3":
            return 500, b"a page with Xpersonal data", {}
        return by_page(request)

    api.serve(answer)
    serve(fetching, api, paginator="page", retries=2)
    result = fetching.fetch()
    assert result.error == "it still answers 500 Internal Server Error after 2 attempts"
    assert fetching.landed() == []
    broken = False
    assert fetching.fetch().rows == 7
    assert [row[0] for row in fetching.load()] == IDS


@pytest.mark.parametrize("answer", [{"error": "maintenance"}, {"items": THINGS}])
def test_an_answer_without_records_is_not_the_last_page(
    fetching: FetchingCompany, api: Api, answer: dict[str, Any]
) -> None:
    broken = True

    def answers(request: Request) -> Answer:
        return (200, answer, {}) if broken and request.query["page"] == "2" else by_page(request)

    api.serve(answers)
    serve(fetching, api, paginator="page", cursor="updated_at", cursorParam="since")
    result = fetching.fetch()
    assert result.error is not None
    assert "no list of records at data: is `dataSelector` right?" in result.error
    assert fetching.landed() == []
    broken = False
    assert fetching.fetch().rows == 7


def test_columns_name_what_is_called_otherwise_and_nothing_unknown_is_delivered(
    fetching: FetchingCompany, api: Api
) -> None:
    api.serve(lambda _: (200, {"data": [thing(1) | {"sum": {"net": 5}, "secret": "x"}]}, {}))
    serve(fetching, api, columns={"amount": "sum.net"})
    assert fetching.fetch().rows == 1
    assert fetching.load()[0][:2] == ("t1", "5.0000")
    assert fetching.company.rows("select _extra from raw.shop_things") == [(None,)]


def test_a_server_that_is_not_there_is_told_plainly(fetching: FetchingCompany) -> None:
    api = {"type": "api", "location": "http://127.0.0.1:1/things", "retries": 1}
    fetching.serve(**api)
    error = str(fetching.fetch().error)
    assert error.startswith("it cannot be reached")
    assert "Pool" not in error


def test_only_what_changed_since_is_asked_for(fetching: FetchingCompany, api: Api) -> None:
    things = list(THINGS)

    def answer(request: Request) -> Answer:
        since = request.query.get("since", "")
        return 200, {"data": [one for one in things if one["updated_at"] >= since]}, {}

    api.serve(answer)
    serve(fetching, api, cursor="updated_at", cursorParam="since", lag=60, cursorStart="2026-01-01")
    assert fetching.fetch().rows == 7
    things[1] = thing(2, amount=20, updated_at="2026-01-01T10:07:00Z")
    things.append(thing(8))
    assert fetching.fetch().rows == 2
    assert [request.query["since"] for request in api.asked] == [
        "2026-01-01",
        "2026-01-01T10:06:00Z",
    ]
    assert fetching.load()[1] == ("t2", "20.0000", None)


def test_records_may_be_nested_and_keep_every_digit(make_fetching: FetchingMaker, api: Api) -> None:
    columns: dict[str, dict[str, Any]] = {
        "thing_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
        "amount": {"physicalType": "decimal(38,18)"},
        "updated_at": {"physicalType": "timestamp"},
    }
    company = make_fetching(columns=columns)
    api.serve(
        lambda _: (
            200,
            b'{"data": {"id": 7, "sum": {"net": 12345678901234567.123456789012345678}}}',
            {},
        )
    )
    serve(company, api, columns={"thing_id": "id", "amount": "sum.net"})
    assert company.fetch().rows == 1
    company.company.load()
    assert company.company.rows("select thing_id, amount::varchar from raw.shop_things") == [
        ("7", "12345678901234567.123456789012345678")
    ]


def test_pages_that_move_deliver_each_record_once(fetching: FetchingCompany, api: Api) -> None:
    """While it is read, a record is put before the others: the last of a page comes again."""

    def answer(request: Request) -> Answer:
        moved = THINGS if request.query["page"] == "1" else [thing(0), *THINGS]
        start = (int(request.query["page"]) - 1) * 3
        return 200, {"data": moved[start : start + 3]}, {}

    api.serve(answer)
    serve(fetching, api, paginator="page")
    assert fetching.fetch().rows == 7
    assert [row[0] for row in fetching.load()] == IDS


FAULTS: dict[str, tuple[Answer, dict[str, Any], str]] = {
    "the same page": ((200, {"data": THINGS}, {}), {"paginator": "page"}, "the same page again"),
    "no json": ((200, b"<html>", {}), {}, "its answer is no JSON"),
    "no records": ((200, {"data": ["a"]}, {}), {}, "its records are no JSON objects"),
    "not found": ((404, {}, {}), {}, "it answers 404 Not Found: is `location` right?"),
    "redirect": ((302, {}, {"Location": "http://example.invalid"}), {}, "it answers 302 Found"),
    "other host": (
        (200, {"data": THINGS, "next": "http://localhost:1/things"}, {}),
        {"paginator": "link"},
        "its next page lies on another host",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_one_sentence(fetching: FetchingCompany, api: Api, fault: str) -> None:
    answer, options, told = FAULTS[fault]
    api.serve(lambda _: answer)
    serve(fetching, api, **options)
    result = fetching.fetch()
    assert told in str(result.error)
    assert (result.rows, fetching.landed()) == (0, [])


@dataclass
class Tokens:
    """Gives tokens, and takes them back after so many requests."""

    api: Api
    uses: int
    expires_in: int
    given: int = 0
    used: int = 0

    def __call__(self, request: Request) -> Answer:
        if request.path == "/token":
            assert request.form["client_secret"] == PLANTED
            self.given, self.used = self.given + 1, 0
            token = f"{PLANTED}-{self.given}"
            return 200, {"access_token": token, "expires_in": self.expires_in}, {}
        self.used += 1
        is_known = request.headers.get("Authorization") == f"Bearer {PLANTED}-{self.given}"
        if not is_known or self.used > self.uses:
            return 401, {}, {}
        return by_page(request)


@pytest.mark.parametrize(("uses", "expires_in"), [(2, 3600), (99, 0)])
def test_a_token_that_expires_is_renewed_and_the_pages_go_on(
    fetching: FetchingCompany,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    uses: int,
    expires_in: int,
) -> None:
    """Refused before its time, or by its own time."""
    monkeypatch.setenv("SHOP_ID", "shop")
    monkeypatch.setenv("SHOP_SECRET", PLANTED)
    tokens = Tokens(api, uses, expires_in)
    api.serve(tokens)
    oauth = {"tokenUrl": f"{api.address}/token", "clientIdEnv": "SHOP_ID"}
    serve(fetching, api, paginator="page", auth="oauth2", clientSecretEnv="SHOP_SECRET", **oauth)
    assert fetching.fetch().rows == 7
    assert tokens.given > 1
    assert fetching.told_anywhere(PLANTED) == []


AUTHS: dict[str, tuple[dict[str, Any], Callable[[Request], bool]]] = {
    "bearer": (
        {"tokenEnv": "SHOP_SECRET"},
        lambda r: r.headers["Authorization"] == f"Bearer {PLANTED}",
    ),
    "basic": (
        {"userEnv": "SHOP_ID", "passwordEnv": "SHOP_SECRET"},
        lambda r: base64.b64decode(r.headers["Authorization"][6:]).decode() == f"shop:{PLANTED}",
    ),
    "apiKey": ({"keyEnv": "SHOP_SECRET"}, lambda r: r.headers["X-API-Key"] == PLANTED),
    "query": (
        {"keyEnv": "SHOP_SECRET", "keyIn": "query", "keyName": "key"},
        lambda r: r.query["key"] == PLANTED,
    ),
}


@pytest.mark.parametrize("auth", AUTHS)
def test_a_secret_is_sent_and_told_nowhere(
    fetching: FetchingCompany,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    auth: str,
) -> None:
    options, is_right = AUTHS[auth]
    monkeypatch.setenv("SHOP_ID", "shop")
    monkeypatch.setenv("SHOP_SECRET", PLANTED)
    api.serve(lambda request: (200 if is_right(request) else 403, {"data": THINGS}, {}))
    kind = "apiKey" if auth == "query" else auth
    serve(fetching, api, auth=kind, **options)
    assert fetching.fetch().rows == 7
    api.serve(lambda _: (403, {"error": PLANTED}, {}))
    assert "it answers 403 Forbidden: is what `auth` names still valid?" in str(
        fetching.fetch().error
    )
    serve(fetching, api, auth=kind, **options, location="http://127.0.0.1:1/things", retries=1)
    assert fetching.fetch().error
    assert fetching.told_anywhere(PLANTED) == []
    captured = capfd.readouterr()
    assert PLANTED not in captured.out + captured.err
