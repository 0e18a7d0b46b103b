"""What is kept of every run: `runs/<run id>/run.json`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.workspace import sync

RUNNING, PUBLISHED, BUILT = "running", "published", "built"
UNCHANGED, FAILED, HELD, REPLAYED = "unchanged", "failed", "held", "replayed"
DONE = "done"
GOOD = (PUBLISHED, UNCHANGED, BUILT, REPLAYED)


@dataclass
class Step:
    """One step of a run, as shown in its table."""

    name: str
    seconds: float = 0.0
    rows: int | None = None
    status: str = RUNNING


@dataclass
class Gate:
    """The verdict of one gate."""

    name: str
    passed: int = 0
    failed: int = 0
    warned: int = 0
    messages: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The gate in words."""
        if self.failed:
            return "stopped the run"
        return "passed, with warnings" if self.warned else "passed"


@dataclass
class RunRecord:
    """One run: what it was for, what it did, how it ended."""

    run_id: str
    started_at: str
    status: str = RUNNING
    finished_at: str | None = None
    as_of_date: str | None = None
    fingerprint: str | None = None
    code_hash: str | None = None
    settings_hash: str | None = None
    steps: list[Step] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    headline: dict[str, float] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    published: str | None = None
    is_as_of_build: bool = False
    identity_event: int | None = None
    known_at: str | None = None
    archived_files: int | None = None

    @classmethod
    def begin(cls) -> RunRecord:
        """A new run, with an id that sorts by time, within a second too (by 16 microseconds)."""
        now = utc_now()
        run_id = f"{now:%Y%m%dT%H%M%SZ}_{now.microsecond >> 4:04x}"
        return cls(run_id, now.isoformat(timespec="seconds"))

    @property
    def started(self) -> dt.datetime:
        """When the run began, UTC without a zone."""
        return dt.datetime.fromisoformat(self.started_at).replace(tzinfo=None)

    def folder(self, runs: Path) -> Path:
        """Where everything of this run is kept."""
        return runs / self.run_id

    def has_done(self, step: str) -> bool:
        """Whether a step was done to its end."""
        return any(item.name == step and item.status == DONE for item in self.steps)

    def save(self, runs: Path) -> None:
        """Write the record, whole or not at all."""
        path = self.folder(runs) / "run.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        sync(temporary)
        temporary.replace(path)

    def finish(self, status: str, runs: Path, error: str | None = None) -> None:
        """Close the record with its final status."""
        self.status, self.error = status, error
        self.finished_at = utc_now().isoformat(timespec="seconds")
        self.save(runs)


def read_record(path: Path) -> RunRecord:
    """Read one `run.json`."""
    data = json.loads(path.read_text("utf-8"))
    data["steps"] = [Step(**step) for step in data["steps"]]
    data["gates"] = [Gate(**gate) for gate in data["gates"]]
    return RunRecord(**data)


def records(runs: Path) -> Iterator[RunRecord]:
    """Every run, the latest first."""
    for path in sorted(runs.glob("*/run.json"), reverse=True):
        yield read_record(path)


def utc_now() -> dt.datetime:
    """The wall clock: names runs, never reaches a model."""
    return dt.datetime.now(dt.UTC)
