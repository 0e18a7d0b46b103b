"""Back to an earlier version."""

from __future__ import annotations

from orchestration.errors import ConfigurationError
from orchestration.publishing.versions import current_version, flip, version_ids
from orchestration.runs.lock import workspace_lock
from orchestration.workspace import Workspace


def roll_back(workspace: Workspace, run_id: str | None, wait_seconds: float = 0) -> tuple[str, str]:
    """Flip `current` to the version before it, or to `run_id`; returns (from, to)."""
    from orchestration.runs.killed import close_killed_runs  # loads DuckDB

    with workspace_lock(workspace.lock_file, "rapport rollback", wait_seconds):
        close_killed_runs(workspace)
        current = current_version(workspace.published)
        versions = version_ids(workspace.published)
        if current is None:
            raise ConfigurationError("Nothing has been published yet: run `rapport run` first.")
        target = run_id or _before(versions, current)
        if target not in versions:
            kept = ", ".join(versions)
            raise ConfigurationError(f"There is no published version {target}: kept are {kept}.")
        flip(workspace.published, target)
        return current, target


def _before(versions: list[str], current: str) -> str:
    earlier = [version for version in versions if version < current]
    if not earlier:
        raise ConfigurationError(
            f"{current} is the oldest version kept: there is none to roll back to."
        )
    return earlier[-1]
