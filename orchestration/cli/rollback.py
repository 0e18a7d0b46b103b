"""`rapport rollback`: readers see an earlier version again."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    console,
    print_json,
)
from orchestration.disk import disk_errors
from orchestration.workspace import Workspace


def rollback(
    run_id: Annotated[
        str | None, typer.Argument(help="Version to go back to; the one before unless given.")
    ] = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Publish an earlier version again; the next run with something new publishes anew.

    Examples
    --------
        rapport rollback

        rapport rollback 20260101T050000Z_1a2b
    """
    from orchestration.publishing.rollback import roll_back

    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    with disk_errors(place.root):
        before, after = roll_back(place, run_id, wait)
    if as_json:
        print_json({"from": before, "to": after})
    else:
        console.print(f"Readers see {after} again, no longer {before}.")
