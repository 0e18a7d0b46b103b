"""Rows of one fetch on disk: kept as they come, then compared with what was delivered before.

Rows near the cursor are read again by the next fetch, so that none is lost that was written late
or at the very same time. Their hashes are remembered, and only rows that are new are delivered.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.sql import connect, identifier, literal
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

ROWS_IN_MEMORY = 20_000
ROWS_PER_FILE = 1_000_000
LINE = "line"
HASH = "_hash"
Row = Sequence[str | None]


@dataclass
class Spool:
    """A parquet file of texts, one column a name, with the hash of each row."""

    path: Path
    names: Sequence[str]
    rows: int = 0
    _held: list[tuple[str | bytes | None, ...]] = field(default_factory=list)
    _writer: Any = None

    def add(self, row: Row) -> None:
        """Add one row."""
        values = tuple(row)
        self._held.append((*values, _hash(values)))
        self.rows += 1
        if len(self._held) >= ROWS_IN_MEMORY:
            self._write()

    def close(self) -> None:
        """Write what is held; the file exists also without rows."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        fields = [(name, pa.string()) for name in self.names] + [(HASH, pa.binary())]
        schema = pa.schema(fields)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, schema, compression="zstd")
        columns = list(zip(*self._held, strict=True)) or [()] * len(schema)
        arrays = [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        self._held = []


def _hash(values: tuple[str | None, ...]) -> bytes:
    return hashlib.blake2b(repr(values).encode(), digest_size=16).digest()


@dataclass(frozen=True)
class Delivered:
    """What a comparison found to be new: how many rows, and their files in the work folder."""

    rows: int
    files: list[Path]


@contextmanager
def comparing(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, within the limits of the workspace."""
    connection = connect(Path(":memory:"), workspace.settings.resources, workspace.temporary)
    try:
        yield connection
    finally:
        connection.close()


def deliver_new(
    connection: duckdb.DuckDBPyConnection,
    spool: Spool,
    seen: Path | None,
    remember: Path,
    stem: Path,
    is_keyed: bool,
) -> Delivered:
    """Write the rows that no earlier fetch has delivered, and remember all that were read.

    Of a contract with a key the very same row counts once; without one, as often as it comes.
    """
    once = "where _occurrence = 1" if is_keyed else ""
    connection.execute(
        "create temp table read as select *, row_number() over (partition by _hash) as _occurrence"
        f" from read_parquet({literal(spool.path)})"
    )
    known = f"select * from read_parquet({literal(seen)})" if seen else "select null, 0 limit 0"
    connection.execute(
        "create temp table fresh as select read.*, row_number() over () as _position from read"
        f" left join ({known}) as known(_hash, _count) using (_hash)"
        " where read._occurrence > coalesce(known._count, 0)"
        f" and ({'read._occurrence = 1' if is_keyed else 'true'})"
    )
    connection.execute(
        f"copy (select _hash, count(*) as _count from read {once} group by all)"
        f" to {literal(remember)} (format parquet, compression zstd)"
    )
    row = connection.execute("select count(*) from fresh").fetchone()
    rows = int(row[0]) if row else 0
    files = [
        _write_file(connection, spool.names, stem, number, start)
        for number, start in enumerate(range(0, rows, ROWS_PER_FILE), 1)
    ]
    connection.execute("drop table read")
    return Delivered(rows, files)


def _write_file(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    stem: Path,
    number: int,
    start: int,
) -> Path:
    columns = ", ".join(map(identifier, names))
    select = (
        f"select {columns} from fresh where _position > {start}"
        f" and _position <= {start + ROWS_PER_FILE} order by _position"
    )
    if list(names) == [LINE]:
        return _write_lines(connection, select, stem.with_name(f"{stem.name}_{number}.jsonl.gz"))
    path = stem.with_name(f"{stem.name}_{number}.parquet")
    connection.execute(f"copy ({select}) to {literal(path)} (format parquet, compression zstd)")
    return path


def _write_lines(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> Path:
    cursor = connection.execute(select)
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        while found := cursor.fetchmany(ROWS_IN_MEMORY):
            packed.write("".join(f"{line}\n" for (line,) in found).encode())
    return path


def load_id(now: dt.datetime) -> str:
    """The name of what was fetched at a time: it says when it was received."""
    return f"{now:%Y%m%dT%H%M%S%f}Z"


def landing_name(path: Path, now: dt.datetime) -> tuple[str, str]:
    """A file of the work folder, and where it goes."""
    return path.name, f"date={now:%Y-%m-%d}/{path.name}"
