"""Web events filled in by hand, and the models that dbt builds from them and from who is who."""

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
from orchestration.increments.moved import note_built, note_moved_keys
from orchestration.increments.touched import note_changes
from orchestration.loading.tables import create_tables
from orchestration.sql import insert_rows
from orchestration.workspace import CODE_ROOT, Workspace

EVENTS = "web/events"
CONTRACTS = tuple(load_contracts(CODE_ROOT / "data_contracts"))
SESSIONS = (
    "intermediate.int_web_events_sessionised",
    "intermediate.int_web_page_views_measured",
    "intermediate.int_web_clicks_judged",
    "intermediate.int_web_sessions_totalled",
    "intermediate.int_web_sessions_judged",
    "intermediate.int_page_layers_counted",
    "intermediate.int_web_intents_measured",
)
MARTS = (
    "marts.fct_web_sessions",
    "marts.fct_page_views",
    "marts.metrics_daily_pages",
    "marts.metrics_daily_searches",
    "marts.metrics_daily_form_fields",
)
TABLES = (*SESSIONS, *MARTS)
VISITORS = ("int_visitor_events_unioned", "int_visitor_periods_resolved")
KILLED_AFTER = (*VISITORS, "int_web_events_sessionised", "int_web_page_views_measured")
ALONGSIDE = (*VISITORS, "int_web_entrances_grouped")
STANDING = (
    *("stg_web__events", "stg_app__events", "bot_user_agents", "abandonment_signs"),
    *("traffic_sources", "channel_groups", "stg_identity__customer_keys", "stg_identity__hubs"),
    *("stg_identity__moved_keys", "int_identities_resolved", *VISITORS, "int_identity_owners"),
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
    account_id: str | None = None


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
        self._build(*STANDING)

    def deliver(self, delivery_id: str, events: Iterable[Event]) -> None:
        """Load a delivery, or load it anew with other events."""
        self.withdraw(delivery_id)
        self.runs += 1
        rows = [
            (
                *(event.event_id, event.visitor_id, event.event_at, event.event_type, "/"),
                *(event.campaign_id, event.account_id, 10.0, 10.0, 100.0, "street", "shoes"),
                *(delivery_id, number, RECEIVED),
            )
            for number, event in enumerate(events)
        ]
        with closing(self._connect()) as connection:
            columns = (
                "event_id, visitor_id, event_at, event_type, page_url, campaign_id, customer_id,"
                " x, y, page_width, field_name, search_term,"
                " _delivery_id, _row_number, _received_at"
            )
            insert_rows(connection, f"raw.web_events ({columns})", rows)
            connection.execute(
                "insert into quality.deliveries (delivery_id, run_id, contract, status)"
                " values (?, ?, ?, 'loaded')",
                [delivery_id, f"run_{self.runs}", EVENTS],
            )
            self._tell_of_logins(connection, delivery_id)

    def withdraw(self, delivery_id: str) -> None:
        """Take a delivery out, as the raw gate does with one that it stops."""
        with closing(self._connect()) as connection:
            self._tell_of_logins(connection, delivery_id)
            connection.execute("delete from raw.web_events where _delivery_id = ?", [delivery_id])
            connection.execute(
                "delete from quality.deliveries where delivery_id = ?", [delivery_id]
            )

    def give(self, account_id: str, customer_id: str | None) -> None:
        """Make an account a customer's, or nobody's, as the identity ledger does."""
        key = f"account_id:{account_id}"
        with closing(self._connect()) as connection:
            connection.execute("delete from identity.customer_keys where identity_key = ?", [key])
            if customer_id:
                connection.execute(
                    "insert into identity.customer_keys (identity_key, customer_id) values (?, ?)",
                    [key, customer_id],
                )
            self._tell(connection, "select ? as identity_key", key)

    def run(self, is_killed: bool = False) -> None:
        """Make what is touched anew; who kills a run does so before the last model."""
        with closing(self._connect()) as connection:
            note_changes(connection, CONTRACTS, ZONE, self.as_of)
            note_moved_keys(connection)
        self._build(*(KILLED_AFTER if is_killed else (*ALONGSIDE, *names(TABLES))))
        if not is_killed:
            with closing(self._connect()) as connection:
                note_built(connection, f"run_{self.runs}")

    def kept(self) -> dict[str, Rows]:
        """What each table holds."""
        with closing(self._connect()) as connection:
            return {
                name: connection.execute(f"from {name} order by all").fetchall() for name in TABLES
            }

    def full(self) -> dict[str, Rows]:
        """What each table holds when it is built in full."""
        with closing(self._connect()) as connection:
            for name in TABLES:
                connection.execute(f"drop table {name}")
        self._build(*names(TABLES))
        return self.kept()

    def _tell_of_logins(self, connection: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
        """What the ledger says of browsers: whoever logs in there has them."""
        logins = (
            "select distinct 'visitor_id:' || visitor_id as identity_key from raw.web_events"
            " where _delivery_id = ? and customer_id is not null"
        )
        connection.execute(
            f"insert into identity.customer_keys (identity_key, customer_id) select identity_key,"
            f" 'c' from ({logins}) anti join identity.customer_keys using (identity_key)",
            [delivery_id],
        )
        self._tell(connection, logins, delivery_id)
        connection.execute(
            "insert into identity.evidence (delivery_id, from_key, to_key) select distinct"
            " _delivery_id, 'visitor_id:' || visitor_id, 'account_id:' || customer_id"
            " from raw.web_events where _delivery_id = ? and customer_id is not null",
            [delivery_id],
        )

    def _tell(self, connection: duckdb.DuckDBPyConnection, keys: str, parameter: str) -> None:
        """Write an event of the ledger about each of these keys."""
        connection.execute(
            "insert into identity.events (event_number, kind, identity_key) select"
            " row_number() over () + (select coalesce(max(event_number), 0) from identity.events),"
            f" 'link', identity_key from ({keys})",
            [parameter],
        )

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.workspace.warehouse), config={"threads": 1})

    def _build(self, *names: str) -> None:
        variables = dbt.variables(self.workspace, self.as_of) | self.settings
        select = ["--select", *names]
        results = dbt.build(self.workspace, self.workspace.warehouse, select, variables, False)
        assert len(results) == len(names), results
        assert all(result.is_good for result in results), results


def names(tables: Iterable[str]) -> list[str]:
    """The models of tables that are named with their schema."""
    return [table.split(".")[1] for table in tables]
