"""Disks that are full or may not be written: told in one sentence, wherever it came up."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import RapportError

FULL, READ_ONLY, FORBIDDEN = "full", "read-only", "forbidden"
FAULTS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}
# what DuckDB, SQLite, Arrow and dbt pass on as text
WORDS = {
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "database or disk is full": FULL,
    "failed to offload data block": FULL,
    "Read-only file system": READ_ONLY,
    "attempt to write a readonly database": READ_ONLY,
    "Permission denied": FORBIDDEN,
}
# what SQLite calls a "disk I/O error" when its index has no room to grow
SQLITE_SHARED_MEMORY = "SQLITE_IOERR_SHMSIZE"
ADVICE = {
    FULL: "There is no room left in {}: make room there and run again.",
    READ_ONLY: "{} is read-only: make it writable for the account that runs Rapport and run again.",
    FORBIDDEN: "This account may not read or write {}: give it the right to and run again.",
}
NAMED_PATH = re.compile(r"[\"'](/[^\"']+)[\"']")


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Let what a disk refused below `root` reach a person as one sentence."""
    try:
        yield
    except Exception as error:
        if sentence := told(error, root):
            raise RapportError(sentence) from error
        raise


def told(error: BaseException | str, root: Path) -> str | None:
    """The sentence about a disk that is full or may not be written; None for other errors.

    Names the folder of `root` that the error names, else the disk with the least room.
    """
    for fault, path in _faults(error):
        return ADVICE[fault].format(_folder(path, root) or _fullest(root))
    return None


def _faults(error: BaseException | str) -> Iterator[tuple[str, Path | None]]:
    """What disks refused, with the path where it is known: of an error and of its causes."""
    cause: BaseException | str | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and cause.errno in FAULTS:
            name = cause.filename2 or cause.filename
            is_path = isinstance(name, (str, bytes))
            yield FAULTS[cause.errno], Path(os.fsdecode(name)) if is_path else None
        if getattr(cause, "sqlite_errorname", "") == SQLITE_SHARED_MEMORY:
            yield FULL, None
        text = str(cause)
        for words, fault in WORDS.items():
            if words in text:
                named = NAMED_PATH.findall(text[: text.index(words)])
                if named or fault == FULL:
                    yield fault, Path(named[-1]) if named else None
        cause = None if isinstance(cause, str) else _behind(cause)


def _behind(error: BaseException) -> BaseException | None:
    """What made an error come up, as a traceback would show it."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _folder(path: Path | None, root: Path) -> Path | None:
    """The folder directly below `root` that holds the path; elsewhere the path's own folder."""
    if path is None:
        return None
    if not path.is_relative_to(root):
        return path.parent
    folder = root.joinpath(*path.relative_to(root).parts[:1])
    return folder if folder.is_dir() else root


def _fullest(root: Path) -> Path:
    """Of the disks that `root` and the folders in it lie on, the one with the least room."""
    disks: dict[int, Path] = {}
    while not root.exists():
        root = root.parent
    for folder in (root, *sorted(path for path in root.glob("*") if path.is_dir())):
        disks.setdefault(folder.stat().st_dev, folder)
    return min(disks.values(), key=_room, default=root)


def _room(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
