"""The working file made anew beside the old one, and swapped in when it has been published."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from orchestration.identity.archive import export_ledger, keep_ledger, replay_ledger
from orchestration.loading.withdraw import note_earlier
from orchestration.sql import literal
from orchestration.workspace import DATABASE_FILE, Workspace, sync


def rebuilt_file(workspace: Workspace) -> Path:
    """Where the new working file is made: on the same disk, under its final name."""
    return workspace.warehouse.parent / "rebuild" / DATABASE_FILE


def clear_rebuild(workspace: Workspace) -> None:
    """Remove what a rebuild that was killed has left."""
    shutil.rmtree(rebuilt_file(workspace).parent, ignore_errors=True)


def keep_earlier(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> list[str]:
    """Replay who is who, and take over what the archive does not hold; returns what could not be.

    That is what happened to customers since the archive was last told, and what the raw gate
    stopped under versions that did not tell the archive.
    """
    replay_ledger(connection, workspace)
    if not workspace.warehouse.exists():
        return []
    try:
        connection.execute(f"attach {literal(workspace.warehouse)} as earlier (read_only)")
    except duckdb.Error:
        return [_unreadable()]
    try:
        note_earlier(connection, workspace, "earlier.quality.deliveries")
        keep_ledger(connection, "earlier")
    except duckdb.Error:
        return [_unreadable()]
    finally:
        connection.execute("detach earlier")
    return []


def _unreadable() -> str:
    return (
        "The earlier working file could not be read: customers are as the archive's ledger has"
        " them, without what happened after its last entry."
    )


def swap_in(workspace: Workspace) -> None:
    """Put the rebuilt file in the place of the working file, each whole at every moment."""
    new, old = rebuilt_file(workspace), workspace.warehouse
    with duckdb.connect(str(new)) as connection:
        connection.execute("checkpoint")
    sync(new)
    # a log that lies beside the new file would be taken for its own
    with suppress(duckdb.Error):  # damaged: then nothing of it is wanted
        if old.exists():
            duckdb.connect(str(old)).close()
    old.with_name(f"{old.name}.wal").unlink(missing_ok=True)
    new.replace(old)
    sync(old.parent)
    with duckdb.connect(str(old)) as connection:
        export_ledger(connection, workspace)
