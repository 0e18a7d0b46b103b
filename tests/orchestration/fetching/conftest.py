"""Real servers for the tests of fetching, each started once a module, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.contracts import Contract
from orchestration.fetching.fetch import FetchResult, fetch_all
from orchestration.fetching.servers import Server, servers_of
from orchestration.workspace import Workspace
from tests.orchestration.loading.company import Company, company_of, thing_document

PLANTED = "Xq7-planted-value"
COLUMNS: dict[str, dict[str, Any]] = {
    "thing_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
    "amount": {"physicalType": "decimal(18,4)"},
    "note": {"physicalType": "varchar"},
    "updated_at": {"physicalType": "timestamp", "required": True},
}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    """A PostgreSQL server with one table, `things`."""

    programs: Path
    folder: Path
    port: int

    def control(self, *arguments: str) -> None:
        command = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w"]
        subprocess.run([*command, *arguments], check=True, capture_output=True, **self.owner())

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c fsync=off -c listen_addresses=127.0.0.1"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self.control("-m", "immediate", "stop")

    @staticmethod
    def owner() -> dict[str, Any]:
        """PostgreSQL does not run as root."""
        if os.geteuid():
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}

    def execute(self, *statements: str) -> None:
        from pg8000.dbapi import connect

        with closing(
            connect("rapport", "127.0.0.1", "postgres", self.port, PLANTED, timeout=30)
        ) as connection:
            for statement in statements:
                connection.cursor().execute(statement)
            connection.commit()


def _programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql-15)")
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to the other user
    server = Postgres(programs, folder, free_port())
    if "user" in server.owner():
        shutil.chown(folder, "nobody")
    (folder / "password").write_text(PLANTED)
    command = [programs / "initdb", "-D", folder / "data", "-U", "rapport", "--no-sync"]
    command += ["-A", "scram-sha-256", f"--pwfile={folder / 'password'}"]
    subprocess.run(command, check=True, capture_output=True, **server.owner())
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@dataclass
class FetchingCompany:
    """A company whose contract `shop/things` is fetched from one server, `erp`."""

    company: Company

    @property
    def workspace(self) -> Workspace:
        return self.company.workspace

    @property
    def contracts(self) -> list[Contract]:
        return self.company.contracts

    def serve(self, **server: Any) -> None:
        """Configure the server in the company's own file; unknown fields are properties."""
        path = self.workspace.config / "servers/shop/things.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        standard = ("type", "host", "port", "database", "schema", "location", "path", "endpointUrl")
        entry: dict[str, Any] = {"server": "erp"}
        entry |= {key: value for key, value in server.items() if key in standard}
        properties = {key: value for key, value in server.items() if key not in standard}
        entry["customProperties"] = [
            {"property": key, "value": value} for key, value in properties.items()
        ]
        path.write_text(yaml.safe_dump({"servers": [entry]}), "utf-8")

    def fetch(self) -> FetchResult:
        return self.fetch_telling(lambda _, __: None)

    def fetch_telling(self, progress: Callable[[Server, str], None]) -> FetchResult:
        servers = servers_of(self.workspace, self.contracts)
        [result] = fetch_all(self.workspace, servers, progress)
        return result

    def landed(self) -> list[str]:
        folder = self.workspace.landing / "shop/things/erp"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))

    def load(self) -> list[tuple[Any, ...]]:
        """Load; the rows of each key that win, as staging picks them."""
        self.company.load()
        return self.company.rows(
            "select thing_id, amount::varchar, note from (select *, row_number() over"
            " (partition by thing_id order by updated_at desc, _received_at desc) as rank"
            " from raw.shop_things) where rank = 1 and not _is_deleted order by 1"
        )

    def told_anywhere(self, text: str) -> list[str]:
        """Files of the workspace that hold a text."""
        return [
            str(path)
            for path in self.workspace.root.rglob("*")
            if path.is_file() and text.encode() in path.read_bytes()
        ]


FetchingMaker = Callable[..., FetchingCompany]


@pytest.fixture
def make_fetching(tmp_path: Path) -> FetchingMaker:
    def make(**changes: Any) -> FetchingCompany:
        usual = {"columns": COLUMNS, "mode": "upsert", "updatedAt": "updated_at", "eventAt": None}
        return FetchingCompany(company_of(tmp_path, thing_document(**(usual | changes))))

    return make


@pytest.fixture
def fetching(make_fetching: FetchingMaker) -> FetchingCompany:
    return make_fetching()
