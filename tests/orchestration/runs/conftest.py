"""A company with a published version and new deliveries, for runs that come to grief."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.runs.record import RUNNING, UNCHANGED, records
from orchestration.workspace import Workspace
from tests.orchestration.conftest import deliver, deliver_orders, published_version
from tests.orchestration.runs.killing import (
    Driver,
    Ended,
    State,
    differences,
    driving,
    leftovers,
    restore,
    rows_add_up,
    seen_by_readers,
    state,
)

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Yesterday:
    """The company, and what a run that nobody disturbs makes of its new deliveries."""

    saved: Path
    workspace: Workspace
    driver: Driver
    undisturbed: Ended
    before: tuple[str, dict[str, object]]
    expected: State

    def restore(self) -> Workspace:
        """The company as it was before the run."""
        restore(self.saved, self.workspace)
        return self.workspace

    @property
    def watched(self) -> dict[str, str]:
        """What the driver needs to know to count changes."""
        return {"root": str(self.workspace.root)}

    def prove_readable(self) -> None:
        """Readers have a version, whole: the one before or the new one."""
        version, found = seen_by_readers(self.workspace)
        if version == self.before[0]:
            assert found == self.before[1]
        else:
            assert found == self.expected["published"]["warehouse.duckdb"]

    def prove_equal(self, about: str) -> None:
        """The next plain run succeeds and ends where the undisturbed one did."""
        ended = self.driver.run(self.workspace)
        assert ended.code == 0, f"{about}: {ended.words}"
        assert not differences(self.expected, state(self.workspace)), about
        assert not leftovers(self.workspace), about
        assert rows_add_up(self.workspace), about
        assert [r.run_id for r in records(self.workspace.runs) if r.status == RUNNING] == [], about
        # killed after its end, a run leaves the next one nothing to do
        worked = [r.run_id for r in records(self.workspace.runs) if r.status != UNCHANGED]
        assert worked[0] == published_version(self.workspace), about


@pytest.fixture(scope="module")
def yesterday(
    sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yesterday]:
    """Built once for a file of tests, which take turns with it."""
    workspace = Workspace(tmp_path_factory.mktemp("yesterday") / "workspace")
    restore(sample_workspace.root, workspace)
    orders = [f"X{n},A1000{n % 10},web,2026-06-30 10:00:00,completed,EUR,{n}" for n in range(40)]
    deliver_orders(workspace, *orders, "X99,A10001,web,never,completed,EUR,10")
    deliver(workspace, "context/weather/broken_20260701.csv", "nothing,of,this\n1,2,3\n")
    first = min((workspace.landing / "shop/orders").glob("orders_*"))
    shutil.copyfile(first, first.with_name(f"again_{first.name}"))
    with undisturbed(workspace) as company:
        yield company


@contextmanager
def undisturbed(workspace: Workspace) -> Iterator[Yesterday]:
    """What becomes of a company with new deliveries in a run that nobody disturbs."""
    saved = workspace.root.with_name("saved")
    workspace.root.rename(saved)
    restore(saved, workspace)
    before = seen_by_readers(workspace)
    with driving() as driver:
        ended = driver.run(workspace, here=True)
        assert ended.code == 0, ended.words
        expected = state(workspace)
        assert published_version(workspace) != before[0]
        yield Yesterday(saved, workspace, driver, ended, before, expected)
        LOG.info("%s kills, %.0f CPU seconds", driver.kills, driver.cpu)
