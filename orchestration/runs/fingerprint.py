"""Has anything changed since the last good run? Answered before anything heavy is imported."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path

from orchestration.contracts.dbt_sources import GENERATED_FILE
from orchestration.runs.record import PUBLISHED, UNCHANGED, RunRecord, records
from orchestration.workspace import CODE_ROOT, Workspace

CODE_FOLDERS = ("data_contracts", "dbt_project", "ml", "orchestration")
CODE_SUFFIXES = (".py", ".sql", ".yml", ".csv", ".toml")


def code_hash() -> str:
    """Over the content of everything that decides a figure."""
    files = (
        path
        for folder in CODE_FOLDERS
        for path in sorted((CODE_ROOT / folder).rglob("*"))
        if path.suffix in CODE_SUFFIXES and path.name != GENERATED_FILE.name
    )
    return _hash(part for path in files for part in (_name(path), path.read_bytes()))


def settings_hash(workspace: Workspace) -> str:
    """Over `rapport.yml` and the overrides beside it, secrets left out."""
    files = [workspace.settings_file, *sorted(workspace.config.rglob("*"))]
    contents = (path.read_bytes() for path in files if path.is_file() and path.suffix != ".key")
    return _hash(contents)


def fingerprint(workspace: Workspace, as_of: dt.date | None = None) -> str:
    """Over landing/, settings, code, erasures and the date that the run is for."""
    day = as_of or workspace.settings.as_of
    if day == "today":
        day = dt.datetime.now(workspace.settings.zone).date()
    listing = (
        f"{path.relative_to(workspace.landing).as_posix()}|{status.st_size}|{status.st_mtime_ns}"
        for path in sorted(workspace.landing.rglob("*"))
        if not path.is_dir() and (status := path.lstat())
    )
    erasures = workspace.erasures.read_bytes() if workspace.erasures.exists() else b""
    return _hash([code_hash(), settings_hash(workspace), str(day), erasures, *listing])


def landing_fingerprint(workspace: Workspace) -> str:
    """Over landing/ alone: the cursor of the new-delivery sensor."""
    listing = (
        f"{path}|{status.st_size}|{status.st_mtime_ns}"
        for path in sorted(workspace.landing.rglob("*"))
        if not path.is_dir() and (status := path.lstat())
    )
    return _hash(listing)


def unchanged_since(workspace: Workspace, current: str) -> RunRecord | None:
    """The last published run, if it had the same fingerprint and still can be read."""
    for record in records(workspace.runs):
        if record.status == UNCHANGED or (record.is_as_of_build and record.status != PUBLISHED):
            continue
        is_whole = record.status == PUBLISHED and record.finished_at is not None
        is_same = is_whole and record.fingerprint == current
        return record if is_same and workspace.current.exists() else None
    return None


def _hash(parts: Iterable[str | bytes]) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogateescape") if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:20]


def _name(path: Path) -> str:
    return path.relative_to(CODE_ROOT).as_posix()
