"""`rapport run`: the daily job, with its progress and its table."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    console,
    errors,
    harmless,
    print_json,
)
from orchestration.declared import declared_by
from orchestration.disk import disk_errors, told
from orchestration.errors import ConfigurationError, HeldForReviewError, RapportError, StoppedError
from orchestration.publishing.versions import current_version
from orchestration.runs.fingerprint import fingerprint, unchanged_since
from orchestration.runs.record import (
    GOOD,
    HELD,
    PUBLISHED,
    RUNNING,
    UNCHANGED,
    RunRecord,
    read_record,
)
from orchestration.workspace import DATABASE_FILE, Workspace

if TYPE_CHECKING:
    from orchestration.fetching.fetch import FetchResult

MESSAGES_SHOWN = 20
# What the steps print goes to the terminal; Dagster would start four processes to copy it.
NOT_CAPTURED = {
    "module": "dagster._core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}


def run(
    workspace: WorkspaceOption = None,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Build, in a scratch warehouse, what was known at the end of this date.",
        ),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish a build made with --as-of.")
    ] = False,
    accept_change: Annotated[
        bool,
        typer.Option("--accept-change", help="Publish although headline figures have jumped."),
    ] = False,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Load what arrived, build and gate every mart, publish.

    Nothing new since the last published run: recorded as unchanged, exit code 0.

    Examples
    --------
        rapport run

        rapport run --accept-change --wait 600

        rapport run --as-of 2026-03-31
    """
    place = Workspace.locate(workspace)
    day = as_of.date() if as_of else None
    if publish and day is None:
        raise ConfigurationError("--publish goes with --as-of: a plain run publishes by itself.")
    fetched = _fetch(place, wait, quiet=as_json) if day is None else []
    is_fetched = not any(result.error for result in fetched)
    if day is None and is_fetched and (before := unchanged_since(place, fingerprint(place))):
        with disk_errors(place.root):
            _report_unchanged(place, before, as_json)
        return
    options = {
        "publish": day is None or publish,
        "accept_change": accept_change,
        "wait_seconds": float(wait),
        "fetch": False,  # it has just been done
    } | ({"as_of": day.isoformat()} if day else {})
    report(place, execute(place, options, quiet=as_json, show_trace=debug), as_json)


def _fetch(place: Workspace, wait: float, quiet: bool) -> list[FetchResult]:
    """Fetch what is new; where nothing is configured to be fetched, nothing is imported."""
    from orchestration.fetching.quick import may_fetch

    if not may_fetch(place):
        return []
    from orchestration.cli.fetch import fetch_with_progress, print_results

    place.settings  # noqa: B018 - a fault in rapport.yml is told before anything is fetched
    results = fetch_with_progress(place, (), wait, quiet)
    if results and not quiet:
        print_results(results)
    return results


def report(place: Workspace, record: RunRecord, as_json: bool) -> None:
    """Show how a run ended; raise where it failed or is held."""
    if as_json:
        print_json(asdict(record))
    else:
        _print_tables(place, record)
    if record.status not in GOOD:
        message = record.error or "The run failed."
        raise HeldForReviewError(message) if record.status == HELD else RapportError(message)


def _report_unchanged(place: Workspace, before: RunRecord, as_json: bool) -> None:
    record = RunRecord.begin()
    record.as_of_date, record.fingerprint = before.as_of_date, before.fingerprint
    record.published = before.published
    record.finish(UNCHANGED, place.runs)
    if as_json:
        print_json(asdict(record))
    else:
        console.print(f"Nothing has changed since run {before.run_id}.")
        console.print(f"Published stays {current_version(place.published)}.")


def execute(place: Workspace, options: dict[str, Any], quiet: bool, show_trace: bool) -> RunRecord:
    """Execute the Dagster job in this process; returns the record that the run wrote."""
    place.settings  # noqa: B018 - a fault in rapport.yml is told before anything heavy is imported
    _refuse_wrong_overrides(place)
    declared_by(place)  # a fault in what is declared, too
    with disk_errors(place.root):
        place.create()
    run_id = RunRecord.begin().run_id
    session = options | {"workspace": str(place.root), "run_id": run_id}
    record_file = place.runs / run_id / "run.json"
    try:
        with progress(quiet):
            _run_job(place, session)
    except BaseException as error:
        if not isinstance(error, Exception):  # Ctrl-C, as Python or Dagster tells it
            raise StoppedError("Stopped: `rapport status` says what is published.") from error
        # a run that closed its record tells there what failed; `--debug` wants the trace
        if not _is_closed(record_file) or show_trace:
            if sentence := told(error, place.root):
                raise RapportError(sentence) from error
            raise _own_error(error) from error
    return read_record(record_file)


def _refuse_wrong_overrides(place: Workspace) -> None:
    """A wrong decision is told before anything is loaded."""
    from orchestration.identity.overrides import OVERRIDES_FILE, read_overrides

    read_overrides(place.config / OVERRIDES_FILE)


def _is_closed(record_file: Path) -> bool:
    return record_file.exists() and read_record(record_file).status != RUNNING


def _run_job(place: Workspace, session: dict[str, Any]) -> None:
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

    from orchestration.definitions import JOB_NAME, build_definitions

    config = {
        "resources": {"session": {"config": session}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    os.environ["DAGSTER_HOME"] = str(place.dagster_home)  # dagster.yaml there refers to it
    home = InstanceRef.from_dir(str(place.dagster_home), overrides={"compute_logs": NOT_CAPTURED})
    with dg.DagsterInstance.from_ref(home) as instance:
        build_definitions(place).resolve_job_def(JOB_NAME).execute_in_process(
            run_config=config, instance=instance
        )


def _own_error(error: BaseException) -> BaseException:
    """The error of ours that Dagster wrapped, if there is one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RapportError):
            return cause
        cause = cause.__cause__
    return error


@contextmanager
def progress(quiet: bool) -> Iterator[None]:
    """Show the step at work: a spinner for a person, a line a step for a log."""
    from orchestration.runs.session import LISTENER

    if quiet:
        yield
        return
    with console.status("Starting ...") as status:

        def listen(step: str, message: str) -> None:
            status.update(Text(harmless(f"{step} ... {message}")))
            if not sys.stdout.isatty() and not message:
                console.print(f"{step} ...")

        token = LISTENER.set(listen)
        try:
            yield
        finally:
            LISTENER.reset(token)


def _print_tables(place: Workspace, record: RunRecord) -> None:
    print_steps(record)
    print_gates(record)
    for message in record.messages[:MESSAGES_SHOWN]:
        console.print("[yellow]![/yellow]", escape(message))
    if (more := len(record.messages) - MESSAGES_SHOWN) > 0:
        console.print(f"  and {more} more: `messages` of {record.folder(place.runs) / 'run.json'}")
    if record.status not in GOOD:
        errors.print(f"\nThe run {record.status}; the last published version is untouched.")
        return
    console.print(f"\n[green]{record.status.capitalize()}[/green] as of {record.as_of_date}.")
    console.print("Query it:")
    is_published = record.status == PUBLISHED
    if is_published:
        command = f'{_sql_command(place)} "select * from marts.customer_360 limit 5"'
        console.print(f"  {command}", markup=False, soft_wrap=True)
    file = (place.current if is_published else Path(str(record.published))) / DATABASE_FILE
    console.print(f"  any DuckDB client, read-only: {file}", markup=False, soft_wrap=True)


def _sql_command(place: Workspace) -> str:
    """The command as this person can type it again, from the same folder."""
    program = sys.argv[0] if os.sep in sys.argv[0] else "rapport"
    option = (
        "" if place.root == Workspace.locate().root else f" --workspace {quote(str(place.root))}"
    )
    return f"{quote(program)} sql{option}"


def print_steps(record: RunRecord) -> None:
    """The steps of a run with their time and rows."""
    table = Table(title=f"Run {record.run_id}", title_justify="left")
    table.add_column("Step")
    table.add_column("Status")
    table.add_column("Seconds", justify="right")
    table.add_column("Rows", justify="right")
    for step in record.steps:
        rows = "" if step.rows is None else f"{step.rows:,}"
        table.add_row(step.name, step.status, f"{step.seconds:.2f}", rows)
    console.print(table)


def print_gates(record: RunRecord) -> None:
    """The verdict of each gate, with what it found."""
    table = Table(title="Gates", title_justify="left")
    table.add_column("Gate")
    table.add_column("Verdict")
    for name in ("Passed", "Warned", "Failed"):
        table.add_column(name, justify="right")
    for gate in record.gates:
        table.add_row(gate.name, gate.verdict, str(gate.passed), str(gate.warned), str(gate.failed))
    console.print(table)
    for gate in record.gates:
        for message in gate.messages[:MESSAGES_SHOWN]:
            console.print(f"  {gate.name}: {message}", markup=False)
        if (more := len(gate.messages) - MESSAGES_SHOWN) > 0:
            console.print(f"  {gate.name}: and {more} more", markup=False)
