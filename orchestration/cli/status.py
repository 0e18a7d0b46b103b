"""`rapport status`: what is published, how the last runs ended, what was delivered."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer
from rich.table import Table

from orchestration.cli.output import DebugOption, JsonOption, WorkspaceOption, console, print_json
from orchestration.cli.run import print_gates, print_steps
from orchestration.publishing.versions import current_version, version_ids
from orchestration.runs.record import UNCHANGED, RunRecord, records
from orchestration.workspace import Workspace


def status(
    workspace: WorkspaceOption = None,
    runs: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 5,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show the published version, the last runs and every check that failed.

    Examples
    --------
        rapport status

        rapport status --json | jq .published
    """
    place = Workspace.locate(workspace)
    company = place.settings.company
    last = list(islice(records(place.runs), runs))
    content = {
        "company": company,
        "workspace": str(place.root),
        "published": _published(place),
        "versions": version_ids(place.published),
        "runs": [asdict(record) for record in last],
        "failed_checks": _failed_checks(place, last),
    }
    if as_json:
        print_json(content)
        return
    _print(content, last)


def _published(place: Workspace) -> dict[str, Any] | None:
    manifest = place.current / "manifest.json"
    if current_version(place.published) is None or not manifest.exists():
        return None
    return dict(json.loads(manifest.read_text("utf-8")))


def _failed_checks(place: Workspace, last: list[RunRecord]) -> list[dict[str, Any]]:
    """Checks that did not pass in the last run that did any work, kept also where it failed."""
    import duckdb

    worked = next((record for record in last if record.status != UNCHANGED), None)
    path = worked.folder(place.runs) / "quality.parquet" if worked else None
    if path is None or not path.exists():
        return []
    with duckdb.connect() as connection:
        cursor = connection.execute(
            "select gate, check_name, subject, is_blocking, observed, expected, message"
            " from read_parquet(?) where not is_passed order by is_blocking desc, gate, subject",
            [str(path)],
        )
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _print(content: dict[str, Any], last: list[RunRecord]) -> None:
    published = content["published"]
    console.print(f"{content['company']} in {content['workspace']}", markup=False)
    if published is None:
        console.print("Nothing is published yet: run [bold]rapport run[/bold].")
    else:
        figures = ", ".join(f"{name} {value:,.2f}" for name, value in published["headline"].items())
        console.print(
            f"Published: {published['run_id']} as of {published['as_of_date']}: {figures}"
        )
    table = Table()
    for name in ("Run", "Status", "As of"):
        table.add_column(name, no_wrap=True)
    table.add_column("What happened", overflow="fold")
    for record in last:
        table.add_row(record.run_id, record.status, record.as_of_date, record.error or "")
    console.print(table)
    worked = next((record for record in last if record.status != UNCHANGED), None)
    if worked:
        print_steps(worked)
        print_gates(worked)
