"""Runs on a disk that is full: one sentence that names it, nothing lost, and the next run mends."""

from __future__ import annotations

import io
import logging
import zipfile

import pytest

from orchestration.runs.record import FAILED, PUBLISHED
from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run
from tests.orchestration.conftest import (
    ORDER_HEADER,
    deliver_orders,
    order_count,
    published_version,
)
from tests.orchestration.runs.conftest import Yesterday
from tests.orchestration.runs.killing import Ended, differences, rows_add_up, state
from tests.orchestration.runs.small_disks import SmallDisk, small_disk

LOG = logging.getLogger(__name__)
MB = 1 << 20
# where there is too little room, and how much is left
CASES = [
    ("archive", 0),
    ("quarantine", 0),
    ("warehouse", 0),
    ("warehouse", 1 * MB),
    ("warehouse", 3 * MB),
    ("published", 0),
    ("published", 1 * MB),
    ("runs", 0),
    ("runs", 64 << 10),
    ("dagster", 0),
    ("models", 0),
]


def told(disk: SmallDisk) -> str:
    return f"There is no room left in {disk.folder}: make room there and run again."


def prove_told(ended: Ended, disk: SmallDisk) -> None:
    """Exit code 1 and one sentence with the folder and what to do."""
    assert ended.code == 1, ended.words
    assert ended.words.count(told(disk)) == 1, ended.words
    assert "Traceback" not in ended.words
    assert "unexpectedly" not in ended.words


def run(yesterday: Yesterday) -> Ended:
    """A run as a person sees it."""
    return yesterday.driver.rapport("run", yesterday.workspace)


def test_a_full_archive_is_named_and_the_published_version_stays(
    cli: RunCli, workspace: Workspace
) -> None:
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,EUR,10")
    version, orders = published_version(workspace), order_count(workspace)
    with small_disk(workspace.archive) as disk:
        disk.leave(0)
        outcome = cli("run", "-w", workspace.root)
        prove_told(Ended(outcome.exit_code, 0, outcome.out + outcome.err, []), disk)
        assert (last_run(workspace).status, last_run(workspace).error) == (FAILED, told(disk))
    assert (published_version(workspace), order_count(workspace)) == (version, orders)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("name", "spare"), CASES)
def test_whatever_disk_is_full_the_run_after_room_was_made_ends_as_if_it_had_not_been(
    yesterday: Yesterday, name: str, spare: int
) -> None:
    workspace = yesterday.restore()
    with small_disk(workspace.root / name) as disk:
        disk.leave(spare)
        ended = run(yesterday)
        LOG.info("%s with %s bytes left: %s", name, spare, ended.words[-400:])
        yesterday.prove_readable()
        assert rows_add_up(workspace)
        if ended.code or name not in ("models", "runs"):
            prove_told(ended, disk)
            disk.make_room()
            yesterday.prove_equal(f"{name} with {spare} bytes left")
        else:
            assert not differences(yesterday.expected, state(workspace))
            assert last_run(workspace).status == PUBLISHED


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_no_room_to_convert_files_is_told_and_made_good(yesterday: Yesterday) -> None:
    workspace = yesterday.restore()
    deliver_zip(workspace)
    with small_disk(workspace.temporary) as disk:
        disk.leave(0)
        prove_told(run(yesterday), disk)
        yesterday.prove_readable()
        disk.make_room()
        ended = run(yesterday)
    assert ended.code == 0, ended.words
    assert rows_add_up(workspace)


def deliver_zip(workspace: Workspace) -> None:
    """Orders as a zip, which is unpacked to be read."""
    rows = (f"Z{n},A10001,web,2026-06-30 10:00:00,completed,EUR,1\n" for n in range(500))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orders.csv", ORDER_HEADER + "".join(rows))
    path = workspace.landing / "shop/orders/zipped_20260701.csv.zip"
    path.write_bytes(packed.getvalue())
