"""`rapport score`: what the warehouse says, held against a simulated company's truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orchestration.cli.output import DebugOption, JsonOption, WorkspaceOption, console, print_json
from orchestration.workspace import DATABASE_FILE, Workspace

if TYPE_CHECKING:
    from simulation.scorecard import Line


def score(
    truth: Annotated[
        Path | None,
        typer.Option(help="Folder truth/ of the simulation; the workspace's own unless given."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare the warehouse with the truth of the company that `rapport simulate` wrote.

    Exit code 1 when a figure is missed.

    Examples
    --------
        rapport score

        rapport score --truth company/truth --json
    """
    from simulation.scorecard import figures_of
    from simulation.scorecard import score as score_figures

    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    figures = figures_of()
    published = place.current / DATABASE_FILE
    lines = score_figures(place.warehouse, published, truth or place.root / "truth", figures)
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        _print(lines)
        scored = {line.figure for line in lines}
        for figure in figures:
            if figure.name not in scored:
                console.print(f"Not scored, its truth is missing: {figure.name}.", markup=False)
    if not all(line.is_met for line in lines):
        raise typer.Exit(1)


def _print(lines: list[Line]) -> None:
    table = Table(title="Scorecard: the warehouse against the truth")
    for name in ("Capability", "Figure"):
        table.add_column(name, overflow="fold")
    for name in ("True", "Warehouse", ""):
        table.add_column(name, justify="right")
    for line in lines:
        verdict = "[green]met[/green]" if line.is_met else "[red]missed[/red]"
        table.add_row(
            line.capability, line.figure, _number(line.truth), _number(line.warehouse), verdict
        )
    console.print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
