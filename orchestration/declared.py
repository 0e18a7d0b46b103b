"""What a company declares in files of `config/`: the variables that its models are built by."""

from __future__ import annotations

from typing import Any

from orchestration.brand_values import BRAND_VALUES, brand_values_of
from orchestration.funnels import FUNNELS, JOURNEYS, funnels_of, journeys_of
from orchestration.goals import GOALS, PLAN, goals_of, plan_of
from orchestration.workspace import Workspace

# Kept with the settings of a run, so that a past mart is built by what was declared then.
FILES = (FUNNELS, JOURNEYS, BRAND_VALUES, GOALS, PLAN)


def declared_by(workspace: Workspace) -> dict[str, Any]:
    """The variables of all files; raises ConfigurationError at the first fault in one of them."""
    return {
        "funnels": funnels_of(workspace),
        "journeys": journeys_of(workspace),
        "brand_values": brand_values_of(workspace),
        "goals": goals_of(workspace),
        "plan": plan_of(workspace),
    }
