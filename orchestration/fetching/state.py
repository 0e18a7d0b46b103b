"""What is known of one server between fetches, and how a fetch becomes lasting.

A fetch writes its files aside. Then it notes, in `pending.json`, where they go and what is known
once they are there; only then are they moved into landing/. A fetch that is killed before the note
has not happened; one that is killed after it is finished by the next.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.workspace import PRIVATE_MODE, Workspace, sync

PENDING, STATE, LAST = "pending.json", "state.json", "last.json"
Moves = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ServerState:
    """The private folder of one server, and its part of landing/."""

    folder: Path
    landing: Path

    @classmethod
    def of(cls, workspace: Workspace, slug: str) -> ServerState:
        """That of the server `<source>/<extract>/<server>`."""
        return cls(workspace.fetched / slug, workspace.landing / slug)

    @property
    def work(self) -> Path:
        """Where the files of the fetch at work lie."""
        return self.folder / "work"

    @property
    def is_pending(self) -> bool:
        """Whether files still have to be moved."""
        return (self.folder / PENDING).exists()

    def begin(self) -> dict[str, Any]:
        """Finish or drop what a killed fetch has left; returns what is known."""
        for folder in [*reversed(self.folder.parents[:3]), self.folder]:
            folder.mkdir(mode=PRIVATE_MODE, exist_ok=True)
        if (pending := self._read(PENDING)) is not None:
            self._finish(pending)
        self.clear()
        self.work.mkdir(mode=PRIVATE_MODE)
        state = self._read(STATE) or {}
        self._forget_unnamed(state)
        return state

    def commit(self, state: dict[str, Any], moves: Moves) -> None:
        """Move files of the work folder into landing/ and know `state`: both, or neither."""
        for name, _ in moves:
            sync(self.work / name)
        sync(self.work)
        pending = {"state": state, "moves": [list(move) for move in moves]}
        self._write(PENDING, pending)
        self._finish(pending)

    def clear(self) -> None:
        """Leave no row behind that is not delivered."""
        shutil.rmtree(self.work, ignore_errors=True)

    def memory(self, name: str) -> Path:
        """A file that a state names; those that none names are removed."""
        return self.folder / name

    def note_last(self, result: dict[str, Any]) -> None:
        """Keep how the last fetch ended."""
        self.folder.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        self._write(LAST, result)

    def last(self) -> dict[str, Any] | None:
        """How the last fetch ended, None where there was none."""
        return self._read(LAST)

    def _finish(self, pending: dict[str, Any]) -> None:
        for name, target in pending["moves"]:
            _move(self.work / name, self.landing / target)
        self._write(STATE, pending["state"])
        self._forget_unnamed(pending["state"])
        (self.folder / PENDING).unlink()

    def _forget_unnamed(self, state: dict[str, Any]) -> None:
        named = {value for value in state.values() if isinstance(value, str)}
        for path in self.folder.glob("*.parquet"):
            if path.name not in named:
                path.unlink()

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else None

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """Whole and lasting, or not at all."""
        temporary = self.folder / f"{name}.tmp"
        temporary.write_text(json.dumps(content, indent=1), "utf-8")
        sync(temporary)
        temporary.replace(self.folder / name)
        sync(self.folder)


def _move(source: Path, target: Path) -> None:
    """Into its place, whole at every moment, also where that is on another disk."""
    if not source.exists():  # moved before the fetch was killed
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.stat(source.parent).st_dev == os.stat(target.parent).st_dev:
        source.replace(target)
    else:
        part = target.with_name(f".{target.name}.part")
        shutil.copy2(source, part)
        sync(part)
        part.replace(target)
        source.unlink()
    sync(target.parent)
