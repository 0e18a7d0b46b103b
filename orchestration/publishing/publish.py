"""A new version: written whole in a folder of its own, then one symlink is flipped."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.config import ResourceSettings
from orchestration.errors import RapportError
from orchestration.publishing.tables import QUALITY_TABLES, PublishedTable
from orchestration.sql import identifier, literal
from orchestration.workspace import DATABASE_FILE

RESTRICTED_FILE = "restricted.duckdb"
MANIFEST_FILE = "manifest.json"
OPEN_MODE, RESTRICTED_MODE = 0o444, 0o600


def write_version(
    source: Path,
    folder: Path,
    tables: Sequence[PublishedTable],
    resources: ResourceSettings,
    temporary: Path,
) -> dict[str, int]:
    """Write both files of a version from the working file; returns rows by table."""
    folder.mkdir(parents=True)
    open_file, restricted = folder / DATABASE_FILE, folder / RESTRICTED_FILE
    rows = _write(source, open_file, tables, lambda t: t.open_columns, resources, temporary)
    with duckdb.connect(str(source), read_only=True) as connection:
        _add_quality(connection, open_file)
    personal = [table for table in tables if table.personal]
    _write(source, restricted, personal, lambda t: list(t.columns), resources, temporary)
    _verify(open_file, tables, rows)
    open_file.chmod(OPEN_MODE)
    restricted.chmod(RESTRICTED_MODE)
    for path in (open_file, restricted):
        _sync(path)
    return rows


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
            connection.execute(
                f"create table target.{name} as select {columns} from source.{name}"
            )
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


def _add_quality(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """The quality results travel with the figures they vouch for."""
    connection.execute(f"attach {literal(target)} as target")
    connection.execute("create schema target.quality")
    for name in QUALITY_TABLES:
        connection.execute(f"create table target.quality.{name} as from quality.{name}")
    connection.execute("checkpoint target")
    connection.execute("detach target")


def _verify(path: Path, tables: Sequence[PublishedTable], rows: Mapping[str, int]) -> None:
    """Open the finished file as a reader would: complete, and nothing personal in it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'marts'"
        ).fetchall()
    personal = {(table.name, column) for table in tables for column in table.personal}
    if personal & set(found) or {name for name, _ in found} != set(rows):
        raise RapportError(
            f"The version in {path.parent} is incomplete or holds personal columns and was not"
            " published: run again, and report it if it happens twice."
        )
    if path.with_suffix(".duckdb.wal").exists():
        raise RapportError(f"{path} still has a write-ahead log and was not published.")


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Say what the version is: run, date, headline figures, tables."""
    path = folder / MANIFEST_FILE
    path.write_text(json.dumps(content, indent=1, default=str), "utf-8")
    _sync(path)
    _sync(folder)


def activate(published: Path, run_id: str, keep: int) -> None:
    """Flip `current` to a version and drop all but the last few."""
    flip(published, run_id)
    versions = version_ids(published)
    for name in versions[: max(0, len(versions) - keep)]:
        if name != run_id:
            shutil.rmtree(published / name)


def flip(published: Path, run_id: str) -> None:
    """Point the one symlink at a version, atomically."""
    temporary = published / f".current.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(run_id)
    temporary.replace(published / "current")
    _sync(published)


def version_ids(published: Path) -> list[str]:
    """Run ids of the versions kept, oldest first."""
    return sorted(path.parent.name for path in published.glob(f"*/{MANIFEST_FILE}") if _own(path))


def current_version(published: Path) -> str | None:
    """Run id of the version that readers see."""
    link = published / "current"
    return os.readlink(link) if link.is_symlink() else None


def _own(manifest: Path) -> bool:
    return not manifest.parent.is_symlink() and not manifest.parent.name.startswith(".")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
