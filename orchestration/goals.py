"""What a company wants to reach, and what it has planned: config/goals.yml and config/plan.csv."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.config import describe_errors
from orchestration.edited_files import edited_rows, edited_text, edited_yaml
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace

GOALS, PLAN = "goals.yml", "plan.csv"
PLAN_HINT = "its columns are month, figure, plan, and if wanted unit_id and brand_id"
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
# Without a customer there is no telling who was kept out.
WITHOUT_CUSTOMER = ("acquired", "store_conversion")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Baseline(_Strict):
    """Whole months to compare with."""

    first: Month
    last: Month


class Holdout(_Strict):
    """The share of customers, drawn by a hash of their number, who are kept out for good."""

    share: float = Field(gt=0, le=0.5, allow_inf_nan=False)


class Goal(_Strict):
    """A figure that was to be moved, since when, and what it is held against."""

    name: Name
    description: str
    figure: Literal[
        "satisfaction", "session_conversion", "store_conversion", "gross_revenue", "net_revenue",
        "profit", "average_order_value", "acquired", "retention",
    ]  # fmt: skip
    since: Month
    baseline: Baseline | None = None
    holdout: Holdout | None = None
    smallest_change: float = Field(0.05, gt=0, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _is_sound(self) -> Goal:
        if (self.baseline is None) == (self.holdout is None):
            raise ValueError("give either `baseline` or `holdout`")
        if self.baseline and not self.baseline.first <= self.baseline.last < self.since:
            raise ValueError("a baseline ends after it begins, and before `since`")
        if self.holdout and self.figure in WITHOUT_CUSTOMER:
            raise ValueError(f"{self.figure} knows no customers: give it a `baseline`")
        return self


def goals_of(workspace: Workspace) -> list[dict[str, Any]]:
    """Every goal of a company, by name, as the models take them."""
    path = workspace.declared(GOALS)
    if not path.exists():
        return []
    document = edited_yaml(edited_text(path, str(path)), str(path)) or {}
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"{path} is not valid: name each goal, then its keys.")
    return [_as_variable(_goal(path, str(name), document[name])) for name in sorted(document)]


def _goal(path: Path, name: str, given: Any) -> Goal:
    try:
        return Goal.model_validate({"name": name} | dict(given))
    except (TypeError, ValueError) as error:
        text = describe_errors(error) if isinstance(error, ValidationError) else "give its keys"
        raise ConfigurationError(f"The goal {name} in {path} is not valid: {text}.") from error


def _as_variable(goal: Goal) -> dict[str, Any]:
    given = goal.model_dump(include={"name", "figure", "smallest_change"})
    days = {
        "since": goal.since,
        "baseline_first": goal.baseline.first if goal.baseline else None,
        "baseline_last": goal.baseline.last if goal.baseline else None,
    }
    share = None if goal.holdout is None else f"{round(goal.holdout.share * 16**4):04x}"
    return given | {k: f"{v}-01" if v else None for k, v in days.items()} | {"held_below": share}


def plan_of(workspace: Workspace) -> list[dict[str, str]]:
    """Every planned figure, as the models take them; nothing where there is no plan."""
    path = workspace.declared(PLAN)
    if not path.exists():
        return []
    rows = edited_rows(path, ("month", "figure", "plan"), PLAN_HINT)
    return [_planned(row, f"{path.name}, line {line}") for line, row in rows]


def _planned(row: Mapping[str, str], where: str) -> dict[str, str]:
    try:
        month = dt.date.fromisoformat(f"{row['month'][:7]}-01")
        plan = Decimal(row["plan"])
        texts = {name: row.get(name, "") for name in ("figure", "unit_id", "brand_id")}
        if not plan.is_finite() or any(set(text) & set("'\\") for text in texts.values()):
            raise ValueError(row["plan"])
    except (ValueError, InvalidOperation) as error:
        raise ConfigurationError(
            f"{where} is not valid: give a month as 2026-06, a figure, and a number as plan."
        ) from error
    return texts | {"month": month.isoformat(), "plan": str(plan)}
