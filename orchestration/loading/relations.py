"""Archived files as DuckDB relations: everything declared, nothing sniffed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused
from orchestration.loading.readable import Readable
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


def relation_sql(files: Sequence[Readable], rejects: Rejects, limits: LimitSettings) -> str:
    """A select over files of one dialect: their columns, then `_row_number`."""
    source = _reader(files, rejects, limits)
    return f"select *, row_number() over () as _row_number from {source}"


def files_sql(
    files: Sequence[Readable], rejects: Rejects, limits: LimitSettings, origins: str
) -> str:
    """As `relation_sql`, numbered within each file; `origins` adds its columns by `_path`."""
    source = _reader(files, rejects, limits, ", filename = '_path'")
    return (
        "select * exclude (_path, _position),"
        " _position - min(_position) over (partition by _path) + 1 as _row_number"
        f" from (select *, row_number() over () as _position from {source})"
        f" inner join {origins} using (_path)"
    )


def _reader(
    files: Sequence[Readable], rejects: Rejects, limits: LimitSettings, more: str = ""
) -> str:
    """The call that reads the files, lazily; `more` are options that every reader knows."""
    dialect = files[0].dialect
    paths = literals([str(file.path) for file in files])
    if dialect.format == "parquet":
        return f"read_parquet({paths}{more})"
    kinds = {file.compression for file in files}
    if len(kinds) > 1:
        raise DeliveryRefused("archive", f"its files are compressed in {len(kinds)} ways")
    common = (
        f"{paths}, auto_detect = false, header = false, encoding = 'utf-8',"
        f" compression = {literal(kinds.pop())}, max_line_size = {limits.line_bytes},"
        f" {rejects.options}{more}"
    )
    if dialect.format == "csv":
        has_returns = any(file.records.has_returns for file in files)
        return _csv(dialect, files[0].records.header, has_returns, common)
    lines = _lines(dialect, common)
    return _fixed(lines, dialect) if dialect.format == "fixed" else lines


def _csv(dialect: Dialect, header: Sequence[str], has_returns: bool, common: str) -> str:
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in header)
    skip = dialect.skip + (1 if dialect.header else 0)
    escape = dialect.quote if dialect.escape is None else dialect.escape
    # else DuckDB takes the first line break for the line end, be it within a value; of CRLF it can
    # be told only so, and reads it only where no LF stands alone
    line_end = "" if has_returns else ", new_line = '\\n'"
    return (
        f"read_csv({common}, columns = {{{columns}}}, skip = {skip}{line_end},"
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)},"
        f" escape = {literal(escape)}, strict_mode = true, null_padding = false,"
        # in parallel DuckDB notes the wrong lines as rejected where a quote swallows a line
        " parallel = false)"
    )


def _lines(dialect: Dialect, common: str) -> str:
    return (
        f"(from read_csv({common}, columns = {{'line': 'varchar'}}, skip = {dialect.skip},"
        f" delim = {literal(NO_DELIMITER)}, quote = '', escape = '') where line is not null)"
    )


def _fixed(lines: str, dialect: Dialect) -> str:
    """Columns by the positions of their characters, blanks around them left out."""
    columns = ", ".join(
        f"trim(substring(line, {first}, {last - first + 1})) as {identifier(name)}"
        for name, first, last in dialect.positions
    )
    return f"(select * exclude (line), {columns} from {lines})"


def json_columns(relation: str, columns: Mapping[str, str | None]) -> str:
    """A relation of json lines as one text column per name; a broken line gives no values.

    A name without a path is the key of the object itself. All keys are read at once; each path is
    looked up by itself.
    """
    keys = [name for name, path in columns.items() if path is None]
    paths = {name: path for name, path in columns.items() if path is not None}
    found = f"json_transform(line, {literal(json.dumps(dict.fromkeys(keys, 'VARCHAR')))})"
    inside = f"json_extract_string(line, {literals(list(paths.values()))})" if paths else "null"
    values = [f"found.{identifier(name)} as {identifier(name)}" for name in keys]
    values += [f"inside[{place}] as {identifier(name)}" for place, name in enumerate(paths, 1)]
    is_json = "found is not null" if keys else "inside is not null"
    return (
        f"select {', '.join(values)}, line as _line, {is_json} as _is_json,"
        " * exclude (line, found, inside) from"
        f" (select *, try({found if keys else 'null'}) as found, try({inside}) as inside"
        f" from {relation})"
    )


def json_keys(relation: str) -> str:
    """The distinct keys of a relation of json lines; a broken line has none."""
    return (
        "select distinct unnest(names) as name"
        f" from (select distinct try(json_keys(line)) as names from {relation}) order by name"
    )


def file_keys(relation: str) -> str:
    """For each delivery of a relation of json lines, its distinct keys."""
    return (
        "select _file_delivery_id, list(distinct name) from"
        f" (select _file_delivery_id, unnest(try(json_keys(line))) as name from {relation}"
        " where json_valid(line)) group by all"
    )


def json_pointer(key: str) -> str:
    """The place of a key, whatever characters it has: in a JSONPath `*` stays a wildcard."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
