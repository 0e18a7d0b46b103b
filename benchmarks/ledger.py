"""How the identity ledger grows: made-up accounts, cards and contacts, read whole and then by day.

    python -m benchmarks.ledger 1000000

Each line: source records, and CPU seconds and seconds of the first run, of a run with 5,000 new
records, and of a run with nothing new; peak memory; keys, customers and events of the ledger.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration.config import IdentitySettings, ResourceSettings
from orchestration.contracts import Contract, load_contracts
from orchestration.identity import update_identities
from orchestration.loading.tables import create_tables
from orchestration.sql import connect
from orchestration.workspace import CODE_ROOT

DAY_RECORDS = 5_000
RECORDS_PER_PERSON = 2
RECEIVED_AT = dt.datetime(2025, 1, 1, 5)
# An account each. One e-mail in 16 is another person's too, one in 8 was never confirmed; of ten
# persons four live with another of their family name.
ACCOUNTS = """
    select
        'A' || i as customer_id,
        case when i % 7 = 0 then 'L' || i end as loyalty_id,
        'p' || (i - (i % 16 = 3)::int) || '@example.org' as email,
        i % 8 <> 0 as is_email_verified,
        '+4' || i as phone,
        'n' || (i % 997) as first_name,
        'f' || (i // 2 % 4999) as last_name,
        date '1950-01-01' + (i % 20000)::int as birth_date,
        'Street ' || case when i % 10 < 4 then i // 2 else i end as street,
        'P' || (i // 200) as postcode,
        case when i % 50 < 2 then 'H' || (i // 50) end as household_id,
        timestamp '2024-01-01' + interval (i % 1000) hour as created_at
    from range($first, $last) as people (i)
"""
# A card for three persons of five. One in three names the account; one in ten has the telephone
# number of the shop; one in twenty has another family name than the account.
CARDS = """
    select
        'L' || i as loyalty_id,
        case when i % 3 = 0 then 'A' || i end as customer_id,
        'p' || i || '@example.org' as email,
        case when i % 10 = 0 then '+49' else '+4' || i end as phone,
        'n' || (i % 997) as first_name,
        case when i % 20 = 1 then 'g' else 'f' end || (i // 2 % 4999) as last_name,
        timestamp '2024-02-01' as joined_at
    from range($first, $last) as people (i)
    where i % 5 < 3
"""
# A contact of the other two, every second with the number of the account.
CONTACTS = """
    select
        'T' || i as contact_id,
        case when i % 2 = 0 then 'A' || i end as customer_id,
        'p' || i || '@example.org' as email,
        'n' || (i % 997) as first_name,
        timestamp '2024-03-01' as created_at
    from range($first, $last) as people (i)
    where i % 5 > 2
"""
SOURCES = {"crm/customers": ACCOUNTS, "loyalty/members": CARDS, "crm/contacts": CONTACTS}


class Company:
    """A warehouse whose raw tables are filled with made-up persons."""

    def __init__(self, folder: Path, memory_limit: str) -> None:
        self._folder = folder
        self._resources = ResourceSettings(threads=2, memory_limit=memory_limit)
        self._contracts = load_contracts(CODE_ROOT / "data_contracts")
        self._persons = 0
        self._runs = 0
        with self.connection() as connection:
            create_tables(connection, self._contracts)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, open for a run."""
        connection = connect(self._folder / "ledger.duckdb", self._resources, self._folder)
        connection.execute("set enable_progress_bar = false")
        return connection

    def deliver(self, records: int) -> None:
        """One delivery of each source, with so many records of persons not seen before."""
        first, last = self._persons, self._persons + records // RECORDS_PER_PERSON
        self._persons = last
        with self.connection() as connection:
            for contract in self._contracts:
                if contract.slug in SOURCES:
                    self._insert(connection, contract, {"first": first, "last": last})

    def run(self) -> str:
        """What a run of the ledger took, until its file is closed."""
        self._runs += 1
        cpu, start = _cpu_seconds(), time.perf_counter()
        with self.connection() as connection:
            self.update(connection)
        wall = time.perf_counter() - start
        return f"{_cpu_seconds() - cpu:.1f} CPU s ({wall:.1f} s)"

    def update(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The ledger brought up to date."""
        update_identities(
            connection,
            self._contracts,
            IdentitySettings(linkage="off"),
            [],
            f"run_{self._runs}",
            b"secret",
        )

    def size(self) -> str:
        """How many keys and events the ledger holds, and of how many customers."""
        with self.connection() as connection:
            keys, customers, events = connection.execute(
                "select count(*), count(distinct customer_id),"
                " (select count(*) from identity.events) from identity.customer_keys"
            ).fetchall()[0]
        return f"{keys:,} keys  {customers:,} customers  {events:,} events"

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, persons: dict[str, int]
    ) -> None:
        delivery = f"{contract.table}_{persons['last']}"
        normalised = ", ".join(
            f"{name} as {name}_normalised"
            for name in ("email", "phone", "first_name", "last_name", "postcode")
            if f"as {name}," in SOURCES[contract.slug]
        )
        received = RECEIVED_AT + dt.timedelta(days=self._runs)
        connection.execute(
            f"insert into raw.{contract.table} by name select *, {normalised},"
            " $delivery as _delivery_id, row_number() over () as _row_number,"
            f" $received as _received_at from ({SOURCES[contract.slug]})",
            {**persons, "delivery": delivery, "received": received},
        )
        connection.execute(
            "insert into quality.deliveries (delivery_id, run_id, contract, status, received_at)"
            " values (?, ?, ?, 'loaded', ?)",
            [delivery, f"run_{self._runs + 1}", contract.slug, received],
        )


def measure(records: int, memory_limit: str = "2GB") -> str:
    """One line of figures."""
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder), memory_limit)
        company.deliver(records)
        first = company.run()
        company.deliver(DAY_RECORDS)
        day, nothing = company.run(), company.run()
        size = company.size()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return (
        f"{records:>9,} records  first {first}  a day of {DAY_RECORDS:,} {day}  nothing {nothing}"
        f"  {memory:.1f} GB  {size}"
    )


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system


def main() -> None:
    """Measure each number of records on the command line."""
    for argument in sys.argv[1:] or ["1000000"]:
        sys.stdout.write(measure(int(argument)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
