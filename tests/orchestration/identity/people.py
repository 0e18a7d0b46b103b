"""Raw tables filled by hand, and who the ledger says is who."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract, load_contracts
from orchestration.identity import Override, update_identities
from orchestration.identity.tables import derive_customer_keys
from orchestration.loading.tables import create_tables
from orchestration.sql import identifier
from orchestration.workspace import CODE_ROOT

Rows = list[dict[str, Any]]
CONTRACTS = {item.slug: item for item in load_contracts(CODE_ROOT / "data_contracts")}
USED = ("crm/customers", "loyalty/members", "crm/contacts", "shop/orders", "web/events")
ACCOUNTS, CARDS, CONTACTS, ORDERS, EVENTS = USED
# what names households, companies and joint accounts
REGISTERS = ("crm/households", "crm/company_contacts", "holdings/holders")


def account(number: str, **values: Any) -> dict[str, Any]:
    """A row of the CRM; the e-mail address counts as confirmed unless told otherwise."""
    return {"customer_id": number, "is_email_verified": True} | values


def card(number: str, **values: Any) -> dict[str, Any]:
    return {"loyalty_id": number} | values


@dataclass
class People:
    """One warehouse in memory; a run reads what was delivered since the one before."""

    connection: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(config={"threads": 1})
    )
    settings: IdentitySettings = field(default_factory=IdentitySettings)
    contracts: Sequence[Contract] = tuple(CONTRACTS[slug] for slug in USED)
    secret: bytes = b"secret"
    runs: int = 0
    deliveries: int = 0

    def __post_init__(self) -> None:
        create_tables(self.connection, self.contracts)

    def deliver(self, slug: str, *rows: dict[str, Any], at: str | None = None) -> str:
        """Load rows as one delivery; returns its id."""
        self.deliveries += 1
        contract = next(item for item in self.contracts if item.slug == slug)
        delivery_id = f"d_{self.deliveries}"
        received = dt.datetime.fromisoformat(at) if at else dt.datetime(2026, 1, self.deliveries)
        for number, row in enumerate(rows, start=1):
            values = dict(row) | {"_delivery_id": delivery_id, "_row_number": number}
            for column in contract.columns:
                if column.normalised_name and row.get(column.name):
                    values[column.normalised_name] = row[column.name].lower()
            names = ", ".join(identifier(name) for name in values)
            self.connection.execute(
                f"insert into raw.{contract.table} ({names}) values"
                f" ({', '.join('?' * len(values))})",
                list(values.values()),
            )
        self.connection.execute(
            "insert into quality.deliveries (delivery_id, run_id, contract, status, received_at)"
            " values (?, 'run', ?, 'loaded', ?)",
            [delivery_id, slug, received],
        )
        return delivery_id

    def withdraw(self, delivery_id: str) -> None:
        """Take a delivery out again, as the raw gate does."""
        for contract in self.contracts:
            self.connection.execute(
                f"delete from raw.{contract.table} where _delivery_id = ?", [delivery_id]
            )
        self.connection.execute(
            "update quality.deliveries set status = 'quarantined' where delivery_id = ?",
            [delivery_id],
        )

    def score(self, *pairs: tuple[str, str, float]) -> None:
        """What the model of linkage found, in place of what it had found before."""
        self.run()
        self.connection.execute("delete from identity.scored_pairs")
        for a, b, probability in pairs:
            self.connection.execute(
                "insert into identity.scored_pairs values (?, ?, ?, '')", [a, b, probability]
            )

    def run(self, *overrides: Override) -> int:
        """One run; returns how many keys moved."""
        self.runs += 1
        return update_identities(
            self.connection,
            self.contracts,
            self.settings,
            overrides,
            f"run_{self.runs}",
            self.secret,
        )

    def customers(self) -> dict[str, str]:
        """Identity key → customer."""
        return dict(self.rows("select identity_key, customer_id from identity.customer_keys"))

    def groups(self) -> set[frozenset[str]]:
        """The keys of each customer."""
        found: dict[str, set[str]] = {}
        for key, customer in self.customers().items():
            found.setdefault(customer, set()).add(key)
        return {frozenset(keys) for keys in found.values()}

    def events(self, run: int | None = None) -> list[tuple[Any, ...]]:
        """(kind, key, rule) of every event, or of those of one run, in their order."""
        return self.rows(
            "select kind, identity_key, rule from identity.events"
            " where run_id = coalesce(?, run_id) order by event_number",
            f"run_{run}" if run else None,
        )

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(parameters)).fetchall()


def keyed(text: str) -> str:
    """The hash of a text under the secret of `People`, as numbers and keys show it."""
    return hmac.digest(People.secret, text.encode(), "sha256").hex()[:20]


def check_crosswalks(people: People) -> None:
    """Both crosswalks are the ledger's last word on each key."""
    tables = [f"from identity.{name} order by all" for name in ("customer_keys", "group_keys")]
    kept = [people.rows(table) for table in tables]
    derive_customer_keys(people.connection)
    assert [people.rows(table) for table in tables] == kept


def together(*groups: str) -> set[frozenset[str]]:
    """Groups written as `account_id:A loyalty_id:L`."""
    return {frozenset(group.split()) for group in groups}


def with_settings(**values: Any) -> People:
    """People under other rules than the usual."""
    return People(settings=IdentitySettings(**values))
