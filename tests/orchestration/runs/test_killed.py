"""Runs and rebuilds that are killed with SIGKILL: the next one ends as if nothing had happened.

A full run costs some ten CPU seconds even for a small company, so that every test kills several
before it compares; `make nightly` kills at every step, around publishing and at 50 random moments,
and compares after each.
"""

from __future__ import annotations

import logging
import random
import shutil
from typing import Any

import pytest

from orchestration.runs.record import FAILED, PUBLISHED, RunRecord, records
from orchestration.workspace import Workspace
from tests.conftest import last_run, query
from tests.orchestration.conftest import deliver
from tests.orchestration.runs.conftest import Yesterday
from tests.orchestration.runs.killing import (
    State,
    differences,
    leftovers,
    restore,
    rows_add_up,
    seen_by_readers,
    state,
)

LOG = logging.getLogger(__name__)
SEED = 20261123
NIGHTLY_KILLS, DAILY_KILLS, REBUILDS_KILLED = 50, 5, 4
BUILDING = ("Stage", "Transform", "Combine")


def changes(yesterday: Yesterday) -> list[str]:
    """Every change that an undisturbed run makes in the workspace, in its order."""
    ended = yesterday.driver.run(yesterday.restore(), moment=None, **yesterday.watched)
    assert ended.code == 0, ended.words
    return ended.log


def random_shares(count: int) -> list[float]:
    """Shares of the CPU seconds of a run, seeded."""
    draw = random.Random(SEED)
    # two runs of the same work differ by some of their CPU time
    return [draw.uniform(0.0, 0.9) for _ in range(count)]


def share_left(yesterday: Yesterday, whole: RunRecord) -> float:
    """Of a whole run, what the next one has to do: it leaves out what killed ones have built."""
    seconds = {step.name: step.seconds for step in whole.steps}
    killed = [r for r in records(yesterday.workspace.runs) if r.run_id > yesterday.before[0]]
    built = [name for name in BUILDING if any(record.has_done(name) for record in killed)]
    return 1 - sum(seconds[name] for name in built) / sum(seconds.values())


@pytest.mark.timeout(900)
def test_runs_killed_one_after_the_other_leave_nothing_that_the_next_cannot_mend(
    yesterday: Yesterday,
) -> None:
    workspace = yesterday.restore()
    length, whole = yesterday.driver.run(workspace).cpu, last_run(workspace)
    yesterday.restore()
    moments: list[float] = []
    # the early ones first, since a late one leaves little to do
    for share in sorted(random_shares(DAILY_KILLS)):
        moments.append(round(share * length * share_left(yesterday, whole), 2))
        if not yesterday.driver.run(workspace, cpu=moments[-1]).is_killed:
            yesterday.restore()  # it had less to do than could be told
            assert yesterday.driver.run(workspace, cpu=moments[-1]).is_killed
        yesterday.prove_readable()
    yesterday.prove_equal(f"killed after {moments} CPU seconds")
    ended = [record.status for record in records(workspace.runs)]
    assert ended[0] == PUBLISHED
    assert set(ended[1:-1]) <= {FAILED, PUBLISHED}


@pytest.mark.nightly
@pytest.mark.timeout(7200)
def test_a_run_killed_at_any_random_moment_is_made_good_by_the_next(yesterday: Yesterday) -> None:
    length = yesterday.driver.run(yesterday.restore()).cpu
    for number, share in enumerate(random_shares(NIGHTLY_KILLS)):
        workspace, moment = yesterday.restore(), round(share * length, 2)
        about = f"kill {number} after {moment} CPU seconds"
        if not yesterday.driver.run(workspace, cpu=moment).is_killed:
            about += ", ended before"
        LOG.info("%s, in %s", about, [step.name for step in last_run(workspace).steps[-1:]])
        yesterday.prove_readable()
        yesterday.prove_equal(about)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_run_killed_at_the_beginning_of_any_step_is_made_good_by_the_next(
    yesterday: Yesterday,
) -> None:
    steps = yesterday.driver.run(yesterday.restore(), step=99).log
    assert len(steps) > 10
    for number, step in enumerate(steps):
        workspace = yesterday.restore()
        assert yesterday.driver.run(workspace, step=number).is_killed
        LOG.info("killed at the beginning of %s", step)
        yesterday.prove_readable()
        yesterday.prove_equal(f"killed at the beginning of {step}")


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_run_killed_anywhere_between_sealing_and_its_record_is_made_good_by_the_next(
    yesterday: Yesterday,
) -> None:
    moments = changes(yesterday)
    first = next(n for n, what in enumerate(moments) if what.startswith("os.rename published/"))
    assert any("os.symlink published/.current" in what for what in moments[first:])
    for number in range(first, len(moments)):
        workspace = yesterday.restore()
        killed = yesterday.driver.run(workspace, moment=number, **yesterday.watched)
        assert killed.is_killed
        LOG.info("killed before %s", moments[number])
        yesterday.prove_readable()
        yesterday.prove_equal(f"killed before {moments[number]}")


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_a_delivery_that_breaks_the_raw_gate_is_withdrawn_though_its_run_was_killed_before(
    yesterday: Yesterday,
) -> None:
    workspace = yesterday.restore()
    [(known,)] = query(workspace.warehouse, "select min(receipt_id) from staging.stg_pos__receipts")
    repeated = f"receipt_id,sold_at\n{known},2026-06-30 10:00:00\n"
    deliver(workspace, "pos/receipts/again_20260701.csv", repeated)
    assert yesterday.driver.run(workspace, step=2).is_killed
    ended = yesterday.driver.run(workspace)
    assert (ended.code, "did not pass its gate" in ended.words) == (1, True)
    yesterday.prove_readable()
    assert yesterday.driver.run(workspace).code == 0
    assert query(
        workspace.warehouse,
        "select status, reason_code from quality.deliveries where contract = 'pos/receipts'"
        " and contains(file_name, 'again_')",
    ) == [("quarantined", "raw_gate")]
    assert rows_add_up(workspace)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_rebuild_that_was_killed_leaves_the_old_file_and_can_be_repeated(
    yesterday: Yesterday,
) -> None:
    """At random moments, and before everything that it changes after the gates."""
    workspace = yesterday.restore()
    assert yesterday.driver.run(workspace).code == 0
    built = yesterday.saved.with_name("built")
    shutil.copytree(workspace.root, built, symlinks=True)
    whole = yesterday.driver.rapport(
        "rebuild", workspace, "--json", moment=None, **yesterday.watched
    )
    assert whole.code == 0, whole.words
    expected = rebuilt_state(workspace)
    last = next(n for n, what in enumerate(whole.log) if "os.symlink published/.current" in what)
    draw = random.Random(SEED)
    hows: list[dict[str, float | int | str]] = [
        {"cpu": round(draw.uniform(0.0, whole.cpu), 2)} for _ in range(REBUILDS_KILLED)
    ]
    hows += [{"moment": n} | yesterday.watched for n in range(last - 1, len(whole.log))]
    for number, how in enumerate(hows):
        command = ("rebuild", "run")[number % 2]
        restore(built, workspace)
        yesterday.driver.rapport("rebuild", workspace, "--json", **how)
        seen = rebuilt_tables(seen_by_readers(workspace)[1])
        assert seen == expected["published"]["warehouse.duckdb"], how
        ended = yesterday.driver.rapport(command, workspace, "--json")
        assert ended.code == 0, (how, ended.words)
        assert not differences(expected, rebuilt_state(workspace)), (how, command)
        assert not leftovers(workspace), how
        assert rows_add_up(workspace), how
        LOG.info("rebuild killed at %s, then %s", how, command)


def rebuilt_state(workspace: Workspace) -> State:
    """Without what only landing/ tells."""
    found = state(workspace)
    published = {name: rebuilt_tables(part) for name, part in found["published"].items()}
    return found | {"warehouse": rebuilt_tables(found["warehouse"]), "published": published}


def rebuilt_tables(found: dict[str, Any]) -> dict[str, Any]:
    """Without the files that were seen in landing/, and those that were refused there."""
    told_by_landing = ("quality.landing_files", "quality.deliveries")
    return {name: rows for name, rows in found.items() if name not in told_by_landing}
