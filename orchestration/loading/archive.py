"""The archive: every accepted file under its hash, and one index of how each was delivered."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from orchestration.errors import DeliveryRefused
from orchestration.loading.deliveries import ArrivedFile
from orchestration.workspace import INCOMING, KEPT_MODE, Workspace, sync

COPY_BYTES = 1 << 20
INDEX_FILE = "deliveries.jsonl"
Archived = tuple[str, ArrivedFile]


def archive_file(workspace: Workspace, path: Path) -> tuple[str, int]:
    """Copy a regular file into the archive while hashing it; returns (sha256, bytes).

    It is lasting, and may be believed, once `keep` has returned.
    """
    hasher = hashlib.sha256()
    temporary = workspace.archive / f"{INCOMING}{os.getpid()}"
    with open(_open_regular(path), "rb") as source, temporary.open("wb") as target:
        before = os.fstat(source.fileno())
        while block := source.read(COPY_BYTES):
            hasher.update(block)
            target.write(block)
        after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        temporary.unlink()
        raise DeliveryRefused("unfinished", "it was still being written; the next run takes it")
    temporary.chmod(KEPT_MODE)
    temporary.replace(workspace.archive / hasher.hexdigest())
    return hasher.hexdigest(), after.st_size


def clear_incoming(workspace: Workspace) -> None:
    """Remove the beginning of a file whose copying was killed, or had no room."""
    for path in workspace.archive.rglob(f"{INCOMING}*"):
        path.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """The sha256 of a regular file; raise DeliveryRefused where it is none."""
    with open(_open_regular(path), "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def keep(workspace: Workspace, new: Sequence[str], delivered: Sequence[Archived]) -> None:
    """Have the disk hold the new contents, then note how files were delivered.

    In this order, and once for all files of a run: what the index names is complete, whenever
    the machine stops. A name that goes back to an earlier content is noted again, so that the
    last entry of a name tells its present content.
    """
    for sha256 in new:
        sync(workspace.archive / sha256)
    if new:
        sync(workspace.archive)
    latest = {_place(*item): item[1].sha256 for item in archived_files(workspace)}
    fresh = [item for item in delivered if latest.get(_place(*item)) != item[1].sha256]
    fresh.sort(key=lambda item: (item[1].received_at, item[1].file_name))
    append_lines(workspace.archive / INDEX_FILE, [_entry(*item) for item in fresh])


def archived_files(workspace: Workspace) -> Iterator[Archived]:
    """Every (contract slug, file) of the archive.

    In the order in which they were noted: by time of receipt within a run, one run after another.
    """
    entries = [*_old_notes(workspace.archive), *read_lines(workspace.archive / INDEX_FILE)]
    for entry in entries:
        slug = entry.pop("contract")
        entry["received_at"] = dt.datetime.fromisoformat(entry["received_at"])
        yield slug, ArrivedFile(**entry)


def _old_notes(archive: Path) -> list[dict[str, Any]]:
    """What earlier versions noted: beside each file a list of how it was delivered.

    Across files their order is not known, so it is that of receipt; of equals, of writing.
    """
    with os.scandir(archive) as found:
        paths = [(Path(item.path), item.stat().st_mtime_ns) for item in found if _is_old_note(item)]
    notes = [(json.loads(path.read_text("utf-8")), written) for path, written in paths]
    notes = [(entries, written) for entries, written in notes if entries]
    notes.sort(key=lambda note: (min(entry["received_at"] for entry in note[0]), note[1]))
    return [entry for entries, _ in notes for entry in entries]


def _is_old_note(item: os.DirEntry[str]) -> bool:
    return item.name.endswith(".json")


def _place(slug: str, file: ArrivedFile) -> tuple[str, str, str]:
    """Delivered again with another time, it is the same delivery, received when it first came."""
    return (slug, file.relation, file.file_name)


def _entry(slug: str, file: ArrivedFile) -> str:
    return json.dumps(
        {"contract": slug} | asdict(file) | {"received_at": file.received_at.isoformat()}
    )


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of an index; one that was cut off when the machine stopped never counted."""
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:  # empty, or cut off
            continue


def append_lines(path: Path, entries: Sequence[str]) -> None:
    """Add entries to an index, lasting; the line end before them leaves a cut-off line alone."""
    if not entries:
        return
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
        why = (
            "it is a link"
            if error.errno == errno.ELOOP
            else f"it cannot be opened: {error.strerror}"
        )
        raise DeliveryRefused("no_file", why) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DeliveryRefused("no_file", "it is no regular file")
    return descriptor
