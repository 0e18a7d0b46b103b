"""`rapport sql`: a query on the published file, never on the working one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WorkspaceOption,
    console,
    errors,
    print_json,
)
from orchestration.errors import ConfigurationError
from orchestration.workspace import DATABASE_FILE, Workspace

LEAST_COLUMN = 8  # characters, with its border: below it values break letter by letter


def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement, in DuckDB's dialect.")],
    workspace: WorkspaceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 100,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Query the published version, read-only.

    Examples
    --------
        rapport sql "select lifecycle_stage, count(*) from marts.customer_360 group by all"

        rapport sql "from marts.metrics_daily_business" --limit 1000 --json

        rapport sql "show all tables"
    """
    import duckdb

    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    path = place.current / DATABASE_FILE
    if not path.exists():
        raise ConfigurationError("Nothing is published yet: run `rapport run` first.")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            if not query.strip():
                raise ConfigurationError("Give one SQL statement, for example: show tables.")
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchmany(limit + 1)
        except duckdb.Error as error:
            text = " ".join(str(error).split())
            raise ConfigurationError(f"The query cannot be answered: {text}") from error
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows[:limit]])
    else:
        print_rows(names, rows[:limit])
    if len(rows) > limit:
        errors.print(f"Only the first {limit} rows are shown: give --limit for more.")


def print_rows(names: list[str], rows: list[tuple[object, ...]]) -> None:
    """Rows as a table, or where its columns do not fit as one table a row; null is left blank."""
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    is_wide = len(names) * LEAST_COLUMN > console.width
    for each in _tables_of_rows(names, rows) if is_wide else [table]:
        console.print(each, markup=False)


def _tables_of_rows(names: list[str], rows: list[tuple[object, ...]]) -> Iterator[Table]:
    for number, row in enumerate(rows, 1):
        table = Table(title=f"Row {number}", title_justify="left", show_header=False)
        for name, value in zip(names, row, strict=True):
            table.add_row(name, _cell(value))
        yield table


def _cell(value: object) -> str:
    return "" if value is None else str(value)
