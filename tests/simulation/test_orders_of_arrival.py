"""Dirt and the order of arrival leave no trace: the marts are those of the clean company."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import run_command
from tests.orchestration.conftest import figures

COMPANY = ("--customers", "250", "--years", "1", "--seed", "11", "--daily-from", "2025-06-21")
HISTORY = "_20250621."
# They tell of deliveries, not of the company: late rows and repeats show in them, as they must.
ABOUT_DELIVERIES = {"dim_channels", "dim_sources", "dim_source_fields"}

Step = Callable[[str], bool]


def is_history(name: str) -> bool:
    return HISTORY in name


def is_odd_day(name: str) -> bool:
    return int(name.split(".")[0][-1]) % 2 == 1 and not is_history(name)


def everything(name: str) -> bool:
    return True


# Each order is a list of steps: which of the deliveries not yet there arrive before a run.
ORDERS: dict[str, list[Step]] = {
    "all at once": [everything],
    "history last": [lambda name: not is_history(name), everything],
    "every other day late": [lambda name: not is_odd_day(name), everything],
}


def simulated(out: Path, *options: str) -> Path:
    assert run_command("simulate", *COMPANY, *options, "--out", out) == 0
    return out


def built(root: Path, landing: Path, secret_of: Path, steps: list[Step]) -> Path:
    """The published file after deliveries arrived step by step, a run after each."""
    assert run_command("init", "--workspace", root) == 0
    shutil.rmtree(root / "config")
    shutil.copytree(secret_of / "config", root / "config")
    for arrives in steps:
        # a model fitted on a part is kept until its refit: equality is claimed for equal models
        shutil.rmtree(root / "models", ignore_errors=True)
        for path in landing.rglob("*.*"):
            target = root / "landing" / path.relative_to(landing)
            if arrives(path.name) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
        # without its history a company may fail a gate; what was loaded stays for the next run
        exit_code = run_command("run", "--workspace", root, "--accept-change")
    assert exit_code == 0
    return Workspace(root).current / DATABASE_FILE


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the clean company, published."""
    folder = tmp_path_factory.mktemp("clean")
    root = folder / "workspace"
    assert run_command("init", "--workspace", folder / "secret") == 0
    built(root, simulated(folder, "--no-dirt") / "landing", folder / "secret", [everything])
    return root


@pytest.fixture(scope="module")
def dirty_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated(tmp_path_factory.mktemp("dirty")) / "landing"


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("order", ORDERS)
def test_marts_equal_those_of_the_clean_company(
    clean: Path, dirty_landing: Path, tmp_path: Path, order: str
) -> None:
    published = built(tmp_path / "workspace", dirty_landing, clean, ORDERS[order])
    expected = figures(Workspace(clean).current / DATABASE_FILE)
    found = figures(published)
    different = [
        name for name in expected if name not in ABOUT_DELIVERIES and expected[name] != found[name]
    ]
    assert different == []
