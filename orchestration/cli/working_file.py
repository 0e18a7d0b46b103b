"""The working file, for commands that show what no published version holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@contextmanager
def working_file(
    folder: Path | None, command: str, wait: float
) -> Iterator[tuple[Workspace, duckdb.DuckDBPyConnection]]:
    """The working file, read-only; under the lock, since a reader would stop a run's next step."""
    from orchestration.runs.lock import workspace_lock
    from orchestration.sql import connect

    place = Workspace.locate(folder)
    resources = place.settings.resources
    if not place.warehouse.exists():
        raise ConfigurationError("Nothing has been loaded yet: run `rapport run` first.")
    with workspace_lock(place.lock_file, command, wait):
        connection = connect(place.warehouse, resources, place.temporary, read_only=True)
        try:
            yield place, connection
        finally:
            connection.close()
