"""What a file may say of a server, and how a mistake in it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import ConfigurationError
from orchestration.fetching.quick import may_fetch
from orchestration.fetching.servers import chosen, servers_of
from tests.orchestration.fetching.conftest import FetchingCompany, FetchingMaker
from tests.orchestration.loading.company import thing_document, write_contract

DATABASE = {"type": "postgresql", "host": "db", "database": "erp", "table": "things"}
API = {"type": "api", "location": "https://api.example.com/things"}

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a password": (
        DATABASE | {"password": "hunter2"},
        "`password` must not stand in a file: put its value into an environment variable",
    ),
    "a token": (API | {"token": "hunter2"}, "`token` must not stand in a file"),
    "a password as a name": (
        DATABASE | {"passwordEnv": "hunter2!"},
        "`passwordEnv`: String should",
    ),
    "a password in the address": (
        API | {"location": "https://u:hunter2@api.example.com"},
        "must not hold user or password",
    ),
    "a key in the address": (
        API | {"location": "https://api.example.com?api_key=hunter2"},
        "must not hold a secret",
    ),
    "a key among parameters": (API | {"params": {"apiKey": "hunter2"}}, "a secret must not stand"),
    "an unknown type": ({"type": "smoke"}, "the type `smoke` is unknown"),
    "an unknown property": (DATABASE | {"cursr": "x"}, "`cursr`: Extra inputs are not permitted"),
    "no table": ({"type": "postgresql", "database": "erp"}, "`table`: Field required"),
    "no secret for auth": (API | {"auth": "bearer"}, "`auth: bearer` needs `tokenEnv`"),
    "a cursor alone": (API | {"cursor": "x"}, "`cursor` and `cursorParam` go together"),
    "an unknown column": (DATABASE | {"columns": {"nothing": "x"}}, "`columns` names nothing"),
    "a bucket elsewhere": ({"type": "s3", "location": "https://x"}, "as s3://bucket/prefix"),
    "no folder": ({"type": "local"}, "`type: local` needs the `path` of a folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_file_and_server(fetching: FetchingCompany, fault: str) -> None:
    server, told = FAULTS[fault]
    fetching.serve(**server)
    with pytest.raises(ConfigurationError) as error:
        servers_of(fetching.workspace, fetching.contracts)
    text = str(error.value)
    assert text.startswith("config/servers/shop/things.yml: server `erp`: ")
    assert told in text
    assert "hunter2" not in text


def test_deletes_need_an_upsert_contract(make_fetching: FetchingMaker) -> None:
    company = make_fetching(mode="append")
    company.serve(**DATABASE, deletes="keys")
    with pytest.raises(ConfigurationError, match="contracts of the mode upsert alone"):
        servers_of(company.workspace, company.contracts)


def test_a_file_for_no_contract_or_without_servers_is_told(fetching: FetchingCompany) -> None:
    folder = fetching.workspace.config / "servers/shop"
    folder.mkdir(parents=True)
    (folder / "nothing.yml").write_text("servers: []")
    with pytest.raises(ConfigurationError, match="there is no contract shop/nothing"):
        servers_of(fetching.workspace, fetching.contracts)
    (folder / "nothing.yml").rename(folder / "things.yml")
    (folder / "things.yml").write_text("server: erp")
    with pytest.raises(ConfigurationError, match="`servers` must be a list"):
        servers_of(fetching.workspace, fetching.contracts)


def test_servers_of_the_contract_are_fetched_and_the_companys_own_win(
    fetching: FetchingCompany, tmp_path: Path
) -> None:
    document = thing_document(mode="upsert")
    document["servers"] += [{"server": "erp"} | DATABASE, {"server": "web"} | API]
    from orchestration.contracts import read_contract

    contract = read_contract(write_contract(tmp_path, document))
    found = servers_of(fetching.workspace, [contract])
    assert [(one.slug, one.options.type) for one in found] == [
        ("shop/things/erp", "postgresql"),
        ("shop/things/web", "api"),
    ]
    fetching.serve(type="local", path="/share")
    found = servers_of(fetching.workspace, [contract])
    assert [one.options.type for one in found] == ["local", "api"]
    assert [one.name for one in chosen(found, ["shop/things/web"])] == ["web"]
    assert len(chosen(found, ["shop/things"])) == 2
    with pytest.raises(ConfigurationError, match="Nothing is fetched for shop/orders"):
        chosen(found, ["shop/orders"])


def test_a_company_without_servers_is_seen_without_parsing(fetching: FetchingCompany) -> None:
    assert not may_fetch(fetching.workspace)
    fetching.serve(**DATABASE)
    assert may_fetch(fetching.workspace)


def test_the_names_of_fields_are_those_of_the_standard() -> None:
    from open_data_contract_standard.model import Server

    entry = yaml.safe_load(yaml.safe_dump({"server": "erp"} | DATABASE | {"port": 5432}))
    entry.pop("table")
    assert Server.model_validate(entry).database == "erp"
