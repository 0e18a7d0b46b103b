"""What the warehouse finds in simulated companies is what is true of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace
from simulation.scorecard import Line, figures_of, score
from tests.conftest import RunCli


def lines(workspace: Workspace) -> list[Line]:
    """Every line of the scorecard of a workspace."""
    published = workspace.published / "current" / DATABASE_FILE
    return score(workspace.warehouse, published, workspace.root / "truth", figures_of())


def missed(found: list[Line]) -> list[str]:
    """The figures that are missed, with what is true and what was found."""
    return [f"{line.figure}: {line.truth}, {line.warehouse}" for line in found if not line.is_met]


def test_every_figure_of_the_sample_is_met(sample_workspace: Workspace) -> None:
    found = lines(sample_workspace)
    assert len(found) == len(figures_of())
    assert missed(found) == []


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6])
def test_what_people_do_and_why_is_found_in_any_company(
    cli: RunCli, tmp_path: Path, seed: int
) -> None:
    workspace = Workspace(tmp_path / "company")
    assert cli("init", "--workspace", workspace.root).exit_code == 0
    shutil.copyfile(CODE_ROOT / "examples" / "sample" / "rapport.yml", workspace.settings_file)
    company = ("--customers", 250, "--seed", seed, "--out", workspace.root)
    assert cli("simulate", *company).exit_code == 0
    assert cli("run", "--workspace", workspace.root).exit_code == 0
    capabilities = (
        "Contacts", "Behaviour", "Abandonments", "Funnels", "Journeys", "Cohorts", "Subscriptions",
        "Voice", "Market",
    )  # fmt: skip
    found = [line for line in lines(workspace) if line.capability in capabilities]
    assert {line.capability for line in found} == set(capabilities)
    assert missed(found) == []
