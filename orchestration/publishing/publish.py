"""A new version: written whole in a folder of its own, then one symlink is flipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.config import ResourceSettings
from orchestration.errors import RapportError
from orchestration.publishing.tables import QUALITY_TABLES, PublishedTable
from orchestration.publishing.versions import MANIFEST_FILE
from orchestration.sql import identifier, literal, transaction
from orchestration.workspace import DATABASE_FILE, sync

RESTRICTED_FILE = "restricted.duckdb"
OPEN_MODE, RESTRICTED_MODE = 0o444, 0o600


def write_candidate(
    source: Path,
    folder: Path,
    tables: Sequence[PublishedTable],
    resources: ResourceSettings,
    temporary: Path,
) -> dict[str, int]:
    """Write both files of a version from the working file; returns rows by table."""
    folder.mkdir(parents=True)
    personal = [table for table in tables if table.personal]
    _write(source, folder / RESTRICTED_FILE, personal, _all_columns, resources, temporary)
    (folder / RESTRICTED_FILE).chmod(RESTRICTED_MODE)
    return _write(source, folder / DATABASE_FILE, tables, _open_columns, resources, temporary)


def seal_candidate(
    source: Path, folder: Path, tables: Sequence[PublishedTable], content: Mapping[str, Any]
) -> None:
    """Add the quality results, prove the files complete, and make them lasting and read-only."""
    open_file = folder / DATABASE_FILE
    _add_quality(source, open_file)
    _verify(open_file, tables)
    open_file.chmod(OPEN_MODE)
    (folder / MANIFEST_FILE).write_text(json.dumps(content, indent=1, default=str), "utf-8")
    for path in (open_file, folder / RESTRICTED_FILE, folder / MANIFEST_FILE, folder):
        sync(path)


def _open_columns(table: PublishedTable) -> list[str]:
    return table.open_columns


def _all_columns(table: PublishedTable) -> list[str]:
    return list(table.columns)


def _write(
    source: Path,
    target: Path,
    tables: Sequence[PublishedTable],
    columns_of: Callable[[PublishedTable], list[str]],
    resources: ResourceSettings,
    temporary: Path,
) -> dict[str, int]:
    """Copy tables into a new file, described, without indexes or views."""
    rows = {}
    with duckdb.connect(config={"memory_limit": resources.memory_limit}) as connection:
        connection.execute(f"set temp_directory = {literal(temporary)}")
        connection.execute(f"attach {literal(source)} as source (read_only)")
        connection.execute(f"attach {literal(target)} as target")
        connection.execute("create schema target.marts")
        for table in tables:
            name = f"{identifier(table.schema)}.{identifier(table.name)}"
            columns = ", ".join(identifier(column) for column in columns_of(table))
            connection.execute(f"create table target.{name} as select {columns} from source.{name}")
            with transaction(connection):
                _describe(connection, table, columns_of(table))
            row = connection.execute(f"select count(*) from target.{name}").fetchone()
            rows[table.name] = int(row[0]) if row else 0
        connection.execute("checkpoint target")
        connection.execute("detach target")
    return rows


def _describe(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, columns: Sequence[str]
) -> None:
    name = f"target.{identifier(table.schema)}.{identifier(table.name)}"
    connection.execute(f"comment on table {name} is {literal(table.description)}")
    for column in columns:
        text = literal(table.columns[column])
        connection.execute(f"comment on column {name}.{identifier(column)} is {text}")


def _add_quality(source: Path, target: Path) -> None:
    """The quality results travel with the figures they vouch for."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(source)} as source (read_only)")
        connection.execute(f"attach {literal(target)} as target")
        connection.execute("create schema target.quality")
        for name in QUALITY_TABLES:
            connection.execute(f"create table target.quality.{name} as from source.quality.{name}")
        connection.execute("checkpoint target")
        connection.execute("detach target")


def _verify(path: Path, tables: Sequence[PublishedTable]) -> None:
    """Open the finished file as a reader would: complete, and nothing personal in it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'marts'"
        ).fetchall()
    expected = {(table.name, column) for table in tables for column in table.open_columns}
    if set(found) != expected or path.with_suffix(".duckdb.wal").exists():
        raise RapportError(
            f"The version in {path.parent} is incomplete or holds personal columns and was not"
            " published: run again, and report it if it happens twice."
        )
