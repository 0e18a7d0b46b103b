"""Mended rows, loaded in place of the quarantined rows that they were made from."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import Contract
from orchestration.edited_files import DELIMITERS, edited_text
from orchestration.errors import ConfigurationError
from orchestration.loading.casting import DELETED, TEXT, Origin, Source, batch_sql
from orchestration.loading.quarantined import PLACE, ROW_ID
from orchestration.loading.rulings import mends_of, numbering
from orchestration.sql import identifier, insert_rows
from orchestration.workspace import Workspace

ROW_ID_COLUMN, DELIVERY_COLUMN = "_row_id", "_delivery_id"
MAX_FIELD = 1 << 24
ORIGIN = Origin("_mended_delivery_id", "_mended_received_at")
MendedRow = Mapping[str, str | None]


@dataclass
class Outcome:
    """What became of mended rows."""

    loaded: dict[str, int] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    still_bad: list[tuple[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def read_mended(path: Path, name: str) -> list[MendedRow]:
    """The rows of a mended export; raise ConfigurationError where it is none."""
    text = edited_text(path, name)
    rows = list(_json_rows(text, name) if name.endswith(".jsonl") else _csv_rows(text, name))
    ids = [row.get(ROW_ID_COLUMN) for row in rows]
    if not all(ids) or len(set(ids)) < len(ids):
        raise ConfigurationError(
            f"{name} has rows without a {ROW_ID_COLUMN}, or the same twice: keep the columns that"
            " `rapport quarantine export` wrote."
        )
    return rows


def _csv_rows(text: str, name: str) -> Iterator[MendedRow]:
    delimiter = text[len(ROW_ID_COLUMN) : len(ROW_ID_COLUMN) + 1]
    if not text.startswith(ROW_ID_COLUMN) or delimiter not in DELIMITERS:
        raise ConfigurationError(
            f"{name} is no export of the quarantine: its first column must be {ROW_ID_COLUMN}"
            " (csv, or json lines under a name that ends in .jsonl)."
        )
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader)
        for line in reader:
            if line and len(line) != len(header):
                raise ConfigurationError(
                    f"Line {reader.line_num} of {name} has {len(line)} values, its header"
                    f" {len(header)}: mend the line."
                )
            if line:
                yield dict(zip(header, line, strict=True))
    except csv.Error as error:
        raise ConfigurationError(f"Line {reader.line_num} of {name}: {error}.") from error


def _json_rows(text: str, name: str) -> Iterator[MendedRow]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=str, parse_int=str)
        except ValueError as error:
            raise ConfigurationError(f"Line {number} of {name} is no JSON: {error}.") from error
        if not isinstance(found, dict):
            raise ConfigurationError(f"Line {number} of {name} is no JSON object.")
        yield {key: _text(value) for key, value in found.items()}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def apply(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    time_zone: str,
    rows: Sequence[MendedRow],
    run_id: str,
    loaded_at: dt.datetime,
    among: Collection[str] | None = None,
) -> Outcome:
    """Load the rows that are in quarantine and keep their contract now, each in its own delivery.

    Within the transaction of the caller. With `among`, the places of rows that an earlier mend
    loaded, those are taken, whatever their text; else a row must be the one that was exported.
    """
    if among is not None:
        rows = [row for row in rows if _place(row) in among]
    if not rows:
        return Outcome()
    extra = _stage_values(connection, contract, rows, is_again=among is not None)
    types = dict.fromkeys([*_known(contract, rows), *extra], TEXT)
    source = Source("_mending", types, {name: name for name in extra})
    sql = batch_sql(contract, source, ORIGIN, time_zone)
    connection.execute(f"create or replace temp table _mended as {sql}")
    outcome = _outcome(connection)
    if outcome.loaded:
        _move(connection, contract, run_id, loaded_at)
    return outcome


def mend_again(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    delivery_ids: Collection[str],
    run_id: str,
    loaded_at: dt.datetime,
) -> Outcome:
    """Load what was mended of deliveries that were just loaded anew, from the archive."""
    feed = workspace.settings.feed_of(contract.slug)
    time_zone = (feed and feed.time_zone) or contract.time_zone
    again = Outcome()
    for mend in mends_of(workspace, contract):
        places = {place for place in mend.places if place.partition(":")[0] in delivery_ids}
        if places and mend.numbering != numbering(contract, feed):
            again.messages.append(
                f"{contract.slug}: {len(places)} rows mended by {mend.file_name} are in quarantine"
                " again, for its files are read in another way now: export and mend them again."
            )
        elif places:
            rows = read_mended(workspace.archive / mend.sha256, mend.file_name)
            done = apply(connection, contract, time_zone, rows, run_id, loaded_at, places)
            for delivery_id, count in done.loaded.items():
                again.loaded[delivery_id] = again.loaded.get(delivery_id, 0) + count
    return again


def _stage_values(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    rows: Sequence[MendedRow],
    is_again: bool,
) -> list[str]:
    """Make `_mending`: quarantined rows with their mended values; returns columns unknown."""
    known = _known(contract, rows)
    given = dict.fromkeys(name for row in rows for name in row if not name.startswith("_"))
    extra = [name for name in given if name not in known]
    if len({name.lower() for name in [*known, *extra]}) < len(known) + len(extra):
        raise ConfigurationError(
            f"The mended file has columns that differ from those of {contract.slug} in capitals"
            " only: name them as the contract does."
        )
    names = [*known, *extra]
    ddl = ", ".join(f"{identifier(name)} varchar" for name in names)
    connection.execute(f"create or replace temp table _mended_values (_row_key varchar, {ddl})")
    values = [
        [_place(row) if is_again else row[ROW_ID_COLUMN], *(row.get(name) for name in names)]
        for row in rows
    ]
    insert_rows(connection, "_mended_values", values)
    connection.execute(
        "create or replace temp table _mending as"
        " select given.* exclude (_row_key), bad.rowid as _row_number,"
        " bad._delivery_id as _mended_delivery_id, bad._received_at as _mended_received_at,"
        f" bad._row_number as _mended_row_number, {PLACE} as _mended_place"
        f" from quarantine.{identifier(contract.table)} as bad"
        f" inner join _mended_values as given on given._row_key = {PLACE if is_again else ROW_ID}"
    )
    return extra


def _known(contract: Contract, rows: Sequence[MendedRow]) -> list[str]:
    """The columns of the contract, and the mark of tombstones where the file has it."""
    is_marked = contract.mode == "upsert" and any(DELETED in row for row in rows)
    return [*(column.name for column in contract.columns), *([DELETED] if is_marked else [])]


def _outcome(connection: duckdb.DuckDBPyConnection) -> Outcome:
    found = connection.execute(
        "select done._delivery_id, _mended_place, _reason from _mended as done"
        " inner join _mending using (_row_number) order by all"
    ).fetchall()
    outcome = Outcome()
    for delivery_id, place, reason in found:
        if reason is None:
            outcome.places.append(place)
            outcome.loaded[delivery_id] = outcome.loaded.get(delivery_id, 0) + 1
        else:
            outcome.still_bad.append((place, reason))
    return outcome


def _move(
    connection: duckdb.DuckDBPyConnection, contract: Contract, run_id: str, loaded_at: dt.datetime
) -> None:
    """From quarantine to raw, and so in the counts of each delivery."""
    table = identifier(contract.table)
    names = ", ".join(identifier(n) for n in contract.raw_columns if not n.startswith("_"))
    connection.execute(
        f"insert into raw.{table} ({names}, _delivery_id, _row_number, _received_at, _loaded_at,"
        f" _is_deleted, _extra) select {names}, _delivery_id, _mended_row_number, _received_at,"
        " $loaded_at, _is_deleted, _extra from _mended inner join"
        " (select _row_number, _mended_row_number from _mending) using (_row_number)"
        " where _reason is null order by _received_at, _delivery_id, _mended_row_number",
        {"loaded_at": loaded_at},
    )
    connection.execute(
        f"delete from quarantine.{table}"
        " where rowid in (select _row_number from _mended where _reason is null)"
    )
    connection.execute(
        "update quality.deliveries set rows_loaded = rows_loaded + moved.n,"
        " rows_quarantined = rows_quarantined - moved.n, run_id = $run_id"
        " from (select _delivery_id, count(*) as n from _mended where _reason is null"
        " group by all) as moved where delivery_id = moved._delivery_id",
        {"run_id": run_id},
    )


def _place(row: MendedRow) -> str:
    return str(row[ROW_ID_COLUMN]).rpartition(":")[0]
