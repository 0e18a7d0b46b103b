"""Which versions are kept, which one readers see, and how that changes."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from orchestration.workspace import sync

MANIFEST_FILE = "manifest.json"
UNFINISHED = re.compile(r"\.(current\.\d+|\d{8}T\d{6}Z_\w+)")


def activate(published: Path, run_id: str, keep: int) -> None:
    """Flip `current` to a version and drop all but the last few."""
    flip(published, run_id)
    versions = version_ids(published)
    for name in versions[: max(0, len(versions) - keep)]:
        if name != run_id:
            _drop(published, name)


def flip(published: Path, run_id: str) -> None:
    """Point the one symlink at a version, atomically."""
    temporary = published / f".current.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(run_id)
    temporary.replace(published / "current")
    sync(published)


def clear_unpublished(published: Path) -> None:
    """Remove what a killed process has left: versions half written or half removed, a new link."""
    for path in published.glob(".*"):
        if not UNFINISHED.fullmatch(path.name):
            continue
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def _drop(published: Path, name: str) -> None:
    """Remove a version, hidden first: nobody rolls back to half of one."""
    hidden = (published / name).rename(published / f".{name}")
    shutil.rmtree(hidden)


def version_ids(published: Path) -> list[str]:
    """Run ids of the versions kept, oldest first."""
    return sorted(path.parent.name for path in published.glob(f"*/{MANIFEST_FILE}") if _own(path))


def current_version(published: Path) -> str | None:
    """Run id of the version that readers see."""
    link = published / "current"
    return os.readlink(link) if link.is_symlink() else None


def published_manifest(current: Path) -> dict[str, Any] | None:
    """What the published version says of itself; null where nothing is published."""
    path = current / MANIFEST_FILE
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else None


def _own(manifest: Path) -> bool:
    return not manifest.parent.is_symlink() and not manifest.parent.name.startswith(".")
