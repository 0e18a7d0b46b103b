"""What the models of web and sessions cost: in full, for one day, and beside one script.

    python -m benchmarks.behaviour workspace 1000000

multiplies the web events of a built workspace to so many, in a copy of it, each with a visitor of
its own. Each line: CPU seconds, seconds and peak memory of a process of its own. `behaviour.sql` is
the script; it has to find the same sessions, views, clicks and attention as the models.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.measured import Cost, in_process
from orchestration import dbt
from orchestration.sql import connect
from orchestration.workspace import Workspace

SCRIPT = Path(__file__).with_name("behaviour.sql")
NOTHING = ("stg_quality__sources",)
MODELS = (
    "int_web_events_sessionised", "int_web_page_views_measured", "int_web_clicks_judged",
    "int_web_sessions_totalled", "int_web_entrances_grouped", "int_web_sessions_judged",
    "fct_web_sessions", "fct_page_views", "metrics_daily_pages", "metrics_daily_searches",
    "metrics_daily_form_fields",
)  # fmt: skip
GRIDS = ("int_page_layers_counted",)
FOUND = """
    count(*), sum(view_count), sum(click_count), sum({}), sum(coalesce(dead_click_count, 0)),
    sum(coalesce(quick_back_count, 0))
"""


def multiply(root: Path, events: int) -> int:
    """The web events of the workspace, as often as it takes, in the order of their time."""
    with closing(_open(Workspace(root), Workspace(root).warehouse)) as connection:
        [(own,)] = connection.execute("select count(*) from raw.web_events").fetchall()
        connection.execute(
            "create or replace table raw.web_events as select events.* replace ("
            " event_id || '-' || number as event_id, visitor_id || '-' || number as visitor_id)"
            " from raw.web_events as events, range(?) as numbers (number) order by event_at",
            [-(-events // own)],
        )
        return int(own * -(-events // own))


def touch_a_day(root: Path) -> int:
    """Have the day with the median number of events made anew alone; returns its ordinal."""
    with closing(_open(Workspace(root), Workspace(root).warehouse)) as connection:
        [(day,)] = connection.execute(
            "select day from (select event_at::date as day, count(*) as events"
            " from raw.web_events group by day) order by events, day"
            " offset (select count(distinct event_at::date) // 2 from raw.web_events) limit 1"
        ).fetchall()
        connection.execute("delete from quality.touched_dates")
        connection.execute(
            "insert into quality.touched_dates by name"
            " select 'web/events' as contract, ?::date as business_date",
            [day],
        )
        return dt.date.fromisoformat(str(day)).toordinal()


def build(root: Path, as_of_date: str, models: tuple[str, ...], is_full: bool) -> int:
    """The models by dbt, in full or the touched dates alone."""
    workspace = Workspace(root)
    selection = ["--select", *models, *(["--full-refresh"] if is_full else [])]
    variables = dbt.variables(workspace, as_of_date)
    results = dbt.build(workspace, workspace.warehouse, selection, variables, with_tests=False)
    for result in results:
        if not result.is_good:
            raise SystemExit(f"{result.name}: {result.message}")
    return len(results)


def run_script(root: Path) -> int:
    """The script over the same staged events, with the workspace's own resources."""
    workspace = Workspace(root)
    with closing(_open(workspace, workspace.warehouse)) as connection:
        connection.execute("create schema script; set schema = 'script'")
        connection.execute(
            "create view events as"
            " select * rename (web_customer_id as customer_id) from staging.stg_web__events"
        )
        connection.execute(SCRIPT.read_text("utf-8"))
    return 1


def found(root: Path) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """What the models and the script say of the same sessions."""
    with closing(_open(Workspace(root), Workspace(root).warehouse)) as connection:
        # the script knows no estimates: on days without a ping it finds no attention
        by_pings = FOUND.format("case when not is_estimated then engaged_seconds end")
        [by_models] = connection.execute(
            f"select {by_pings} from marts.fct_web_sessions"
        ).fetchall()
        [by_script] = connection.execute(
            f"select {FOUND.format('engaged_seconds')} from script.sessions"
        ).fetchall()
        return by_models, by_script


def _open(workspace: Workspace, path: Path) -> duckdb.DuckDBPyConnection:
    connection = connect(path, workspace.settings.resources, workspace.temporary)
    connection.execute("set enable_progress_bar = false")
    return connection


def _line(name: str, cost: Cost) -> str:
    return (
        f"| {name} | {cost.cpu_seconds:.1f} | {cost.wall_seconds:.1f} | {cost.peak_megabytes:.0f} |"
    )


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def measure(built: Path, events: int) -> None:
    """Print the cost of each part, in a copy of a built workspace."""
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        root = Path(folder) / "workspace"
        shutil.copytree(built, root, symlinks=True, ignore=shutil.ignore_patterns("archive"))
        with duckdb.connect(str(Workspace(root).warehouse), read_only=True) as connection:
            [(as_of,)] = connection.execute(
                "select max(event_at)::date::varchar from raw.web_events"
            ).fetchall()
        # in processes of their own: a child begins with the peak memory of its parent
        rows = in_process(multiply, root, events).rows
        _say(f"{rows:,} events", "| part | CPU s | s | MB |", "|---|---|---|---|")
        in_process(build, root, as_of, (*NOTHING, "stg_web__events"), True)
        _say(_line("dbt alone", in_process(build, root, as_of, NOTHING, True)))
        _say(_line("script", in_process(run_script, root)))
        _say(_line("models in full", in_process(build, root, as_of, MODELS, True)))
        _say(_line("grids in full", in_process(build, root, as_of, GRIDS, True)))
        day = dt.date.fromordinal(in_process(touch_a_day, root).rows)
        _say(_line(f"models, {day}", in_process(build, root, as_of, MODELS, False)))
        _say(_line(f"grids, {day}", in_process(build, root, as_of, GRIDS, False)))
        _say(*map(str, found(root)))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("workspace", type=Path, help="a built workspace; it is copied")
    parser.add_argument("events", type=int, help="web events, at least")
    given = parser.parse_args()
    measure(given.workspace, given.events)


if __name__ == "__main__":
    main()
