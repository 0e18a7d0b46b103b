"""`rapport dev`: a private copy of the warehouse for whoever changes models."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import DebugOption, WaitOption, WorkspaceOption, console
from orchestration.errors import ConfigurationError, RapportError
from orchestration.runs.lock import workspace_lock
from orchestration.runs.record import records
from orchestration.workspace import DATABASE_FILE, Workspace

FICLONE = 0x40049409


def dev(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Copy the warehouse again before anything else.")
    ] = False,
    wait: WaitOption = 0,
    debug: DebugOption = False,
) -> None:
    """Copy the warehouse to a private file and run dbt on it (target `dev`).

    Nobody waits for you and you disturb no run. What follows the options goes to dbt.

    Examples
    --------
        rapport dev --refresh

        rapport dev build --select +customer_360

        rapport dev test --select test_type:unit
    """
    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    copy = place.dev / DATABASE_FILE
    if refresh or not copy.exists():
        with workspace_lock(place.lock_file, "rapport dev", wait):
            _copy(place.warehouse, copy)
        console.print(f"Private copy: {copy}", markup=False, soft_wrap=True)
    if context.args:
        _run_dbt(place, copy, context.args)
    elif not refresh:
        console.print("Give a dbt command, for example: rapport dev build --select +customer_360")


def _copy(source: Path, target: Path) -> None:
    """Share blocks with the original where the file system can, else copy."""
    if not source.exists():
        raise ConfigurationError("There is no warehouse to copy yet: run `rapport run` first.")
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming = target.with_name(f".incoming.{target.name}")
    with source.open("rb") as original, incoming.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), FICLONE, original.fileno())
        except OSError:
            shutil.copyfileobj(original, copy, 1 << 20)
    incoming.replace(target)


def _run_dbt(place: Workspace, copy: Path, arguments: list[str]) -> None:
    from orchestration import dbt

    as_of = next((record.as_of_date for record in records(place.runs) if record.as_of_date), None)
    if as_of is None:
        raise ConfigurationError("No run has set a date yet: run `rapport run` first.")
    given = [*arguments, "--target", "dev"]
    if "--vars" not in arguments:
        given += ["--vars", json.dumps(dbt.variables(place, as_of))]
    if not dbt.invoke_for_person(place, copy, given):
        raise RapportError("dbt did not succeed: the lines above say where.")
