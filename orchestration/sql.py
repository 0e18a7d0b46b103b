"""Text that becomes SQL, quoted; and the one way to open a DuckDB file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from orchestration.config import ResourceSettings


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """`value` as a quoted SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: object) -> str:
    """A SQL list of text literals."""
    items = values if isinstance(values, (list, tuple, set, frozenset)) else [values]
    return "[" + ", ".join(literal(item) for item in items) + "]"


def connect(
    path: Path, resources: ResourceSettings, temporary: Path, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file with the limits of the workspace."""
    import duckdb

    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "threads": resources.threads,
            "memory_limit": resources.memory_limit,
            "temp_directory": str(temporary),
        },
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection
