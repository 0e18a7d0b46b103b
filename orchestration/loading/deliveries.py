"""Which files arrived, for which contract, and what is loaded at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.config import Feed
from orchestration.contracts import Contract, Dialect
from orchestration.dialects import dialect_of_name
from orchestration.errors import DeliveryRefused, RapportError

IGNORED_SUFFIXES = (".tmp", ".part", ".crdownload", ".swp")
OWN_LAYOUT = "delivery"
FETCHED_NAME = re.compile(r"(?:^|/)date=\d{4}-\d{2}-\d{2}/(\d{8}T\d{12}Z)_[^/]+$")
FETCHED_FORMAT = "%Y%m%dT%H%M%S%fZ"
DATED_FOLDER = re.compile(r"(?:^|/)(?:[a-z_]+=)?(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True)
class ArrivedFile:
    """One file of one relation, kept in the archive under its hash."""

    relation: str
    file_name: str
    sha256: str
    size_bytes: int
    received_at: dt.datetime


@dataclass(frozen=True)
class Delivery:
    """What is loaded at once: one file, or all files of a feed that joins or derives."""

    contract: Contract
    feed: Feed | None
    files: tuple[ArrivedFile, ...]

    @cached_property
    def definition_hash(self) -> str:
        """Changes when the contract or the feed does: then a refused delivery is tried again."""
        told = [] if self.dialect == self.contract.dialect else [self.dialect.format]
        return digest(self.contract.text, self.feed.model_dump_json() if self.feed else "", *told)

    @cached_property
    def dialect(self) -> Dialect:
        """How the file of a contract's own layout is written, which its name may say."""
        if self.feed is not None or not self.files:
            return self.contract.dialect
        return dialect_of_name(self.contract.dialect, self.files[0].file_name)

    @property
    def relations(self) -> dict[str, Dialect]:
        """For each relation, how its files are written."""
        found = relations_of(self.contract, self.feed)
        own = {OWN_LAYOUT: self.dialect} if self.feed is None else {}
        return {name: dialect for name, (_, dialect) in found.items()} | own

    @cached_property
    def delivery_id(self) -> str:
        """The same bytes under any name, loaded the same way, are the same delivery."""
        parts = [f"{file.relation}:{file.sha256}" for file in sorted(self.files, key=_by_hash)]
        how = self.definition_hash if self.is_whole else ""
        return "d_" + digest(self.contract.table, how, *parts)

    @property
    def is_whole(self) -> bool:
        """Whether it replaces what its feed delivered before."""
        return self.feed is not None and self.feed.is_whole

    @property
    def time_zone(self) -> str:
        """The zone of its times without offset."""
        return (self.feed and self.feed.time_zone) or self.contract.time_zone

    @property
    def file_name(self) -> str:
        """The name of the file, or of the first and how many follow."""
        first, more = self.files[0].file_name, len(self.files) - 1
        return first if not more else f"{first} and {more} more"

    @property
    def received_at(self) -> dt.datetime:
        """When the last of its files was received, UTC."""
        return max(file.received_at for file in self.files)


def relations_of(contract: Contract, feed: Feed | None) -> dict[str, tuple[str, Dialect]]:
    """For each relation, the glob below landing/ and how its files are written."""
    if feed is None:
        return {OWN_LAYOUT: (f"{contract.slug}/**/*", contract.dialect)}
    return {name: (file.path, file.dialect) for name, file in feed.files.items()}


def landing_files(landing: Path, pattern: str) -> list[Path]:
    """Everything that a glob matches and that is no folder, hidden or unfinished file."""
    return sorted(
        path
        for path in landing.glob(pattern)
        if not (path.is_dir() and not path.is_symlink())
        and not any(part.startswith(".") for part in path.relative_to(landing).parts)
        and not path.name.endswith(IGNORED_SUFFIXES)
    )


def name_below(landing: Path, path: Path) -> str:
    """The name of a file below landing/; bytes that are no UTF-8 are replaced."""
    name = path.relative_to(landing).as_posix()
    return os.fsencode(name).decode("utf-8", "replace")


def received_at(contract: Contract, file_name: str, modified: float) -> dt.datetime:
    """By the contract's pattern, else a dated folder, else the file's own time; UTC.

    The name of a fetched file says it to the microsecond.
    """
    if fetched := FETCHED_NAME.search(file_name):
        with suppress(ValueError):  # no time: a name like any other
            return dt.datetime.strptime(fetched.group(1), FETCHED_FORMAT)  # noqa: DTZ007 - UTC
    pattern = contract.received_at_pattern
    match = re.search(pattern, Path(file_name).name) if pattern else None
    match = match or DATED_FOLDER.search(file_name)
    if match:
        try:
            day = dt.date.fromisoformat(match.group(1))
        except ValueError as error:
            raise DeliveryRefused("received_at", "the date in its name is no date") from error
        return dt.datetime.combine(day, dt.time())
    return dt.datetime.fromtimestamp(modified, dt.UTC).replace(tzinfo=None)


def group(contract: Contract, feed: Feed | None, files: Iterable[ArrivedFile]) -> list[Delivery]:
    """Files of one contract as deliveries; a repeated content counts once.

    Of a whole feed each name counts with its latest content.
    """
    ordered = sorted(files, key=_by_time)
    if feed is not None and feed.is_whole:
        ordered = list({(file.relation, file.file_name): file for file in ordered}.values())
    earliest = {(file.relation, file.sha256): file for file in reversed(ordered)}
    ordered = sorted(earliest.values(), key=_by_time)
    if feed is None or not feed.is_whole:
        return [Delivery(contract, feed, (file,)) for file in ordered]
    missing = sorted(set(feed.files) - {file.relation for file in ordered})
    if not ordered:
        return []
    if missing:
        raise RapportError(
            f"The feed for {contract.slug} found no file for {', '.join(missing)}"
            f" ({', '.join(feed.files[name].path for name in missing)} below landing/)."
        )
    first = next(iter(feed.files))
    return [Delivery(contract, feed, tuple(sorted(ordered, key=lambda f: f.relation != first)))]


def digest(*parts: str) -> str:
    """Twenty hex digits that stand for the parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def _by_time(file: ArrivedFile) -> tuple[dt.datetime, str]:
    return (file.received_at, file.file_name)


def _by_hash(file: ArrivedFile) -> tuple[str, str]:
    return (file.relation, file.sha256)
