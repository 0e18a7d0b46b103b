"""Funnels are declared in a file; a mistake is named in one sentence before anything runs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestration import dbt
from orchestration.errors import ConfigurationError
from orchestration.funnel_events import PARTS, VOCABULARY, events_of, refuse_unknown
from orchestration.funnels import BREAKDOWNS, FUNNELS, JOURNEYS, funnels_of, journeys_of
from orchestration.history.pins import keep_settings
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import RunCli, query

STEPS = "steps: [{name: a, event: search}, {name: b, event: order}]"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "acme")
    workspace.create()
    workspace.settings_file.write_text("company: Acme\ncurrency: EUR\n", "utf-8")
    return workspace


def declare(workspace: Workspace, text: str) -> None:
    (workspace.config / FUNNELS).write_text(text, "utf-8")


def test_a_company_adds_funnels_and_replaces_one_of_the_same_name(place: Workspace) -> None:
    shipped = [funnel["name"] for funnel in funnels_of(place)]
    declare(
        place,
        f"own: {{description: Own., unit: customer, {STEPS}}}\n"
        f"checkout: {{description: Ours., order: strict, {STEPS}}}\n",
    )
    found = {funnel["name"]: funnel for funnel in funnels_of(place)}
    assert sorted(found) == sorted([*shipped, "own"])
    assert found["own"]["window_days"] == 7
    assert found["checkout"]["order"] == "strict"
    assert [step["name"] for step in found["checkout"]["steps"]] == ["a", "b"]
    assert dbt.variables(place, "2026-01-31")["funnels"] == list(found.values())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "name each funnel, then its keys"),
        ("own: {", "is not valid YAML"),
        (f"Own: {{description: d, {STEPS}}}", "The funnel Own in .*`name`: String should match"),
        (f"own: {{description: d, unit: person, {STEPS}}}", "`unit`: Input should be 'session'"),
        (f"own: {{description: d, stpes: [], {STEPS}}}", "`stpes`: Extra inputs"),
        ("own: {description: d, steps: [{name: a, event: search}]}", "`steps`: .*at least 2"),
        (f"own: {{description: d, window_days: 3, {STEPS}}}", "the window of a session is its own"),
        (f"own: {{description: d, breakdown: age, {STEPS}}}", "`breakdown` is one of channel_id"),
        (
            "own: {description: d, steps: [{name: a, event: search}, {name: a, event: order}]}",
            "a comes again",
        ),
        (
            "own: {description: d, steps: [{name: a, event: search}, {name: b, event: search}]}",
            "the steps a and b are the same event",
        ),
        (
            'own: {description: d, steps: [{name: a, event: search, where: {page: "x\'y"}},'
            " {name: b, event: order}]}",
            "`steps.0.where.page.*should match pattern",
        ),
        (
            "own: {description: d, steps: [{name: a, event: add_to_card},"
            " {name: b, event: order}]}",
            "a session has no event add_to_card, the nearest are add_to_cart, ",
        ),
        (
            "own: {description: d, steps: [{name: a, event: call}, {name: b, event: order}]}",
            "a session has no event call, the nearest are ",
        ),
        (
            "own: {description: d, unit: visit,"
            " steps: [{name: a, event: visit_start, where: {devise: mobile}},"
            " {name: b, event: order}]}",
            "the event visit_start of a visit has no devise, the nearest are ",
        ),
        (
            "own: {description: d, steps: [{name: a, event: search, where: {serch_term: [x]}},"
            " {name: b, event: order}]}",
            "the event search of a session has no serch_term, the nearest are search_term, ",
        ),
        (
            f"own: {{description: d, exclude: {{event: retrun}}, unit: customer, {STEPS}}}",
            "a customer has no event retrun, the nearest are return, ",
        ),
        (
            "own: {description: d, breakdown: store_id, steps: [{name: a, event: session_start},"
            " {name: b, event: order}]}",
            "the event session_start of a session has no store_id",
        ),
    ],
)
def test_a_mistake_is_named(place: Workspace, text: str, sentence: str) -> None:
    declare(place, text)
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        funnels_of(place)
    assert FUNNELS in str(raised.value)


def test_a_run_says_what_is_wrong_with_a_funnel_before_it_loads(
    place: Workspace, cli: RunCli
) -> None:
    declare(place, f"own: {{description: d, breakdown: age, {STEPS}}}")
    outcome = cli("run", "--workspace", place.root)
    assert outcome.exit_code != 0
    assert "The funnel own in" in outcome.err
    assert not place.warehouse.exists()


def test_breakdowns_are_the_columns_of_the_macro() -> None:
    macro = (CODE_ROOT / "dbt_project/macros/funnels/funnel_events.sql").read_text("utf-8")
    listed = macro.split("funnel_columns()")[1].split("]")[0]
    assert tuple(re.findall(r"'(\w+)'", listed)) == BREAKDOWNS


def test_the_funnel_of_the_documentation_is_valid(place: Workspace) -> None:
    text = (CODE_ROOT / "docs/funnels.md").read_text("utf-8")
    declare(place, text.split("```yaml\n")[1].split("```")[0])
    shown = set(yaml.safe_load((place.config / FUNNELS).read_text("utf-8")))
    assert shown <= {funnel["name"] for funnel in funnels_of(place)}


def test_a_journey_has_a_start_and_an_end(place: Workspace) -> None:
    text = "own: {description: d, longest_gap_days: 3, start: {event: call}, end: {event: order}}"
    (place.config / JOURNEYS).write_text(text, "utf-8")
    found = {journey["name"]: journey for journey in journeys_of(place)}
    assert [stage["name"] for stage in found["own"]["stages"]] == ["start", "end"]
    assert "complaint" in found
    (place.config / JOURNEYS).write_text(text.replace("longest_gap_days: 3, ", ""), "utf-8")
    with pytest.raises(ConfigurationError, match=r"The journey own in .*`longest_gap_days`"):
        journeys_of(place)
    (place.config / JOURNEYS).write_text(text.replace("call", "page_view"), "utf-8")
    with pytest.raises(ConfigurationError, match="a journey has no event page_view, the nearest"):
        journeys_of(place)


def test_a_past_mart_has_the_funnels_and_journeys_of_its_run(place: Workspace) -> None:
    declare(place, f"own: {{description: Own., {STEPS}}}")
    keep_settings(place, "then")
    declare(place, f"other: {{description: Other., {STEPS}}}")
    (place.config / JOURNEYS).write_text(
        "late: {description: d, longest_gap_days: 3, start: {event: call}, end: {event: order}}"
    )
    then = replace(place, pinned_settings=place.archive / "settings" / "then.yml")
    assert {"own", "other"} & {funnel["name"] for funnel in funnels_of(then)} == {"own"}
    assert "late" not in {journey["name"] for journey in journeys_of(then)}
    assert "late" in {journey["name"] for journey in journeys_of(place)}


def test_every_event_of_the_data_can_be_named_with_all_that_it_has(
    sample_workspace: Workspace,
) -> None:
    touches = query(
        sample_workspace.warehouse,
        "select distinct interaction_type, visitor_key is not null,"
        " case when json_extract_string(details, keys.key) is not null then keys.key end"
        " from marts.fct_interactions"
        " left join unnest(json_keys(details)) as keys(key) on true",
    )
    for event, is_in_browser, key in touches:
        for unit in ("customer", "journey", *(["session"] if is_in_browser else [])):
            refuse_unknown(unit, str(event), [str(key)] if key else [])


def test_every_event_that_can_be_named_is_brought_by_a_model() -> None:
    models = CODE_ROOT / "dbt_project/models/intermediate/interactions"
    sql = "".join(path.read_text("utf-8") for path in sorted(models.glob("*_interactions.sql")))
    sql += (CODE_ROOT / "dbt_project/macros/funnels/funnel_events.sql").read_text("utf-8")
    contracts = "".join(
        (CODE_ROOT / "data_contracts" / name).read_text("utf-8")
        for name in ("kiosk/events.yml", "loyalty/points.yml", "social/engagements.yml")
    )
    for event in {event for unit in PARTS for event in events_of(unit)}:
        prefix, _, value = event.partition("_")
        is_composed = f"'{prefix}_'" in sql and f"{{value: {value}}}" in contracts
        assert f"'{event}'" in sql or is_composed, event


def test_the_columns_that_can_be_named_are_those_of_the_macro() -> None:
    vocabulary = yaml.safe_load(VOCABULARY.read_text("utf-8"))
    columns = {column for part in vocabulary.values() for column in part["columns"]}
    assert columns == set(BREAKDOWNS)
