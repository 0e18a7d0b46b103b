"""Funnels are declared in a file; a mistake is named in one sentence before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from orchestration import dbt
from orchestration.errors import ConfigurationError
from orchestration.funnels import BREAKDOWNS, FUNNELS, JOURNEYS, funnels_of, journeys_of
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import RunCli

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
