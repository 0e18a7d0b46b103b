"""`rapport rebuild`: the working file made anew from the archive."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.output import DebugOption, JsonOption, WaitOption, WorkspaceOption
from orchestration.cli.run import execute, report
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace


def rebuild(
    workspace: WorkspaceOption = None,
    accept_change: Annotated[
        bool,
        typer.Option("--accept-change", help="Publish although headline figures have jumped."),
    ] = False,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Load the warehouse anew from the archive, build and gate every mart, publish.

    Landing is not looked at. The new working file is made beside the old one and takes its place
    once it is published; until then, and where anything fails, the old one stays.

    Examples
    --------
        rapport rebuild

        rapport rebuild --accept-change --wait 600
    """
    from orchestration.loading.archive import archived_files

    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    if not place.archive.exists() or not any(archived_files(place)):
        raise ConfigurationError("The archive is empty: run `rapport run` first.")
    options = {"rebuild": True, "accept_change": accept_change, "wait_seconds": float(wait)}
    options["fetch"] = False
    report(place, execute(place, options, quiet=as_json, show_trace=debug), as_json)
