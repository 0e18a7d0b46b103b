"""The resource that makes a Dagster run a Rapport run: workspace, lock, record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.errors import ConfigurationError
from orchestration.runs.session import RunOptions, RunSession, run_session
from orchestration.workspace import Workspace

SESSION = "session"


@dg.resource(
    config_schema={
        "workspace": dg.Field(str, is_required=False, description="Folder of the workspace"),
        "run_id": dg.Field(str, is_required=False, description="Given by the command line"),
        "as_of": dg.Field(str, is_required=False, description="Build as it was known on a date"),
        "publish": dg.Field(bool, default_value=True),
        "accept_change": dg.Field(bool, default_value=False),
        "rebuild": dg.Field(bool, default_value=False, description="Load everything anew"),
        "fetch": dg.Field(bool, default_value=True, description="Fetch from servers first"),
        "wait_seconds": dg.Field(dg.Noneable(float), default_value=None),
    }
)
def session_resource(context: dg.InitResourceContext) -> Iterator[RunSession]:
    """Hold the workspace for the length of one run."""
    config = context.resource_config
    options = RunOptions(
        as_of=_date(config.get("as_of")),
        publish=config["publish"],
        accept_change=config["accept_change"],
        wait_seconds=config["wait_seconds"] or 0,
        rebuild=config["rebuild"],
        fetch=config["fetch"],
    )
    folder = config.get("workspace")
    workspace = Workspace.locate(Path(folder) if folder else None)
    with run_session(workspace, options, config.get("run_id")) as session:
        yield session


def session_of(context: object) -> RunSession:
    """The run session of an op or check context."""
    session: RunSession = context.resources.session  # type: ignore[attr-defined]
    return session


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigurationError(f"`as_of` is `{text}`, it must be YYYY-MM-DD.") from error
