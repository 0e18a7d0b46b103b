"""A table or view of a SQL database, read by dlt: what is new, and what is gone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.fetching.cursors import CursorValue, behind, highest, not_after
from orchestration.fetching.errors import FetchError
from orchestration.fetching.job import Fetched, Job, definition_of, kept
from orchestration.fetching.options import DatabaseServer
from orchestration.fetching.spool import Spool, comparing, deliver_new, load_id
from orchestration.loading.casting import DELETED
from orchestration.sql import identifier, literal

if TYPE_CHECKING:
    import duckdb
    import sqlalchemy as sa

TIMESTAMP, TIMESTAMP_WITH_ZONE = 1114, 1184  # PostgreSQL's numbers of types


def fetch_database(job: Job, options: DatabaseServer) -> Fetched:
    """The rows that are new or changed, and tombstones of the keys that have vanished."""
    with _engine(job, options) as engine:
        return _Table(job, options, engine).fetch()


@dataclass
class _Table:
    """One fetch of one table."""

    job: Job
    options: DatabaseServer
    engine: sa.Engine

    def fetch(self) -> Fetched:
        job, contract = self.job, self.job.server.contract
        now = self._now()
        start = job.start(self.definition)
        cursor = start
        marks = [DELETED] if self.options.soft_delete_column else []
        rows = job.spool("rows", [*self.columns, *marks])
        for row in self._rows(self.selected, self._since(start)):
            rows.add([*(text_of(row[name]) for name in self.columns.values()), *self._mark(row)])
            job.count(rows.rows)
            if self.options.cursor:
                cursor = highest(cursor, row[self.options.cursor])
        rows.close()
        seen, keys = job.remember("seen"), job.remember("keys")
        found = Fetched()
        with comparing(job.workspace) as connection:
            before = job.remembered("seen", self.definition)
            new = deliver_new(connection, rows, before, seen, job.stem, bool(contract.key))
            found.rows = new.rows
            for path in new.files:
                found.deliver(path, job.now)
            if self.options.deletes == "keys":
                self._find_vanished(connection, rows, keys, found)
        found.state = kept(
            self.definition,
            not_after(cursor, now),
            seen=seen,
            keys=keys if self.options.deletes else None,
        )
        return found

    @cached_property
    def columns(self) -> dict[str, str]:
        """For each column that is delivered, the table's."""
        contract, renamed = self.job.server.contract, self.options.columns
        wanted = {column.name: renamed.get(column.name, column.name) for column in contract.columns}
        present = self._columns_of_table()
        required = {column.name for column in contract.columns if column.is_required}
        missing = [
            theirs
            for name, theirs in wanted.items()
            if theirs not in present and (name in required or name in renamed)
        ]
        more = [self.options.cursor, self.options.soft_delete_column]
        missing += [name for name in more if name and name not in present]
        if missing:
            raise FetchError(
                f"{self.options.table} has no column {', '.join(missing)}: say with `columns` how"
                " it is called there"
            )
        return {name: theirs for name, theirs in wanted.items() if theirs in present}

    @cached_property
    def selected(self) -> list[str]:
        """The columns of the table that are read, and no others."""
        more = [self.options.cursor, self.options.soft_delete_column]
        return list(dict.fromkeys(filter(None, [*self.columns.values(), *more])))

    @cached_property
    def definition(self) -> str:
        """Everything is read anew when something of it changes."""
        options = self.options
        place = (options.host, options.port, options.database, options.schema_, options.table)
        how = (self.selected, options.cursor, options.deletes)
        return definition_of(place, sorted(self.columns.items()), how)

    def _mark(self, row: dict[str, Any]) -> list[str]:
        """Whether the row is marked as deleted at the source."""
        if not self.options.soft_delete_column:
            return []
        mark = row[self.options.soft_delete_column]
        return ["false" if mark in (None, False, 0, "", "0", "f", "false", "n", "N") else "true"]

    def _since(self, start: CursorValue | None) -> CursorValue | None:
        return None if start is None else behind(start, self.options.lag)

    def _rows(self, names: Sequence[str], since: CursorValue | None = None) -> Iterator[Any]:
        """Rows as dlt reads them, page by page, over a cursor of the server."""
        from dlt.sources.sql_database import sql_table

        def newer(query: Any, table: Any) -> Any:
            if since is None:
                return query
            column = table.c[self.options.cursor]
            return query.where((column >= since) | column.is_(None))

        yield from sql_table(
            self.engine,
            table=self.options.table,
            schema=self.options.schema_,
            backend="sqlalchemy",
            chunk_size=self.options.page_size,
            reflection_level="minimal",
            included_columns=list(names),
            query_adapter_callback=newer,
        )

    def _columns_of_table(self) -> set[str]:
        import sqlalchemy as sa

        try:
            found = sa.inspect(self.engine).get_columns(self.options.table, self.options.schema_)
        except sa.exc.NoSuchTableError as error:
            raise FetchError(f"there is no table or view {self.options.table}") from error
        return {column["name"] for column in found}

    def _now(self) -> dt.datetime:
        """The time of the database itself."""
        import sqlalchemy as sa

        with self.engine.connect() as connection:
            now = connection.execute(sa.select(sa.func.now())).scalar()
        return now if isinstance(now, dt.datetime) else dt.datetime.fromisoformat(str(now))

    def _find_vanished(
        self, connection: duckdb.DuckDBPyConnection, rows: Spool, keys: Path, found: Fetched
    ) -> None:
        """Compare the keys that are there with those that were, or were read a moment ago."""
        key = list(self.job.server.contract.key)
        at = self._now()  # before the keys are read: what comes back later is newer than that
        present = self.job.spool("present", key)
        theirs = [self.columns[name] for name in key]
        for row in self._rows(theirs):
            present.add([text_of(row[name]) for name in theirs])
        present.close()
        names = ", ".join(map(identifier, key))
        before = self.job.remembered("keys", self.definition)
        where = f"where {DELETED} = 'false'" if DELETED in rows.names else ""
        earlier = f"union select {names} from read_parquet({literal(before)})" if before else ""
        connection.execute(
            f"create temp table vanished as select {names} from"
            f" (select {names} from read_parquet({literal(rows.path)})"
            f" {where}"
            f" {earlier}) anti join read_parquet({literal(present.path)}) using ({names})"
        )
        connection.execute(
            f"copy (select {names} from read_parquet({literal(present.path)}))"
            f" to {literal(keys)} (format parquet, compression zstd)"
        )
        if gone := self._vanished(connection, before):
            found.rows += gone
            later = dt.datetime.now(dt.UTC)  # than the rows that were read a moment ago
            path = self.job.folder.work / f"{load_id(later)}_gone.parquet"
            stamp = self._stamp(at)
            connection.execute(
                f"copy (select {names}, 'true' as {DELETED}{stamp} from vanished order by all)"
                f" to {literal(path)} (format parquet, compression zstd)"
            )
            found.deliver(path, later)

    def _stamp(self, at: dt.datetime) -> str:
        """The time of change of a tombstone, where the contract knows one."""
        contract = self.job.server.contract
        if not contract.updated_at or contract.updated_at in contract.key:
            return ""
        is_date = contract.column(contract.updated_at).type == "date"
        text = (at.date() if is_date else at).isoformat()
        return f", {literal(text)} as {identifier(contract.updated_at)}"

    def _vanished(self, connection: duckdb.DuckDBPyConnection, before: Path | None) -> int:
        """How many keys; raise FetchError where they are so many that the table is at fault."""
        row = connection.execute("select count(*) from vanished").fetchone()
        gone = int(row[0]) if row else 0
        if not gone or before is None:
            return gone
        held = f"select count(*) from read_parquet({literal(before)})"
        row = connection.execute(held).fetchone()
        known = int(row[0]) if row else 0
        if gone > known * self.options.max_deleted_share:
            raise FetchError(
                f"{gone:,} of {known:,} keys have vanished from {self.options.table} at once, so"
                " nothing was delivered: if that is right, set `maxDeletedShare: 1` for one fetch"
            )
        return gone


@contextmanager
def _engine(job: Job, options: DatabaseServer) -> Iterator[sa.Engine]:
    """Connections that only read, that wait for nothing longer than they may, and are closed."""
    import sqlalchemy as sa

    url = sa.URL.create(
        options.dialect,
        username=job.secrets.read(options.user_env),
        password=job.secrets.read(options.password_env),
        host=options.host or None,
        port=options.port,
        database=options.database,
    )
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, **_arguments(options))
    except ModuleNotFoundError as error:
        raise FetchError(
            f"its driver is not installed: add the package {error.name} to the environment"
        ) from error
    except sa.exc.NoSuchModuleError as error:
        raise FetchError(f"SQLAlchemy knows no `driver: {options.dialect}`") from error
    if _is_pg8000(options):
        sa.event.listen(engine, "connect", _read_times_fast)
    try:
        yield engine
    finally:
        engine.dispose()


def _arguments(options: DatabaseServer) -> dict[str, Any]:
    """What the driver is told; pg8000 alone is known well enough to be told more."""
    if not _is_pg8000(options):
        return {}
    connect: dict[str, Any] = {"timeout": options.timeout}
    if options.ssl:
        import ssl

        connect["ssl_context"] = ssl.create_default_context()
    return {
        "connect_args": connect,
        "json_deserializer": str,  # as it stands there, decimals and all
        "execution_options": {"postgresql_readonly": True},
    }


def _is_pg8000(options: DatabaseServer) -> bool:
    return options.dialect == "postgresql+pg8000"


def _read_times_fast(connection: Any, _: Any) -> None:
    """Read times in C: the way of pg8000 costs 10 microseconds more a value."""
    for kind in (TIMESTAMP, TIMESTAMP_WITH_ZONE):
        connection.register_in_adapter(kind, _time_of)


def _time_of(text: str) -> dt.datetime | str:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:  # infinity, or before the year 1
        return text


def text_of(value: Any) -> str | None:
    """A value as text that loses nothing; the contract says what it is."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)
