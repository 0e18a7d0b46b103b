"""`rapport status`: what is published, how the last runs ended, what was delivered."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from orchestration.cli.output import DebugOption, JsonOption, WorkspaceOption, console, print_json
from orchestration.cli.run import print_gates, print_steps
from orchestration.publishing.accounts import Account, read_accounts, total
from orchestration.publishing.versions import current_version, version_ids
from orchestration.runs.record import UNCHANGED, RunRecord, records
from orchestration.workspace import DATABASE_FILE, Workspace

CONTRACTS_SHOWN = 15


def status(
    workspace: WorkspaceOption = None,
    runs: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 5,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the deliveries of every contract.")
    ] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show the published version, what was delivered for it, the last runs and their gates.

    Examples
    --------
        rapport status

        rapport status --all

        rapport status --json | jq .published
    """
    place = Workspace.locate(workspace)
    company = place.settings.company
    last = list(islice(records(place.runs), runs))
    published = _published(place)
    accounts = read_accounts(place.current / DATABASE_FILE) if published else []
    content = {
        "company": company,
        "workspace": str(place.root),
        "published": published,
        "deliveries": {
            "total": total(accounts).as_dict(),
            "contracts": [account.as_dict() for account in accounts],
        },
        "versions": version_ids(place.published),
        "runs": [asdict(record) for record in last],
        "failed_checks": _failed_checks(place, last),
    }
    if as_json:
        print_json(content)
        return
    _print_published(content)
    if accounts:
        _print_accounts(accounts, everything)
    _print_runs(last)


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


def _print_published(content: dict[str, Any]) -> None:
    published = content["published"]
    console.print(f"{content['company']} in {content['workspace']}", markup=False)
    if published is None:
        console.print("Nothing is published yet: run [bold]rapport run[/bold].")
        return
    figures = ", ".join(f"{name} {value:,.2f}" for name, value in published["headline"].items())
    console.print(f"Published: {published['run_id']} as of {published['as_of_date']}: {figures}")


def _print_accounts(accounts: list[Account], everything: bool) -> None:
    """The contracts that matter, the worst first, and a sum of all that adds up."""
    notable = [item for item in accounts if item.is_notable]
    notable.sort(key=lambda item: (not item.is_stale, -(item.bad_share or 0), item.contract))
    shown = accounts if everything else notable[:CONTRACTS_SHOWN]
    console.print("\nDeliveries of the published version")
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False, padding=(0, 0, 0, 1))
    table.add_column("Contract", overflow="fold")
    for name in ("Files", "Delivered", "= Loaded", "+ Bad", "Share"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Received", no_wrap=True)
    for item in shown:
        table.add_row(*_cells(item))
    table.add_section()
    table.add_row(*_cells(total(accounts)))
    console.print(table)
    for item in shown:
        for note in _notes(item):
            console.print(f"  {item.contract}: {note}", markup=False)
    if hidden := len(accounts) - len(shown):
        worse = len(notable) - len(shown)
        which = f", {worse} of them with bad rows" if worse > 0 else ""
        console.print(f"{hidden} more contracts{which}: rapport status --all", markup=False)


def _cells(item: Account) -> list[str]:
    counts = (item.deliveries, item.rows_delivered, item.rows_loaded, item.rows_quarantined)
    return [
        item.contract,
        *(f"{count:,}" for count in counts),
        "" if item.bad_share is None else f"{item.bad_share:.2%}",
        f"{item.last_received_at:%Y-%m-%d}" if item.last_received_at else "",
    ]


def _notes(item: Account) -> list[str]:
    notes = [f"{item.refused:,} of {item.deliveries:,} files refused whole"] if item.refused else []
    return notes + ([f"stale, {item.stale_reason}"] if item.stale_reason else [])


def _print_runs(last: list[RunRecord]) -> None:
    table = Table()
    for name in ("Run", "Status", "As of"):
        table.add_column(name, no_wrap=True)
    table.add_column("What happened", overflow="fold")
    for record in last:
        table.add_row(record.run_id, record.status, record.as_of_date, record.error or "")
    console.print(table, markup=False)
    worked = next((record for record in last if record.status != UNCHANGED), None)
    if worked:
        print_steps(worked)
        print_gates(worked)
