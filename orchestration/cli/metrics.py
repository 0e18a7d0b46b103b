"""`rapport metrics`: the published figures by name, through MetricFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import DebugOption, WorkspaceOption, console
from orchestration.dbt import SEMANTIC_MANIFEST
from orchestration.errors import ConfigurationError
from orchestration.publishing.semantics import FOLDER, metricflow_environment, write_semantics
from orchestration.workspace import Workspace


def metrics(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    private: Annotated[
        bool, typer.Option("--dev", help="Ask the private copy of `rapport dev` instead.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Ask the published version for metrics by name; what follows the options goes to MetricFlow.

    Examples
    --------
        rapport metrics list metrics

        rapport metrics query --metrics net_revenue,orders --group-by metric_time__month

        rapport metrics query --metrics net_revenue --group-by order__channel --explain

        rapport metrics --dev query --metrics my_new_metric

        rapport metrics -- query --help
    """
    place = Workspace.locate(workspace)
    place.settings  # noqa: B018 - tells where there is no workspace
    version = _private_version(place) if private else _published_version(place)
    if context.args:
        _run_metricflow(version, place.dbt / "logs", context.args)
    else:
        console.print(
            "Give a command of MetricFlow, for example: rapport metrics list metrics\n"
            f'Without Rapport: cd "{version / FOLDER}" && mf list metrics',
            markup=False,
            soft_wrap=True,
        )


def _published_version(place: Workspace) -> Path:
    if not place.current.exists():
        raise ConfigurationError("Nothing is published yet: run `rapport run` first.")
    version = place.current.resolve()
    if not (version / FOLDER).exists():
        raise ConfigurationError(
            "The published version was made before there were metrics: run `rapport run` again."
        )
    return version


def _private_version(place: Workspace) -> Path:
    """The private copy, with the metrics as dbt last read them for it."""
    if not (place.dev / "target" / SEMANTIC_MANIFEST).exists():
        raise ConfigurationError(
            "The private copy knows no metrics yet: run `rapport dev parse` first."
        )
    write_semantics(place.dev / "target", place.dev)
    return place.dev


def _run_metricflow(version: Path, logs: Path, arguments: Sequence[str]) -> None:
    import click
    from dbt_metricflow.cli.main import cli

    # A group of our own, because MetricFlow's asks the package index for a newer release first.
    group = click.Group("metrics", commands=cli.commands)
    with metricflow_environment(version, logs):
        group.main(args=list(arguments), prog_name="rapport metrics", standalone_mode=True)
