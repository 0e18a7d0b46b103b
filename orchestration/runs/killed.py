"""What runs that were killed have left: their records are ended, their unfinished files go."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from orchestration.loading.archive import clear_incoming
from orchestration.publishing.versions import clear_unpublished, current_version
from orchestration.runs.rebuild import clear_rebuild, rebuilt_file, swap_in
from orchestration.runs.record import FAILED, PUBLISHED, RUNNING, records
from orchestration.workspace import Workspace

KILLED = "Its process was killed before it could end."
RUN_FOLDER = re.compile(r"\d{8}T\d{6}Z_\w+")


def close_killed_runs(workspace: Workspace) -> None:
    """Under the lock nobody else is running: end what was killed, and clean up after it.

    A run that was killed after readers got its version has published; of a rebuild the new working
    file then takes the place of the old one, as it would have done.
    """
    current = current_version(workspace.published)
    for record in records(workspace.runs):
        if record.finished_at is not None:
            continue
        if record.run_id == current:
            if rebuilt_file(workspace).exists():
                swap_in(workspace)
            record.published = str(workspace.published / record.run_id)
            record.finish(PUBLISHED, workspace.runs)
        else:
            forget_unseen(workspace, record.run_id)
            status = FAILED if record.status in (RUNNING, PUBLISHED) else record.status
            record.finish(status, workspace.runs, record.error or KILLED)
        shutil.rmtree(record.folder(workspace.runs) / "scratch", ignore_errors=True)
    _clear_leftovers(workspace)


def forget_unseen(workspace: Workspace, run_id: str) -> None:
    """Remove a version that is complete but that readers were never given."""
    if current_version(workspace.published) != run_id:
        shutil.rmtree(workspace.published / run_id, ignore_errors=True)


def _clear_leftovers(workspace: Workspace) -> None:
    clear_rebuild(workspace)
    clear_unpublished(workspace.published)
    clear_incoming(workspace)
    for folder in workspace.runs.glob("*"):
        if RUN_FOLDER.fullmatch(folder.name) and not _is_recorded(folder):
            shutil.rmtree(folder, ignore_errors=True)
    for path in (*workspace.temporary.glob("*"), *workspace.models.glob("*/*.tmp")):
        _remove(path)


def _is_recorded(folder: Path) -> bool:
    return (folder / "run.json").exists()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
