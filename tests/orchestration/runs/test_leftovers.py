"""What a killed process left is gone after the next command, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.runs.killed import close_killed_runs
from orchestration.runs.record import (
    DONE,
    FAILED,
    PUBLISHED,
    REPLAYED,
    RUNNING,
    RunRecord,
    Step,
    records,
)
from orchestration.runs.session import RunOptions, RunSession
from orchestration.workspace import DATABASE_FILE, Workspace
from tests.orchestration.runs.killing import leftovers


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    found = Workspace(tmp_path / "workspace")
    found.create()
    found.settings_file.write_text("company: Test\ncurrency: EUR\n", "utf-8")
    return found


def write(path: Path, text: str = "{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def run_id(day: int) -> str:
    return f"202601{day:02}T050000Z_00aa"


def record(
    place: Workspace, day: int, status: str, *steps: Step, fingerprint: str | None = "f"
) -> None:
    found = RunRecord(run_id(day), f"2026-01-{day:02}T05:00:00+00:00", fingerprint=fingerprint)
    found.steps = list(steps)
    if status == RUNNING:
        found.save(place.runs)
    else:
        found.finish(status, place.runs)


def version(place: Workspace, day: int) -> None:
    for name in (DATABASE_FILE, "manifest.json"):
        write(place.published / run_id(day) / name)


def statuses(place: Workspace) -> list[str]:
    return [item.status for item in records(place.runs)]


def test_everything_unfinished_goes_and_everything_else_stays(place: Workspace) -> None:
    version(place, 1)
    (place.published / "current").symlink_to(run_id(1))
    record(place, 1, PUBLISHED)
    kept = [
        write(place.archive / "0a1b"),
        write(place.archive / "deliveries.jsonl", ""),
        write(place.published / ".of_somebody_else"),
        write(place.models / "customer_values" / "v1.json"),
    ]
    record(place, 2, RUNNING)
    version(place, 2)
    write(place.archive / ".incoming.4711")
    write(place.published / f".{run_id(2)}" / DATABASE_FILE)
    write(place.published / f".{run_id(0)}" / DATABASE_FILE)
    (place.published / ".current.4711").symlink_to(run_id(2))
    write(place.runs / run_id(2) / "scratch" / DATABASE_FILE)
    write(place.runs / run_id(3) / "run.tmp", "{")
    write(place.temporary / "converted" / "0a1b.0c")
    write(place.temporary / "duckdb_temp_storage-0.tmp")
    write(place.models / "customer_values" / "v2.tmp", "{")
    write(place.warehouse.parent / "rebuild" / DATABASE_FILE)
    close_killed_runs(place)
    assert leftovers(place) == ["published/.of_somebody_else"]
    assert [path for path in kept if not path.exists()] == []
    assert [path.name for path in place.published.glob("2*")] == [run_id(1)]
    assert sorted(path.name for path in place.runs.iterdir()) == [run_id(1), run_id(2)]
    assert statuses(place) == [FAILED, PUBLISHED]


def test_a_run_that_readers_have_seen_was_published_though_its_record_did_not_say_so(
    place: Workspace,
) -> None:
    version(place, 2)
    (place.published / "current").symlink_to(run_id(2))
    record(place, 2, RUNNING)
    assert statuses(place) == [RUNNING]
    close_killed_runs(place)
    [found] = records(place.runs)
    assert (found.status, found.error) == (PUBLISHED, None)
    assert found.published == str(place.published / run_id(2))
    assert (place.current / DATABASE_FILE).exists()


def test_the_raw_gate_judges_what_earlier_runs_loaded_and_no_gate_has_seen(
    place: Workspace,
) -> None:
    judged = Step("Gate raw", status=DONE)
    record(place, 1, FAILED, Step("Load", status=DONE))
    record(place, 2, FAILED, Step("Load", status=DONE), judged, Step("Stage", status=FAILED))
    record(place, 3, FAILED, Step("Load", status=DONE), Step("Gate raw", status=RUNNING))
    record(place, 4, REPLAYED, Step("Replay", status=DONE), fingerprint=None)
    record(place, 5, FAILED, Step("Load", status=DONE), judged, fingerprint=None)
    record(place, 6, FAILED, Step("Load", status=FAILED))
    session = RunSession(place, RunOptions())
    own = session.record.run_id
    assert session.runs_to_judge == [own, run_id(6), run_id(3)]
