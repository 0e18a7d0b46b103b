"""One writer at a time."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import WorkspaceBusyError

POLL_SECONDS = 0.2


@contextmanager
def workspace_lock(path: Path, holder: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the workspace's lock; raise WorkspaceBusyError naming who holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, path, wait_seconds)
        note = {"holder": holder, "pid": os.getpid(), "host": socket.gethostname()}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise WorkspaceBusyError(_busy(path)) from error
            time.sleep(POLL_SECONDS)


def _busy(path: Path) -> str:
    try:
        note = json.loads(path.read_text("utf-8"))
        who = f"{note['holder']} (process {note['pid']} on {note['host']})"
    except (ValueError, KeyError):
        who = "another process"
    return f"The workspace is in use by {who}: wait for it, or give --wait SECONDS."
