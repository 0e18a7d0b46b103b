"""A simulated company's records in raw tables, and how well the ledger finds its persons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
from duckdb.func import FunctionNullHandling

from orchestration.config import IdentitySettings
from orchestration.identity import update_identities
from orchestration.identity.likely import ModelShelf
from orchestration.loading.phones import phone_normaliser
from orchestration.loading.tables import create_tables
from orchestration.sql import identifier
from simulation.company_life import live
from simulation.settings import PRESETS, CompanySettings, PresetName
from tests.simulation.conftest import CONTRACTS, Recorder

MODULES = (
    "simulation.channels.assortment",
    "simulation.channels.customers",
    "simulation.channels.marketing",
    "simulation.purchases",
    "simulation.channels.commerce",
)
SLUGS = ("crm/customers", "loyalty/members", "crm/contacts", "shop/orders")
DAYS = 728
FIRST_DAY = dt.datetime(2024, 7, 1)
LAST_DAY = (FIRST_DAY + dt.timedelta(days=DAYS)).date()
NORMAL_FORMS = {
    "email": "nullif(lower(trim({value})), '')",
    "name": "nullif(lower(strip_accents(trim({value}))), '')",
    "postcode": "upper(regexp_replace({value}, '[^0-9A-Za-z]', '', 'g'))",
    "phone": "normalise_phone({value})",
}
RECORDS = """
    create or replace temp table records as
    select
        person,
        case source
            when 'crm/customers' then 'account_id:'
            when 'loyalty/members' then 'loyalty_id:'
            else 'record:crm_contacts:'
        end || record_key as identity_key
    from truth
    where source in ('crm/customers', 'loyalty/members', 'crm/contacts')
"""


@dataclass(frozen=True)
class Found:
    """Pairs of accounts, cards and contacts of one person: right, found and true."""

    right: int
    found: int
    true: int
    customers: int
    mixed: int

    @property
    def precision(self) -> float:
        return self.right / self.found

    @property
    def recall(self) -> float:
        return self.right / self.true

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.true)


def records_of(
    customers: int, seed: int, preset: PresetName = "default", modules: Iterable[str] = MODULES
) -> Recorder:
    """Two years of a company: what its registers and its shop deliver, and the truth."""
    settings = CompanySettings(customers=customers, seed=seed, preset=PRESETS[preset])
    recorder = Recorder({"crm", "loyalty", "shop"})
    for _ in live(settings, recorder, DAYS, tuple(modules)):
        pass
    return recorder


@dataclass
class Identified:
    """A warehouse that knows the records of a company up to a day; linkage needs `models`."""

    recorder: Recorder
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    models: Path | None = None
    loads: int = 0
    runs: int = 0

    def __post_init__(self) -> None:
        self.connection.create_function(
            "normalise_phone",
            phone_normaliser(None),
            ["VARCHAR"],
            "VARCHAR",
            null_handling=FunctionNullHandling.SPECIAL,
        )
        create_tables(self.connection, [CONTRACTS[slug] for slug in SLUGS])
        parts = {slug: pd.concat(self.recorder.parts[slug]) for slug in SLUGS}
        for slug, rows in parts.items():
            self._keep(slug, rows)
        truth = pd.concat(self.recorder.truth["records"])
        self.connection.execute("create temp table truth as from truth")
        self.connection.execute(RECORDS)
        del truth

    def load(self, first: int, end: int, slugs: Iterable[str] = SLUGS) -> None:
        """Load the extracts of the days [first, end), a delivery each, and find out who is who."""
        self.loads += 1
        received = FIRST_DAY + dt.timedelta(days=end)
        for slug in slugs:
            table = CONTRACTS[slug].table
            self.connection.execute(
                f"insert into raw.{table} by name select * exclude (day), ? as _delivery_id,"
                f" row_number() over () as _row_number from kept_{table}"
                " where day >= ? and day < ?",
                [f"{table}_{self.loads}", first, end],
            )
            self.connection.execute(
                "insert into quality.deliveries"
                " (delivery_id, run_id, contract, status, received_at)"
                " values (?, 'run', ?, 'loaded', ?)",
                [f"{table}_{self.loads}", slug, received],
            )
        self._identify(received.date())

    def withdraw(self, number: int, *slugs: str) -> None:
        """Take what a load delivered of some contracts out again, as a gate does that blocks."""
        for table in (CONTRACTS[slug].table for slug in slugs):
            mine = f"raw.{table} where _delivery_id = '{table}_{number}'"
            self.connection.execute(f"create temp table held_{table} as from {mine}")
            self.connection.execute(f"delete from {mine}")
            self._settle(f"{table}_{number}", "quarantined")
        self._identify(LAST_DAY)

    def replay(self, number: int, *slugs: str) -> None:
        """Load again what was withdrawn, as `rapport replay` does in a run of its own."""
        for table in (CONTRACTS[slug].table for slug in slugs):
            self.connection.execute(f"insert into raw.{table} from held_{table}")
            self.connection.execute(f"drop table held_{table}")
            self._settle(f"{table}_{number}", "loaded")
        self._identify(LAST_DAY)

    def _settle(self, delivery_id: str, status: str) -> None:
        self.connection.execute(
            "update quality.deliveries set status = ?, run_id = run_id || '_again'"
            " where delivery_id = ?",
            [status, delivery_id],
        )

    def _identify(self, day: dt.date) -> None:
        self.runs += 1
        update_identities(
            self.connection,
            [CONTRACTS[slug] for slug in SLUGS],
            IdentitySettings(),
            [],
            f"run_{self.runs:02}",
            b"secret",
            self._shelf(day),
        )

    def shuffle(self) -> None:
        """Let what is loaded later come in another order."""
        for slug in SLUGS:
            table = f"kept_{CONTRACTS[slug].table}"
            self.connection.execute(
                f"create or replace temp table {table} as"
                f" from {table} order by hash({table}::varchar || 'shuffled')"
            )

    def _shelf(self, day: dt.date) -> ModelShelf | None:
        if self.models is None:
            return None
        return ModelShelf(self.models, self.models, f"run_{self.runs:02}", day)

    def judge(self) -> Found:
        """The pairs, and the customers that mix persons."""
        found = self.connection.execute(
            """
            with known as (
                select person, customer_id from records
                inner join identity.customer_keys using (identity_key)
            ),
            pairs (name, n) as (
                select 'right', count(*) from known group by person, customer_id
                union all select 'found', count(*) from known group by customer_id
                union all select 'true', count(*) from known group by person
            )
            select
                sum(n * (n - 1) // 2) filter (where name = 'right'),
                sum(n * (n - 1) // 2) filter (where name = 'found'),
                sum(n * (n - 1) // 2) filter (where name = 'true'),
                count(*) filter (where name = 'found'),
                (
                    select count(*) from (
                        select customer_id from known group by customer_id
                        having count(distinct person) > 1
                    )
                )
            from pairs
            """
        ).fetchall()[0]
        return Found(*map(int, found))

    def clusters(self) -> set[frozenset[str]]:
        """The keys of each customer."""
        rows = self.connection.execute(
            "select list(identity_key) from identity.customer_keys group by customer_id"
        ).fetchall()
        return {frozenset(keys) for (keys,) in rows}

    def _keep(self, slug: str, rows: pd.DataFrame) -> None:
        """`kept_<table>`: every row with its day, normalised as the loader does it."""
        contract = CONTRACTS[slug]
        normal = [
            f"{NORMAL_FORMS[str(column.pii)].format(value=identifier(column.name))}"
            f" as {column.normalised_name}"
            for column in contract.columns
            if column.normalised_name
        ]
        self.connection.execute(
            f"create temp table kept_{contract.table} as"
            f" select {', '.join(['*', *normal])} from rows order by day"
        )
