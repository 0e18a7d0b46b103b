"""The archive: every accepted file under its hash, and one index of how each was delivered."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from orchestration.errors import DeliveryRefused
from orchestration.loading.deliveries import ArrivedFile
from orchestration.workspace import Workspace, sync

COPY_BYTES = 1 << 20
INDEX_FILE = "deliveries.jsonl"
Archived = tuple[str, ArrivedFile]


def archive_file(workspace: Workspace, path: Path) -> tuple[str, int]:
    """Copy a regular file into the archive while hashing it; returns (sha256, bytes).

    It is lasting, and may be believed, once `keep` has returned.
    """
    hasher = hashlib.sha256()
    temporary = workspace.archive / f".incoming.{os.getpid()}"
    with open(_open_regular(path), "rb") as source, temporary.open("wb") as target:
        before = os.fstat(source.fileno())
        while block := source.read(COPY_BYTES):
            hasher.update(block)
            target.write(block)
        after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        temporary.unlink()
        raise DeliveryRefused("unfinished", "it was still being written; the next run takes it")
    temporary.chmod(0o440)
    temporary.replace(workspace.archive / hasher.hexdigest())
    return hasher.hexdigest(), after.st_size


def keep(workspace: Workspace, new: Sequence[str], delivered: Sequence[Archived]) -> None:
    """Have the disk hold the new contents, then note how files were delivered.

    In this order, and once for all files of a run: what the index names is complete, whenever
    the machine stops.
    """
    for sha256 in new:
        sync(workspace.archive / sha256)
    if new:
        sync(workspace.archive)
    known = {_identity(slug, file) for slug, file in archived_files(workspace)}
    fresh = {_identity(*item): item for item in reversed(delivered)}
    entries = [_entry(*item) for key, item in reversed(fresh.items()) if key not in known]
    if entries:
        _append(workspace.archive / INDEX_FILE, entries)


def archived_files(
    workspace: Workspace, until: dt.datetime = dt.datetime.max
) -> Iterator[Archived]:
    """Every (contract slug, file) of the archive that was received by `until`, UTC."""
    path = workspace.archive / INDEX_FILE
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:  # empty, or cut off when the machine stopped: it was never believed
            continue
        slug = entry.pop("contract")
        entry["received_at"] = dt.datetime.fromisoformat(entry["received_at"])
        if entry["received_at"] <= until:
            yield slug, ArrivedFile(**entry)


def _identity(slug: str, file: ArrivedFile) -> tuple[object, ...]:
    """Delivered again with another time, it is the same delivery, received when it first came."""
    return (slug, file.relation, file.file_name, file.sha256, file.size_bytes)


def _entry(slug: str, file: ArrivedFile) -> str:
    return json.dumps(
        {"contract": slug} | asdict(file) | {"received_at": file.received_at.isoformat()}
    )


def _append(path: Path, entries: Sequence[str]) -> None:
    """Begins with a line end, so that a line cut off before stays alone."""
    is_new = not path.exists()
    with path.open("ab") as file:
        file.write(("\n" + "\n".join(entries) + "\n").encode())
    sync(path)
    if is_new:
        sync(path.parent)


def _open_regular(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise DeliveryRefused("no_file", f"it cannot be opened ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DeliveryRefused("no_file", "it is no regular file")
    return descriptor
