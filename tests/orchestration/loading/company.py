"""A company small enough to load in milliseconds: landing files, contracts, a DuckDB file."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.contracts import Contract, read_contract
from orchestration.loading.arrivals import Arrivals, arrivals_in_landing
from orchestration.loading.load import Loader, LoadReport
from orchestration.loading.tables import create_tables
from orchestration.sql import connect
from orchestration.workspace import Workspace

LOADED_AT = dt.datetime(2026, 2, 1, 5)
RECEIVED = r"(?:^|[^0-9])(\d{4}-?\d{2}-?\d{2})(?:[^0-9]|$)"
THING_COLUMNS: dict[str, dict[str, Any]] = {
    "thing_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
    "amount": {"physicalType": "decimal(18,4)", "logicalTypeOptions": {"minimum": 0}},
    "note": {"physicalType": "varchar"},
    "seen_at": {"physicalType": "timestamp", "required": True},
}
HEADER = "thing_id,amount,note,seen_at\n"
Delivered = tuple[str, str | None, int, int, int]


def thing_document(
    columns: dict[str, dict[str, Any]] | None = None,
    server: dict[str, Any] | None = None,
    dialect: dict[str, Any] | None = None,
    quality: list[dict[str, Any]] | None = None,
    latency: float | None = None,
    **properties: Any,
) -> dict[str, Any]:
    """The ODCS document of the contract `shop/things`."""
    custom = {"mode": "append", "eventAt": "seen_at", "maxBadShare": 0.5} | properties
    described = {"receivedAt": RECEIVED} | (dialect or {})
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "shop_things",
        "version": "1.0.0",
        "status": "active",
        "servers": [
            {"server": "landing", "type": "custom", "format": "csv"}
            | (server or {})
            | {"customProperties": _properties(described)}
        ],
        "customProperties": _properties(custom),
        "slaProperties": [{"property": "latency", "value": latency, "unit": "d"}]
        if latency
        else [],
        "schema": [
            {
                "quality": quality or [],
                "name": "shop_things",
                "description": "One row per thing.",
                "properties": [
                    {"name": name, "description": f"The {name}."} | column
                    for name, column in (columns or THING_COLUMNS).items()
                ],
            }
        ],
    }


def _properties(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]


def write_contract(folder: Path, document: object) -> Path:
    """Write a contract where the loader expects it."""
    path = folder / "contracts" / "shop" / "things.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return path


@dataclass
class Company:
    """One workspace with its contracts, loaded as often as a test likes."""

    root: Path
    contracts: list[Contract]
    settings: dict[str, Any] = field(default_factory=dict)
    arrivals: Arrivals = field(default_factory=Arrivals)

    def __post_init__(self) -> None:
        self.workspace.create()
        self.configure()

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    def configure(self, **settings: Any) -> None:
        """Write `rapport.yml`."""
        self.settings |= {"company": "Test", "currency": "EUR"} | settings
        self.workspace.settings_file.write_text(
            yaml.safe_dump(self.settings, sort_keys=False), "utf-8"
        )

    def drop(self, name: str, content: str | bytes, at: dt.datetime | None = None) -> Path:
        """Deliver a file below landing/."""
        path = self.workspace.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if at is not None:
            seconds = at.replace(tzinfo=dt.UTC).timestamp()
            os.utime(path, (seconds, seconds))
        return path

    def drop_things(self, lines: str, name: str = "things_20260105.csv") -> Path:
        """Deliver a csv of things, its header added."""
        return self.drop(f"shop/things/{name}", HEADER + lines)

    def load(self, run_id: str = "run_1", at: dt.datetime = LOADED_AT) -> LoadReport:
        """What the first two steps of a run do, over the company's own file."""
        workspace = self.workspace
        connection = connect(workspace.warehouse, workspace.settings.resources, workspace.temporary)
        try:
            create_tables(connection, self.contracts)
            self.arrivals = arrivals_in_landing(connection, workspace, self.contracts)
            return Loader(connection, workspace, run_id, at).load(self.arrivals, lambda _: None)
        finally:
            connection.close()

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the warehouse, as a gate has it."""
        place = self.workspace
        with connect(place.warehouse, place.settings.resources, place.temporary) as connection:
            yield connection

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        with duckdb.connect(str(self.workspace.warehouse), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def things(self) -> list[tuple[Any, ...]]:
        """(thing_id, amount as text, note, seen_at as text), as loaded."""
        return self.rows(
            "select thing_id, amount::varchar, note, seen_at::varchar"
            " from raw.shop_things order by thing_id, _delivery_id, _row_number"
        )

    def quarantined(self) -> list[tuple[int, str, str]]:
        """(row number, reason, raw text) of the rows set aside."""
        return self.rows(
            "select _row_number, reason, raw_text from quarantine.shop_things order by all"
        )

    def deliveries(self) -> list[Delivered]:
        """(status, reason code, delivered, loaded, quarantined), proven to add up."""
        found = self.rows(
            "select status, reason_code, rows_delivered, rows_loaded, rows_quarantined"
            " from quality.deliveries order by file_name, loaded_at"
        )
        assert all(row[2] == row[3] + row[4] for row in found)
        return found

    def reasons(self) -> str:
        """Every reason for which a delivery was refused, and every warning."""
        found = self.rows("select concat_ws(' ', reason, warnings) from quality.deliveries")
        return " ".join(row[0] for row in found)


def company_of(root: Path, document: dict[str, Any]) -> Company:
    """A company whose one contract is `shop/things`."""
    return Company(root / "workspace", [read_contract(write_contract(root, document))])
