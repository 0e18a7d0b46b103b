"""The tables that loading fills: raw, quarantine and the manifest in `quality`."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.errors import RapportError
from orchestration.gates.results import COLUMNS as CHECK_RESULT_COLUMNS
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
        source varchar, extract varchar, owner varchar, channel varchar, journey_stage varchar,
        data_type varchar, rows_loaded bigint, last_received_at timestamp, age_days integer,
        allowed_age_days double, is_stale boolean, stale_reason varchar
    """,
    "check_results": CHECK_RESULT_COLUMNS,
}


OPEN_REFUSALS = """
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
                    or later.received_at > refused.received_at
                )
        )
"""


def create_tables(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Make every schema and table that is missing; a contract always has its raw table."""
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    for name, columns in QUALITY_TABLES.items():
        connection.execute(f"create table if not exists quality.{name} ({columns})")
    connection.execute(OPEN_REFUSALS)
    for contract in contracts:
        _create_raw(connection, contract)
        connection.execute(
            f"create table if not exists quarantine.{identifier(contract.table)}"
            f" ({QUARANTINE_COLUMNS})"
        )


def _create_raw(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create the raw table, or add the columns that its contract has gained."""
    table = f"raw.{identifier(contract.table)}"
    columns = contract.raw_columns
    ddl = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"create table if not exists {table} ({ddl})")
    present = {
        row[0]: row[1].lower().replace(" ", "")
        for row in connection.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = 'raw' and table_name = ?",
            [contract.table],
        ).fetchall()
    }
    for name, kind in columns.items():
        if name not in present:
            connection.execute(f"alter table {table} add column {identifier(name)} {kind}")
        elif present[name] != kind and not (kind == "json" and present[name] == "varchar"):
            raise RapportError(
                f"Column {name} of raw.{contract.table} is {present[name]} but its contract now"
                f" says {kind}: move the warehouse folder away and run again, everything is"
                " loaded anew from landing/."
            )
