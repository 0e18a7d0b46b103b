"""`rapport fetch`: databases, APIs and folders elsewhere, read into landing/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    console,
    print_json,
)
from orchestration.errors import RapportError
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    from orchestration.fetching.fetch import FetchResult


def fetch(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Contracts (crm/customers) or servers (crm/customers/erp); all unless given.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Fetch what is new from databases, APIs and folders elsewhere into landing/.

    `rapport run` does so by itself, before it looks into landing/.

    Examples
    --------
        rapport fetch

        rapport fetch crm/customers --wait 600
    """
    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    results = fetch_with_progress(place, targets or (), wait, quiet=as_json)
    if as_json:
        print_json([asdict(result) for result in results])
    elif not results:
        console.print("Nothing is configured to be fetched: docs/fetching.md says how.")
    else:
        print_results(results)
    if failed := [result for result in results if result.error]:
        raise RapportError(
            f"{len(failed)} of {len(results)} servers failed, the first {failed[0].server}:"
            f" {str(failed[0].error).rstrip('.?')}."
        )


def fetch_with_progress(
    place: Workspace, targets: Sequence[str], wait: float, quiet: bool
) -> list[FetchResult]:
    """Fetch, telling a person which server is at work and how far it is."""
    from orchestration.runs.fetch import fetch_now

    if quiet:
        return fetch_now(place, targets, wait)
    with console.status("Fetching ...") as status:
        return fetch_now(
            place,
            targets,
            wait,
            lambda server, message: status.update(f"Fetching {server.slug} ... {message}"),
        )


def print_results(results: Sequence[FetchResult]) -> None:
    """What each server brought."""
    table = Table(title="Fetched", title_justify="left")
    table.add_column("Server")
    for name in ("Rows", "Files", "Seconds"):
        table.add_column(name, justify="right")
    table.add_column("Error", overflow="fold")
    for one in results:
        error = escape(one.error or "")
        table.add_row(one.server, f"{one.rows:,}", str(one.files), f"{one.seconds:.2f}", error)
    console.print(table)
