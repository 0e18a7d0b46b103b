"""Goals and plans are read from files that people write."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.errors import ConfigurationError
from orchestration.goals import GOALS, PLAN, goals_of, plan_of
from orchestration.history.pins import keep_settings
from orchestration.workspace import Workspace

GOAL = """
shop:
  description: More sessions end in an order.
  figure: session_conversion
  since: 2026-01
"""


def place_with(tmp_path: Path, name: str, text: str) -> Workspace:
    place = Workspace(tmp_path)
    place.config.mkdir(parents=True, exist_ok=True)
    (place.config / name).write_text(text, "utf-8")
    return place


def test_a_company_may_have_neither(tmp_path: Path) -> None:
    assert goals_of(Workspace(tmp_path)) == []
    assert plan_of(Workspace(tmp_path)) == []


def test_a_goal_is_held_against_earlier_months(tmp_path: Path) -> None:
    text = GOAL + "  baseline: {first: 2025-01, last: 2025-06}\n"
    [goal] = goals_of(place_with(tmp_path, GOALS, text))
    assert goal == {
        "name": "shop",
        "figure": "session_conversion",
        "since": "2026-01-01",
        "baseline_first": "2025-01-01",
        "baseline_last": "2025-06-01",
        "held_below": None,
        "smallest_change": 0.05,
    }


def test_a_tenth_held_out_is_the_lowest_tenth_of_hashes(tmp_path: Path) -> None:
    [goal] = goals_of(place_with(tmp_path, GOALS, GOAL + "  holdout: {share: 0.1}\n"))
    assert goal["held_below"] == "199a"  # 6554 of 65536


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOAL, "either `baseline` or `holdout`"),
        (GOAL + "  baseline: {first: 2025-07, last: 2026-01}\n", "before `since`"),
        (GOAL.replace("session_conversion", "acquired") + "  holdout: {share: 0.1}\n", "acquired"),
        (GOAL.replace("session_conversion", "hapiness") + "  holdout: {share: 0.1}\n", "figure"),
        (GOAL + "  holdout: {share: 0.9}\n", "share"),
        (GOAL + "  holdout: {share: 0.1}\n  until: 2026-06\n", "until"),
        ("shop: 3\n", "give its keys"),
        ("- shop\n", "name each goal"),
    ],
)
def test_a_wrong_goal_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        goals_of(place_with(tmp_path, GOALS, text))


def test_a_plan_is_a_table(tmp_path: Path) -> None:
    text = "month;figure;unit_id;plan\n2026-06;net_revenue;S001;1000.50\n"
    assert plan_of(place_with(tmp_path, PLAN, text)) == [
        {
            "figure": "net_revenue",
            "unit_id": "S001",
            "brand_id": "",
            "month": "2026-06-01",
            "plan": "1000.50",
        }
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("month,figure\n2026-06,net_revenue\n", "no column plan"),
        ("month,figure,plan\n2026-06,net_revenue,much\n", "line 2"),
        ("month,figure,plan\nJune,net_revenue,3\n", "line 2"),
        ("month,figure,plan\n2026-06,it's,3\n", "line 2"),
    ],
)
def test_a_wrong_plan_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        plan_of(place_with(tmp_path, PLAN, text))


def test_a_past_mart_has_the_goals_and_the_plan_of_its_run(tmp_path: Path) -> None:
    place = place_with(tmp_path, GOALS, GOAL + "  holdout: {share: 0.1}\n")
    place.create()
    place.settings_file.write_text("company: Test\ncurrency: EUR\n", "utf-8")
    keep_settings(place, "then")
    place_with(tmp_path, GOALS, "")
    place_with(tmp_path, PLAN, "month,figure,plan\n2026-06,net_revenue,10\n")
    then = replace(place, pinned_settings=place.archive / "settings" / "then.yml")
    assert (len(goals_of(then)), plan_of(then)) == (1, [])
    assert (len(goals_of(place)), len(plan_of(place))) == (0, 1)
