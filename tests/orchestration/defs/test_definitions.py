"""The code location: it loads, its graph has no loose ends, and it starts nothing by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from orchestration.contracts import load_contracts
from orchestration.dbt import PROJECT
from orchestration.definitions import JOB_NAME, build_definitions
from orchestration.errors import ConfigurationError
from orchestration.runs.fingerprint import fingerprint, unchanged_since
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import last_run, query
from tests.orchestration.conftest import ORDER_HEADER, deliver, deliver_orders, published_file


@pytest.fixture
def definitions(workspace: Workspace) -> dg.Definitions:
    return build_definitions(workspace)


def serve_folder(workspace: Workspace) -> None:
    """Have shop/orders fetched from a folder elsewhere."""
    (workspace.root.parent / "elsewhere").mkdir()
    path = workspace.config / "servers/shop/orders.yml"
    path.parent.mkdir(parents=True)
    path.write_text("servers: [{server: share, type: local, path: ../elsewhere}]")


def test_a_server_is_an_asset_upstream_of_the_raw_table_it_feeds(workspace: Workspace) -> None:
    serve_folder(workspace)
    graph = build_definitions(workspace).resolve_asset_graph()
    fetched = dg.AssetKey(["landing", "shop_orders__share"])
    assert fetched in graph.materializable_asset_keys
    assert graph.get(fetched).group_name == "shop"
    assert graph.get(dg.AssetKey(["raw", "shop_orders"])).parent_keys == {fetched}


def test_the_code_location_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


@pytest.mark.nightly
def test_the_job_that_dagster_runs_publishes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the UI, a schedule or a sensor starts it: no configuration but the environment."""
    monkeypatch.setenv("RAPPORT_WORKSPACE", str(workspace.root))
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,EUR,10")
    serve_folder(workspace)
    elsewhere = workspace.root.parent / "elsewhere" / "orders_20260702.csv"
    elsewhere.write_text(ORDER_HEADER + "X2,A10000,web,2026-06-30 10:00:00,completed,EUR,10\n")
    result = build_definitions(workspace).resolve_job_def(JOB_NAME).execute_in_process()
    assert result.success
    assert last_run(workspace).status == "published"
    sql = "select count(*) from marts.fct_orders where source_order_id in ('X1', 'X2')"
    assert query(published_file(workspace), sql) == [(2,)]
    assert unchanged_since(workspace, fingerprint(workspace))  # what was fetched counts
    checks = result.get_asset_check_evaluations()
    assert len(checks) > 50
    assert all(check.passed for check in checks)


def test_every_key_that_is_named_is_made_by_something(definitions: dg.Definitions) -> None:
    """A dependency or a check on a key that does not exist is no error: things run too early."""
    graph = definitions.resolve_asset_graph()
    made = graph.materializable_asset_keys
    named = set(graph.get_all_asset_keys())
    named |= {parent for key in made for parent in graph.get(key).parent_keys}
    named |= {check.asset_key for check in graph.asset_check_keys}
    assert named == set(made)


def test_every_contract_and_every_model_is_an_asset_in_the_group_of_its_folder(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    expected = {
        f"raw/{item.table}": item.source for item in load_contracts(CODE_ROOT / "data_contracts")
    }
    for path in (PROJECT / "models").rglob("*.sql"):
        layer, *_, folder = path.relative_to(PROJECT / "models").parent.parts
        expected[f"{layer}/{path.stem}"] = folder
    expected |= {f"staging/{path.stem}": "seeds" for path in (PROJECT / "seeds").glob("*.csv")}
    assert expected.items() <= groups.items()
    extra = {name.split("/")[0] for name in groups.keys() - expected.keys()}
    assert extra == {"identity", "ml", "published", "quality"}


def test_nothing_is_published_before_every_mart_is_built_and_checked(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    before = graph.get_ancestor_asset_keys(dg.AssetKey(["published", "warehouse"]))
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert len(marts) > 10
    assert marts < before
    blocking = [key for key in graph.asset_check_keys if graph.get(key).blocking]
    checked = {key.asset_key.path[0] for key in blocking}
    assert {"raw", "published"} <= checked


def test_the_schedule_and_the_sensor_are_off_until_somebody_switches_them_on(
    definitions: dg.Definitions,
) -> None:
    schedule = definitions.resolve_schedule_def("daily_schedule")
    sensor = definitions.resolve_sensor_def("delivery_sensor")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * *", "UTC")


def test_a_schedule_that_is_none_is_told(workspace: Workspace) -> None:
    settings = workspace.root / "rapport.yml"
    settings.write_text(settings.read_text("utf-8") + '\nschedule: {cron: "0 25 * * *"}\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r"`0 25 \* \* \*`, which is no cron"):
        build_definitions(Workspace(workspace.root))


def test_the_schedule_skips_when_nothing_has_changed(workspace: Workspace) -> None:
    schedule = build_definitions(workspace).resolve_schedule_def("daily_schedule")
    moment = dt.datetime(2026, 7, 2, 5, tzinfo=dt.UTC)
    context = dg.build_schedule_context(scheduled_execution_time=moment)
    quiet = schedule(context)
    assert isinstance(quiet, dg.SkipReason)
    assert "Nothing has changed" in str(quiet.skip_message)
    deliver(workspace, "shop/orders/new.csv", "order_id\n")
    assert isinstance(schedule(context), dg.RunRequest)


def test_the_sensor_asks_for_a_run_once_landing_was_quiet_for_a_round(
    workspace: Workspace,
) -> None:
    sensor = build_definitions(workspace).resolve_sensor_def("delivery_sensor")
    cursor: str | None = None

    def look() -> int:
        nonlocal cursor
        result = sensor(dg.build_sensor_context(cursor=cursor))
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor or cursor
        return len(result.run_requests or [])

    assert [look(), look(), look()] == [0, 1, 0]
    path = deliver(workspace, "shop/orders/growing.csv", "order_id\n")
    assert look() == 0
    _append(path, "o1\n")
    assert look() == 0
    assert [look(), look()] == [1, 0]


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
