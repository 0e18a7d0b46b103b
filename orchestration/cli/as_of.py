"""`rapport as-of`: a mart as it was known on a date."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    errors,
    print_json,
)
from orchestration.cli.sql import print_rows
from orchestration.disk import disk_errors
from orchestration.edited_files import refuse_place
from orchestration.errors import ConfigurationError
from orchestration.sql import identifier, literal
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    from orchestration.history.rebuild import Rebuilt

EXPORTS = {".csv": "format csv, header", ".parquet": "format parquet, compression zstd"}


def as_of(
    day: Annotated[
        dt.datetime,
        typer.Argument(formats=["%Y-%m-%d"], metavar="DATE", help="What was known at its end."),
    ],
    table: Annotated[str, typer.Argument(help="A mart, for example customer_360.")],
    workspace: WorkspaceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 100,
    export: Annotated[
        Path | None, typer.Option(help="Write all rows to a .csv or .parquet file.")
    ] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="With the columns that are personal.")
    ] = False,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Build one mart again as it was known at the end of a date; readers see nothing of it.

    Examples
    --------
        rapport as-of 2026-03-31 customer_360

        rapport as-of 2026-03-31 fct_orders --export orders.parquet
    """
    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    if export is not None:
        _refuse(export)
    from orchestration.history.rebuild import rebuilt_mart

    with disk_errors(place.root), rebuilt_mart(place, day.date(), table, wait) as rebuilt:
        columns = list(rebuilt.table.columns) if personal else rebuilt.table.open_columns
        if export is not None:
            _export(rebuilt, columns, export)
        else:
            _show(rebuilt, columns, limit, as_json)
        errors.print(rebuilt.pins.sentence, markup=False, highlight=False)


def _refuse(export: Path) -> None:
    if export.suffix not in EXPORTS:
        raise ConfigurationError(f"{export} ends in {export.suffix}: end it in .csv or .parquet.")
    refuse_place(export)


def _query(rebuilt: Rebuilt, columns: list[str]) -> str:
    """The rows in the order of their key, so that two builds give the same."""
    names = ", ".join(map(identifier, columns))
    order = ", ".join(map(identifier, rebuilt.table.key)) or "all"
    return f"select {names} from marts.{identifier(rebuilt.table.name)} order by {order}"


def _show(rebuilt: Rebuilt, columns: list[str], limit: int, as_json: bool) -> None:
    import duckdb

    with duckdb.connect(str(rebuilt.file), read_only=True) as connection:
        rows = connection.execute(_query(rebuilt, columns)).fetchmany(limit + 1)
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows[:limit]])
    else:
        print_rows(columns, rows[:limit])
    if len(rows) > limit:
        errors.print(f"Only the first {limit} rows are shown: give --limit for more.")


def _export(rebuilt: Rebuilt, columns: list[str], export: Path) -> None:
    """Write the rows to a file that only its owner reads, whole or not at all."""
    import duckdb

    written = rebuilt.file.with_name(export.name)
    with duckdb.connect(str(rebuilt.file), read_only=True) as connection:
        connection.execute(
            f"copy ({_query(rebuilt, columns)}) to {literal(written)} ({EXPORTS[export.suffix]})"
        )
    written.chmod(0o600)
    shutil.move(written, export)
