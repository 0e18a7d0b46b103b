"""Raw tickets filled by hand, and a table of them that is kept by touched dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.contracts import load_contracts
from orchestration.identity.tables import create_identity_tables
from orchestration.increments.moved import note_built
from orchestration.increments.touched import note_changes
from orchestration.loading.tables import create_tables
from orchestration.workspace import CODE_ROOT

TICKETS, STORES = "tickets/tickets", "locations/stores"
CONTRACTS = tuple(
    item for item in load_contracts(CODE_ROOT / "data_contracts") if item.slug in (TICKETS, STORES)
)
ZONE = "Europe/Vienna"
Rows = list[tuple[Any, ...]]
Ticket = tuple[str, str, str | None, bool]
COLUMNS = "ticket_id, status, known_at, business_date"
DAY = f"cast(created_at at time zone 'UTC' at time zone '{ZONE}' as date) as business_date"
BY_MARKS = f"""
    select ticket_id, status, coalesce(_known_at, _received_at) as known_at, {DAY}
    from raw.tickets_tickets
    where _is_superseded is not true and _is_deleted is not true
"""
BY_WINDOWS = f"""
    select * exclude (_is_deleted) from (
        select
            ticket_id, status, min(_received_at) over (partition by ticket_id) as known_at, {DAY},
            _is_deleted
        from raw.tickets_tickets
        qualify row_number() over (
            partition by ticket_id
            order by
                updated_at desc nulls last, _received_at desc, _delivery_id desc, _row_number desc
        ) = 1
    ) where _is_deleted is not true
"""


@dataclass
class Warehouse:
    """A warehouse in memory; `kept` is what two incremental models would hold."""

    connection: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(config={"threads": 1})
    )
    as_of: dt.date = dt.date(2026, 3, 10)
    deliveries: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    def __post_init__(self) -> None:
        create_tables(self.connection, CONTRACTS)
        create_identity_tables(self.connection)
        for name in ("first", "second"):
            self.connection.execute(
                f"create table {name} as select {COLUMNS} from ({BY_WINDOWS}) limit 0"
            )

    def deliver(self, tickets: Iterable[Ticket], received: dt.datetime) -> str:
        """Load (ticket_id, created_at, updated_at, is_deleted) as a delivery; returns its id."""
        delivery_id = f"d_{len(self.deliveries)}"
        self._load(delivery_id, tickets, received)
        return delivery_id

    def reload(self, delivery_id: str, tickets: Iterable[Ticket], received: dt.datetime) -> None:
        """What a replay does: the same delivery by a later run, with other rows."""
        self.withdraw(delivery_id)
        self._load(delivery_id, tickets, received)

    def withdraw(self, delivery_id: str) -> None:
        """What the raw gate does with a delivery that it stops."""
        self.rows("delete from raw.tickets_tickets where _delivery_id = ?", delivery_id)
        self.rows("delete from quality.deliveries where delivery_id = ?", delivery_id)

    def note(self) -> int:
        """What a run does before the models."""
        return note_changes(self.connection, CONTRACTS, ZONE, self.as_of)

    def build(self, *names: str) -> None:
        """Make the touched dates of the tables anew, as the strategy of the models does."""
        touched = f"select business_date from quality.touched_dates where contract = '{TICKETS}'"
        for name in names:
            self.rows(f"delete from {name} where business_date in ({touched})")
            self.rows(
                f"insert into {name} select {COLUMNS} from ({BY_MARKS})"
                f" where business_date in ({touched}) and business_date <= ?",
                self.as_of,
            )

    def finish(self) -> None:
        """What a run does after the last model."""
        note_built(self.connection, f"run_{self.runs}")

    def run(self) -> None:
        """A run that nobody kills."""
        self.note()
        self.build("first", "second")
        self.finish()

    def kept(self, name: str = "first") -> Rows:
        """What a table holds."""
        return self.rows(f"from {name} order by all")

    def full(self) -> Rows:
        """What it would hold if it were built in full, without any mark."""
        return self.rows(
            f"select {COLUMNS} from ({BY_WINDOWS}) where business_date <= ? order by all",
            self.as_of,
        )

    def touched(self) -> set[tuple[str, str | None]]:
        """Each contract with its touched dates."""
        return {
            (contract, None if day is None else str(day))
            for contract, day in self.rows(
                "select contract, business_date from quality.touched_dates"
            )
        }

    def rows(self, sql: str, *parameters: object) -> Rows:
        return self.connection.execute(sql, list(parameters)).fetchall()

    def _load(self, delivery_id: str, tickets: Iterable[Ticket], received: dt.datetime) -> None:
        self.runs += 1
        self.deliveries[delivery_id] = f"run_{self.runs}"
        for number, (ticket_id, created, updated, is_deleted) in enumerate(tickets):
            self.rows(
                "insert into raw.tickets_tickets (ticket_id, status, created_at, updated_at,"
                " _is_deleted, _delivery_id, _row_number, _received_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                *(ticket_id, f"{delivery_id} {self.runs}", created, updated, is_deleted),
                *(delivery_id, number, received),
            )
        self.rows(
            "insert into quality.deliveries (delivery_id, run_id, contract, status, received_at)"
            " values (?, ?, ?, 'loaded', ?)",
            *(delivery_id, self.deliveries[delivery_id], TICKETS, received),
        )
