"""`rapport replay`: what was set aside, loaded again after a mend."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    console,
    print_json,
)
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace

MESSAGES_SHOWN = 20


def replay(
    target: Annotated[
        str | None,
        typer.Argument(help="A contract or the id of a delivery; everything unless given."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A mended export of the quarantine.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Load quarantined rows and deliveries again after a mend, exactly once.

    After a change of a contract or feed the deliveries with something in quarantine are judged
    again from the archive. With --file the rows of a mended export take the place of the
    quarantined ones. What is loaded reaches the marts with the next `rapport run`.

    Examples
    --------
        rapport replay

        rapport replay shop/orders

        rapport replay --file mended.csv
    """
    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    if file is not None and not file.is_file():
        raise ConfigurationError(f"There is no file {file}.")
    from orchestration.runs.replay import replay as replay_now

    report = replay_now(place, target, file, wait)
    if as_json:
        print_json(asdict(report))
        return
    for message in report.messages[:MESSAGES_SHOWN]:
        console.print("[yellow]![/yellow]", escape(message))
    if (more := len(report.messages) - MESSAGES_SHOWN) > 0:
        console.print(f"  and {more:,} more like these")
    if not report.deliveries:
        console.print("Nothing was loaded.")
        return
    console.print(
        f"{report.rows_loaded:,} more rows of {report.deliveries:,} deliveries are loaded,"
        f" {report.rows_quarantined:,} stay in quarantine. Build the marts with them: rapport run",
        soft_wrap=True,
    )
