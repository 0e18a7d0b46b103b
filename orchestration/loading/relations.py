"""Archived files as DuckDB relations: everything declared, nothing sniffed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts import Dialect
from orchestration.loading.records import MAX_RECORD_BYTES, compression
from orchestration.sql import identifier, literal, literals

NO_DELIMITER = "\x1e"


@dataclass(frozen=True)
class Rejects:
    """Temporary tables in which DuckDB notes the lines that it could not read."""

    name: str

    @property
    def errors(self) -> str:
        """Table with one row per fault of a line."""
        return f"{self.name}_errors"

    @property
    def scans(self) -> str:
        """Table with one row per scan."""
        return f"{self.name}_scans"

    @property
    def options(self) -> str:
        """What `read_csv` is told about them."""
        return (
            f"store_rejects = true, rejects_table = {literal(self.errors)},"
            f" rejects_scan = {literal(self.scans)}, rejects_limit = 0"
        )


def relation_sql(
    paths: Sequence[Path],
    names: Sequence[str],
    dialect: Dialect,
    header: Sequence[str],
    rejects: Rejects,
) -> str:
    """A select over files of one dialect: their columns, then `_row_number`."""
    source = _reader(paths, names, dialect, header, rejects)
    return f"select *, row_number() over () as _row_number from {source}"


def files_sql(
    paths: Sequence[Path],
    names: Sequence[str],
    dialect: Dialect,
    header: Sequence[str],
    rejects: Rejects,
    files: str,
) -> str:
    """As `relation_sql`, numbered within each file; `files` adds its columns by `_path`."""
    source = _reader(paths, names, dialect, header, rejects, ", filename = '_path'")
    return (
        "select * exclude (_path, _position),"
        " _position - min(_position) over (partition by _path) + 1 as _row_number"
        f" from (select *, row_number() over () as _position from {source})"
        f" inner join {files} using (_path)"
    )


def _reader(
    paths: Sequence[Path],
    names: Sequence[str],
    dialect: Dialect,
    header: Sequence[str],
    rejects: Rejects,
    more: str = "",
) -> str:
    """The call that reads the files, lazily; `more` are options that every reader knows."""
    if dialect.format == "parquet":
        return f"read_parquet({literals([str(path) for path in paths])}{more})"
    if dialect.format == "csv":
        return _csv(paths, names, dialect, header, rejects, more)
    return _lines(paths, names, dialect, rejects, more)


def _csv(
    paths: Sequence[Path],
    names: Sequence[str],
    dialect: Dialect,
    header: Sequence[str],
    rejects: Rejects,
    more: str,
) -> str:
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in header)
    skip = dialect.skip + (1 if dialect.header else 0)
    return (
        f"read_csv({literals([str(path) for path in paths])}, auto_detect = false,"
        f" columns = {{{columns}}}, header = false, skip = {skip},"
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)},"
        f" escape = {literal(dialect.quote)}, strict_mode = true, null_padding = false,"
        # in parallel DuckDB notes the wrong lines as rejected where a quote swallows a line
        " parallel = false,"
        f" {_common(names, dialect)}, {rejects.options}{more})"
    )


def _lines(
    paths: Sequence[Path], names: Sequence[str], dialect: Dialect, rejects: Rejects, more: str
) -> str:
    return (
        f"(from read_csv({literals([str(path) for path in paths])},"
        f" auto_detect = false, columns = {{'line': 'varchar'}}, header = false,"
        f" skip = {dialect.skip}, delim = {literal(NO_DELIMITER)}, quote = '', escape = '',"
        f" {_common(names, dialect)}, {rejects.options}{more}) where line is not null)"
    )


def _common(names: Sequence[str], dialect: Dialect) -> str:
    kinds = {compression(name) for name in names}
    return (
        f"encoding = {literal(dialect.encoding)}, compression = {literal(kinds.pop())},"
        f" max_line_size = {MAX_RECORD_BYTES}"
    )


def json_columns(relation: str, columns: Sequence[str]) -> str:
    """A relation of json lines as one text column per name; a broken line gives no values."""
    paths = literals([_json_path(name) for name in columns])
    values = ", ".join(
        f"found[{position}] as {identifier(name)}" for position, name in enumerate(columns, 1)
    )
    return (
        f"select {values}, line as _line, json_valid(line) as _is_json, * exclude (line, found)"
        f" from (select *, try(json_extract_string(line, {paths})) as found from {relation})"
    )


def json_keys(relation: str) -> str:
    """The distinct keys of a relation of json lines."""
    return (
        "select distinct unnest(try(json_keys(line))) as name"
        f" from {relation} where json_valid(line) order by name"
    )


def file_keys(relation: str) -> str:
    """For each delivery of a relation of json lines, its distinct keys."""
    return (
        "select _file_delivery_id, list(distinct name) from"
        f" (select _file_delivery_id, unnest(try(json_keys(line))) as name from {relation}"
        " where json_valid(line)) group by all"
    )


def _json_path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'
