"""The tables that loading fills: raw, quarantine and the manifest in `quality`."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.errors import RapportError
from orchestration.gates.results import COLUMNS as CHECK_RESULT_COLUMNS
from orchestration.settled import Settled
from orchestration.sql import identifier

SCHEMAS = (
    "raw", "quarantine", "staging", "intermediate", "identity", "marts", "ml", "quality",
)  # fmt: skip

QUARANTINE_COLUMNS = """
    _delivery_id varchar, _row_number bigint, reason varchar, raw_text varchar,
    _received_at timestamp, _loaded_at timestamp
"""

QUALITY_TABLES = {
    "deliveries": """
        delivery_id varchar primary key, run_id varchar, contract varchar, source varchar,
        extract varchar, file_name varchar, sha256 varchar, format varchar, status varchar,
        reason_code varchar, reason varchar, warnings varchar, records_in_files bigint,
        rows_delivered bigint, rows_loaded bigint, rows_quarantined bigint,
        definition_hash varchar, received_at timestamp, loaded_at timestamp
    """,
    "delivery_files": """
        delivery_id varchar, relation varchar, file_name varchar, sha256 varchar,
        size_bytes bigint, records bigint
    """,
    "landing_files": """
        file_name varchar primary key, size_bytes bigint, modified_ns bigint, sha256 varchar
    """,
    "sources": """
        source varchar, extract varchar, description varchar, purpose varchar, owner varchar,
        mode varchar, channel varchar, journey_stage varchar, data_type varchar,
        rows_loaded bigint, rows_superseded bigint, last_received_at timestamp,
        age_days integer, allowed_age_days double, is_stale boolean, stale_reason varchar
    """,
    "source_columns": """
        source varchar, extract varchar, column_name varchar, position integer,
        column_type varchar, description varchar, pii varchar, is_required boolean,
        is_key boolean, rows_filled bigint, rows_total bigint
    """,
    "event_plan": """
        source varchar, extract varchar, event_type varchar, business_date date,
        release varchar, finding varchar, property varchar, event_count bigint,
        events_of_type bigint
    """,
    "delivery_dates": """
        contract varchar, delivery_id varchar, run_id varchar, time_zone varchar,
        business_dates date[]
    """,
    "touched_dates": "contract varchar, business_date date, reason varchar",
    "settled": """
        kind varchar, subject varchar, version varchar, run_id varchar, detail varchar,
        primary key (kind, subject)
    """,
    "check_results": CHECK_RESULT_COLUMNS,
    "model_runs": """
        run_id varchar, phase varchar, name varchar, resource_type varchar, seconds double,
        built_at timestamp
    """,
}


WRITTEN_WHOLE = ("sources",)
FROM_ARCHIVE = "from archive"
OPEN_REFUSALS = f"""
    create or replace view quality.open_refusals as
    select refused.* from quality.deliveries as refused
    where
        refused.status = 'quarantined'
        and not exists (
            select 1 from quality.deliveries as later
            where
                later.contract = refused.contract
                and later.status = 'loaded'
                and (
                    later.loaded_at > refused.loaded_at
                    or (
                        later.received_at > refused.received_at
                        and refused.run_id in (
                            select subject from quality.settled where kind = '{FROM_ARCHIVE}'
                        )
                    )
                )
        )
"""


def create_tables(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Make every schema and table that is missing; a contract always has its raw table."""
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    for name, columns in QUALITY_TABLES.items():
        connection.execute(f"create table if not exists quality.{name} ({columns})")
    _renew_derived(connection)
    connection.execute(OPEN_REFUSALS)
    present = _columns_of_raw(connection)
    for contract in contracts:
        if contract.table in present:
            _add_columns(connection, contract, present[contract.table])
        else:
            _create_raw(connection, contract)


def note_from_archive(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Note that a run loads years at once: what was refused then is judged by times of receipt."""
    settled = Settled.read(connection, FROM_ARCHIVE)
    settled.note(run_id, "", run_id)
    settled.write()


def _renew_derived(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a table anew that is written whole by each run and has gained or lost columns."""
    for name in WRITTEN_WHOLE:
        found = connection.execute(f"describe quality.{name}").fetchall()
        wanted = [column.split()[0] for column in QUALITY_TABLES[name].split(",")]
        if [row[0] for row in found] != wanted:
            columns = QUALITY_TABLES[name]
            connection.execute(f"create or replace table quality.{name} ({columns})")


def _columns_of_raw(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw'"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind.lower().replace(" ", "")
    return tables


def _create_raw(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create the tables of a contract: for its rows, and for those that break it."""
    name = identifier(contract.table)
    ddl = ", ".join(f"{identifier(name)} {kind}" for name, kind in contract.raw_columns.items())
    connection.execute(f"create table if not exists quarantine.{name} ({QUARANTINE_COLUMNS})")
    connection.execute(f"create table raw.{name} ({ddl})")


def _add_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract, present: dict[str, str]
) -> None:
    """Add the columns that a contract has gained; raise RapportError where a type changed."""
    for name, kind in contract.raw_columns.items():
        if name not in present:
            connection.execute(
                f"alter table raw.{identifier(contract.table)} add column {identifier(name)} {kind}"
            )
        elif present[name] != kind and not (kind == "json" and present[name] == "varchar"):
            raise RapportError(
                f"Column {name} of raw.{contract.table} is {present[name]} but its contract now"
                f" says {kind}: run `rapport rebuild`, which loads everything anew from the"
                " archive."
            )
