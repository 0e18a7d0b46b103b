"""Web events filled in by hand, and the models of sessions that dbt builds from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration import dbt
from orchestration.contracts import load_contracts
from orchestration.identity.tables import create_identity_tables
from orchestration.increments.moved import note_built
from orchestration.increments.touched import note_changes
from orchestration.loading.tables import create_tables
from orchestration.sql import insert_rows
from orchestration.workspace import CODE_ROOT, Workspace

EVENTS = "web/events"
CONTRACTS = tuple(load_contracts(CODE_ROOT / "data_contracts"))
TABLES = (
    "int_web_events_sessionised",
    "int_web_page_views_measured",
    "int_web_clicks_judged",
    "int_web_sessions_totalled",
    "int_web_sessions_judged",
    "int_page_layers_counted",
    "int_web_intents_measured",
)
ZONE = "Europe/Vienna"
RECEIVED = dt.datetime(2026, 3, 1)
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Event:
    """What happened in a browser at a moment (UTC)."""

    event_id: str
    visitor_id: str
    event_at: dt.datetime
    event_type: str
    campaign_id: str | None = None


@dataclass
class Site:
    """A warehouse that holds web events alone."""

    root: Path
    settings: dict[str, Any] = field(default_factory=dict)
    as_of: dt.date = dt.date(2026, 3, 20)
    runs: int = 0

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.root)
        self.workspace.create()
        self.workspace.settings_file.write_text(
            f"company: Site\ncurrency: EUR\ntime_zone: {ZONE}\n", "utf-8"
        )
        with closing(self._connect()) as connection:
            create_tables(connection, CONTRACTS)
            create_identity_tables(connection)
        self._build("stg_web__events", "bot_user_agents", "abandonment_signs")

    def deliver(self, delivery_id: str, events: Iterable[Event]) -> None:
        """Load a delivery, or load it anew with other events."""
        self.withdraw(delivery_id)
        self.runs += 1
        rows = [
            (
                *(event.event_id, event.visitor_id, event.event_at, event.event_type, "/"),
                *(event.campaign_id, 10.0, 10.0, 100.0, delivery_id, number, RECEIVED),
            )
            for number, event in enumerate(events)
        ]
        with closing(self._connect()) as connection:
            columns = (
                "event_id, visitor_id, event_at, event_type, page_url, campaign_id, x, y,"
                " page_width, _delivery_id, _row_number, _received_at"
            )
            insert_rows(connection, f"raw.web_events ({columns})", rows)
            connection.execute(
                "insert into quality.deliveries (delivery_id, run_id, contract, status)"
                " values (?, ?, ?, 'loaded')",
                [delivery_id, f"run_{self.runs}", EVENTS],
            )

    def withdraw(self, delivery_id: str) -> None:
        """Take a delivery out, as the raw gate does with one that it stops."""
        with closing(self._connect()) as connection:
            connection.execute("delete from raw.web_events where _delivery_id = ?", [delivery_id])
            connection.execute(
                "delete from quality.deliveries where delivery_id = ?", [delivery_id]
            )

    def run(self, is_killed: bool = False) -> None:
        """Make what is touched anew; who kills a run does so before the last model."""
        with closing(self._connect()) as connection:
            note_changes(connection, CONTRACTS, ZONE, self.as_of)
        self._build(*(TABLES[:2] if is_killed else TABLES))
        if not is_killed:
            with closing(self._connect()) as connection:
                note_built(connection, f"run_{self.runs}")

    def kept(self) -> dict[str, Rows]:
        """What each table holds."""
        with closing(self._connect()) as connection:
            return {
                name: connection.execute(f"from intermediate.{name} order by all").fetchall()
                for name in TABLES
            }

    def full(self) -> dict[str, Rows]:
        """What each table holds when it is built in full."""
        with closing(self._connect()) as connection:
            for name in TABLES:
                connection.execute(f"drop table intermediate.{name}")
        self._build(*TABLES)
        return self.kept()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.workspace.warehouse), config={"threads": 1})

    def _build(self, *names: str) -> None:
        variables = dbt.variables(self.workspace, self.as_of) | self.settings
        select = ["--select", *names]
        results = dbt.build(self.workspace, self.workspace.warehouse, select, variables, False)
        assert len(results) == len(names), results
        assert all(result.is_good for result in results), results
