"""Step one of a run: find what arrived, archive it, and group it into deliveries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb

from orchestration.config import Feed
from orchestration.contracts import Contract, Dialect
from orchestration.errors import ConfigurationError, DeliveryRefused
from orchestration.loading.archive import (
    Archived,
    archive_file,
    archived_files,
    hash_file,
    keep,
)
from orchestration.loading.deliveries import (
    OWN_LAYOUT,
    ArrivedFile,
    Delivery,
    digest,
    group,
    landing_files,
    name_below,
    received_at,
    relations_of,
)
from orchestration.sql import insert_rows
from orchestration.workspace import Workspace


@dataclass(frozen=True)
class RefusedFile:
    """A file that could not even be archived, or whose bytes are known under another name."""

    contract: Contract
    file_name: str
    sha256: str
    code: str
    reason: str

    @property
    def delivery_id(self) -> str:
        """Stands for this refusal in the manifest, so that it is told once."""
        return "d_" + digest(self.contract.table, self.file_name, self.sha256, self.code)


@dataclass
class Arrivals:
    """What landing/ (or the archive) holds, and the files that nothing reads."""

    deliveries: list[Delivery] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Landing:
    """Files of landing/ on their way into the archive."""

    workspace: Workspace
    known: dict[tuple[str, int, int], str]
    contents: dict[int, set[str]] = field(init=False)
    stamps: dict[str, tuple[str, int, int, str]] = field(default_factory=dict)
    claimed: set[Path] = field(default_factory=set)
    is_linked: dict[Path, bool] = field(default_factory=dict)
    refused: list[RefusedFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort the contents noted before by size."""
        self.contents = defaultdict(set)
        for (_, size, _), sha256 in self.known.items():
            self.contents[size].add(sha256)

    def files_of(self, contract: Contract) -> list[ArrivedFile]:
        """Every readable file of a contract, archived; the others are refused."""
        files = []
        for relation, (pattern, _) in _relations(self.workspace, contract).items():
            for path in landing_files(self.workspace.landing, pattern):
                self.claimed.add(path)
                try:
                    files.append(self._arrive(contract, relation, path))
                except DeliveryRefused as error:
                    name = name_below(self.workspace.landing, path)
                    self.refused.append(RefusedFile(contract, name, "", error.code, error.reason))
        return files

    def _arrive(self, contract: Contract, relation: str, path: Path) -> ArrivedFile:
        """Archive a file, unless the same path, size and time was archived before."""
        name = name_below(self.workspace.landing, path)
        self._refuse_place(path, name)
        status = path.lstat()
        stamp = (name, status.st_size, status.st_mtime_ns)
        sha256 = self.known.get(stamp)
        if sha256 is None or not (self.workspace.archive / sha256).exists():
            sha256 = self._archive(path, status.st_size)
            self.stamps[name] = (*stamp, sha256)
            self.known[stamp] = sha256
        when = received_at(contract, name, status.st_mtime)
        return ArrivedFile(relation, name, sha256, status.st_size, when)

    def _refuse_place(self, path: Path, name: str) -> None:
        """Raise DeliveryRefused where a file lies behind a link, or its name is no text."""
        landing = self.workspace.landing
        if name != path.relative_to(landing).as_posix():
            raise DeliveryRefused("name", "its name is not written in UTF-8")
        folder = path.parent
        if folder not in self.is_linked:
            inside = (folder, *folder.parents)[: len(folder.relative_to(landing).parts)]
            self.is_linked[folder] = any(part.is_symlink() for part in inside)
        if self.is_linked[folder]:
            raise DeliveryRefused("no_file", "its folder is a link")

    def _archive(self, path: Path, size: int) -> str:
        """Keep a file; where one of its size came before, it is read to the end before a copy.

        What the archive holds is believed where its receipt was noted, which was after it lasted.
        """
        sha256 = hash_file(path) if self.contents[size] else ""
        if sha256 not in self.contents[size] or not (self.workspace.archive / sha256).exists():
            sha256, _ = archive_file(self.workspace, path)
            self.contents[size].add(sha256)
        return sha256

    def unclaimed(self) -> list[str]:
        """The files that no contract and no feed reads."""
        landing = self.workspace.landing
        everything = landing_files(landing, "**/*")
        return [name_below(landing, path) for path in everything if path not in self.claimed]


def arrivals_in_landing(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: Iterable[Contract]
) -> Arrivals:
    """Archive every file in landing/ that is new or changed, and group all of them."""
    contracts = tuple(contracts)
    refuse_unknown_feeds(workspace, contracts)
    landing = _Landing(workspace, _known_files(connection))
    files = {contract.slug: landing.files_of(contract) for contract in contracts}
    stamps = list(landing.stamps.values())
    delivered = [(slug, file) for slug, arrived in files.items() for file in arrived]
    keep(workspace, [stamp[-1] for stamp in stamps], delivered)
    insert_rows(connection, "quality.landing_files", stamps, or_replace=True)
    arrivals = Arrivals(refused=landing.refused, unclaimed=landing.unclaimed())
    loaded = _loaded_names(connection)
    archived = by_contract(archived_files(workspace)) if workspace.settings.feeds else {}
    for contract in contracts:
        arrived = files[contract.slug]
        feed = workspace.settings.feed_of(contract.slug)
        is_whole = feed is not None and feed.is_whole
        names = {} if is_whole else loaded.get(contract.slug, {})
        arrivals.refused += _repeated(contract, arrived, names)
        if feed is not None:
            earlier = [f for f in archived.get(contract.slug, []) if f.relation in feed.files]
            arrived += _taken_away(earlier, arrived, landing.known, names)
            if not arrived:
                paths = ", ".join(file.path for file in feed.files.values())
                arrivals.notes.append(f"The feed for {contract.slug} found no file: {paths}.")
        arrivals.deliveries += group(contract, feed, arrived)
    return arrivals


def arrivals_in_archive(
    workspace: Workspace,
    contracts: Iterable[Contract],
    until: dt.datetime,
    file_count: int | None = None,
) -> Arrivals:
    """What had been received by `until` (UTC), from the archive or its first files."""
    arrivals = Arrivals()
    known = islice(archived_files(workspace), file_count)
    files = by_contract(item for item in known if item[1].received_at <= until)
    for contract in contracts:
        feed = workspace.settings.feed_of(contract.slug)
        arrivals.deliveries += in_force(contract, feed, files.get(contract.slug, []))
    return arrivals


def in_force(contract: Contract, feed: Feed | None, files: Sequence[ArrivedFile]) -> list[Delivery]:
    """Files as deliveries: those that are read now, and those that came before there was a feed.

    A feed that is evaluated whole replaced the latter.
    """
    relations = relations_of(contract, feed)
    read = [file for file in files if file.relation in relations]
    contents = {file.sha256 for file in read}
    before = [
        file
        for file in files
        if file.relation == OWN_LAYOUT not in relations and file.sha256 not in contents
    ]
    if feed is not None and feed.is_whole:
        before = []
    return group(contract, None, before) + group(contract, feed, read)


def refuse_unknown_feeds(workspace: Workspace, contracts: Iterable[Contract]) -> None:
    """A feed for a contract that does not exist would be read by nothing, unseen."""
    slugs = {contract.slug for contract in contracts}
    unknown = [feed.contract for feed in workspace.settings.feeds if feed.contract not in slugs]
    if unknown:
        raise ConfigurationError(
            f"rapport.yml has a feed for {', '.join(unknown)}, but no such contract exists: there"
            f" are {', '.join(sorted(slugs))}."
        )


def _relations(workspace: Workspace, contract: Contract) -> dict[str, tuple[str, Dialect]]:
    return relations_of(contract, workspace.settings.feed_of(contract.slug))


def _known_files(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, int, int], str]:
    rows = connection.execute(
        "select file_name, size_bytes, modified_ns, sha256 from quality.landing_files"
    ).fetchall()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def by_contract(archived: Iterable[Archived]) -> dict[str, list[ArrivedFile]]:
    """The files of each contract, in the order given."""
    files: dict[str, list[ArrivedFile]] = {}
    for slug, file in archived:
        files.setdefault(slug, []).append(file)
    return files


def _taken_away(
    archived: list[ArrivedFile],
    present: list[ArrivedFile],
    known: dict[tuple[str, int, int], str],
    loaded: dict[str, str],
) -> list[ArrivedFile]:
    """Files of a feed that somebody tidied out of landing/: the archive still has them.

    A whole feed is evaluated over everything that was ever delivered for it, each name with its
    latest content; otherwise emptying landing/ would take rows out of the warehouse. Any other
    feed needs them when its select has changed.
    """
    names = {file.file_name for file in present}
    latest = {file.file_name: file.sha256 for file in archived}
    latest |= {name: sha256 for (name, _, _), sha256 in known.items()}
    contents = {file.sha256 for file in present}
    return [
        file
        for file in archived
        if (file.file_name not in names and latest[file.file_name] == file.sha256)
        or (loaded.get(file.sha256) == file.file_name and file.sha256 not in contents)
    ]


def _loaded_names(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """For each contract, the name under which each content was loaded."""
    rows = connection.execute(
        "select contract, sha256, file_name from quality.deliveries where status = 'loaded'"
    ).fetchall()
    names: dict[str, dict[str, str]] = {}
    for slug, sha256, file_name in rows:
        names.setdefault(slug, {})[sha256] = file_name
    return names


def _repeated(
    contract: Contract, files: list[ArrivedFile], loaded: dict[str, str]
) -> list[RefusedFile]:
    """Files whose bytes were delivered before under another name."""
    first: dict[tuple[str, str], str] = {}
    refused = []
    for file in sorted(files, key=lambda item: (item.received_at, item.file_name)):
        known_as = loaded.get(file.sha256, file.file_name)
        original = first.setdefault((file.relation, file.sha256), known_as)
        if original != file.file_name:
            reason = f"the same bytes as {original}, which is loaded once"
            refused.append(RefusedFile(contract, file.file_name, file.sha256, "repeated", reason))
    return refused
