"""Step one of a run: find what arrived, archive it, and group it into deliveries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contracts import Contract, Dialect
from orchestration.errors import ConfigurationError, DeliveryRefused
from orchestration.loading.deliveries import (
    ArrivedFile,
    Delivery,
    archive_file,
    archived_files,
    digest,
    group,
    landing_files,
    received_at,
    relations_of,
    remember,
)
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


def arrivals_in_landing(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: Iterable[Contract]
) -> Arrivals:
    """Archive every file in landing/ that is new or changed, and group all of them."""
    contracts = tuple(contracts)
    _refuse_unknown_feeds(workspace, contracts)
    arrivals = Arrivals()
    known = _known_files(connection)
    claimed: set[Path] = set()
    for contract in contracts:
        files: list[ArrivedFile] = []
        for relation, (pattern, _) in _relations(workspace, contract).items():
            for path in landing_files(workspace.landing, pattern):
                claimed.add(path)
                try:
                    file = _arrive(connection, workspace, contract, relation, path, known)
                except DeliveryRefused as error:
                    name = path.relative_to(workspace.landing).as_posix()
                    refusal = RefusedFile(contract, name, "", error.code, error.reason)
                    arrivals.refused.append(refusal)
                    continue
                remember(workspace, contract, file)
                files.append(file)
        feed = workspace.settings.feed_of(contract.slug)
        is_whole = feed is not None and feed.is_whole
        loaded = {} if is_whole else _loaded_names(connection, contract)
        arrivals.refused += _repeated(contract, files, loaded)
        if feed is not None:
            files += _taken_away(workspace, contract, files, known, loaded)
            if not files:
                paths = ", ".join(file.path for file in feed.files.values())
                arrivals.notes.append(f"The feed for {contract.slug} found no file: {paths}.")
        arrivals.deliveries += group(contract, feed, files)
    everything = landing_files(workspace.landing, "**/*")
    arrivals.unclaimed = [
        path.relative_to(workspace.landing).as_posix() for path in everything if path not in claimed
    ]
    return arrivals


def arrivals_in_archive(
    workspace: Workspace, contracts: Iterable[Contract], until: dt.datetime
) -> Arrivals:
    """What had been received by `until` (UTC), from the archive."""
    arrivals = Arrivals()
    files: dict[str, list[ArrivedFile]] = {}
    for slug, file in archived_files(workspace, until):
        files.setdefault(slug, []).append(file)
    for contract in contracts:
        feed = workspace.settings.feed_of(contract.slug)
        arrivals.deliveries += group(contract, feed, files.get(contract.slug, []))
    return arrivals


def _refuse_unknown_feeds(workspace: Workspace, contracts: Iterable[Contract]) -> None:
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


def _arrive(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    relation: str,
    path: Path,
    known: dict[tuple[str, int, int], str],
) -> ArrivedFile:
    """Archive a file, unless the same path, size and time was archived before."""
    name = path.relative_to(workspace.landing).as_posix()
    status = path.lstat()
    stamp = (name, status.st_size, status.st_mtime_ns)
    sha256 = known.get(stamp)
    if sha256 is None or not (workspace.archive / sha256).exists():
        sha256, _ = archive_file(workspace, path)
        connection.execute(
            "insert or replace into quality.landing_files values (?, ?, ?, ?)", [*stamp, sha256]
        )
        known[stamp] = sha256
    when = received_at(contract, name, status.st_mtime)
    return ArrivedFile(relation, name, sha256, status.st_size, when)


def _taken_away(
    workspace: Workspace,
    contract: Contract,
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
    latest = {name: sha256 for (name, _, _), sha256 in known.items() if name not in names}
    contents = {file.sha256 for file in present}
    return [
        file
        for slug, file in archived_files(workspace)
        if slug == contract.slug
        and (
            latest.get(file.file_name) == file.sha256
            or (loaded.get(file.sha256) == file.file_name and file.sha256 not in contents)
        )
    ]


def _loaded_names(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, str]:
    """The name under which each content of this contract was loaded."""
    rows = connection.execute(
        "select sha256, file_name from quality.deliveries where contract = ? and status = 'loaded'",
        [contract.slug],
    ).fetchall()
    return dict(rows)


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
