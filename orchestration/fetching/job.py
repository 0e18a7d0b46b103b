"""One fetch from one server: what the ways to fetch are given, and what they share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.fetching.cursors import CursorValue, from_json, to_json
from orchestration.fetching.secrets import Secrets
from orchestration.fetching.servers import Server
from orchestration.fetching.spool import Spool, landing_name, load_id
from orchestration.fetching.state import ServerState
from orchestration.loading.deliveries import digest
from orchestration.workspace import Workspace


@dataclass(frozen=True)
class Job:
    """A server, what is known of it, and where its files are made."""

    workspace: Workspace
    server: Server
    secrets: Secrets
    folder: ServerState
    known: dict[str, Any]
    now: dt.datetime
    progress: Callable[[str], None]

    def is_known_as(self, definition: str) -> bool:
        """Whether what is known was found under the same definition."""
        return self.known.get("definition") == definition

    def start(self, definition: str) -> CursorValue | None:
        """The cursor to go on from; None where everything is to be read."""
        cursor = self.known.get("cursor")
        return from_json(cursor) if cursor and self.is_known_as(definition) else None

    def remembered(self, what: str, definition: str) -> Path | None:
        """A file that an earlier fetch has left for this one."""
        name = self.known.get(what)
        return self.folder.memory(name) if name and self.is_known_as(definition) else None

    def remember(self, what: str) -> Path:
        """The file that this fetch leaves for the next."""
        return self.folder.memory(f"{what}-{load_id(self.now)}.parquet")

    @cached_property
    def stem(self) -> Path:
        """The files to deliver begin so."""
        return self.folder.work / load_id(self.now)

    def spool(self, name: str, columns: list[str]) -> Spool:
        """An empty spool in the work folder."""
        return Spool(self.folder.work / f"{name}.parquet", columns)

    def count(self, rows: int) -> None:
        """Tell how far it is, now and then."""
        if rows % 10_000 == 0:
            self.progress(f"{rows:,} rows read")


@dataclass
class Fetched:
    """What a fetch found: files to deliver, and what is known once they are."""

    rows: int = 0
    moves: list[tuple[str, str]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def deliver(self, path: Path, now: dt.datetime) -> None:
        """One more file of the work folder, under its dated name."""
        self.moves.append(landing_name(path, now))


def definition_of(*parts: object) -> str:
    """Changes with what decides which rows are read: then everything is read anew."""
    return digest(*map(str, parts))


def kept(definition: str, cursor: CursorValue | None, **files: Path | None) -> dict[str, Any]:
    """A state, as it is written."""
    state: dict[str, Any] = {"definition": definition}
    if cursor is not None:
        state["cursor"] = to_json(cursor)
    return state | {what: path.name for what, path in files.items() if path is not None}
