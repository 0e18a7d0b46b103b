"""Everything that was ever delivered, from the archive alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from orchestration.config import Feed
from orchestration.contracts import Contract
from orchestration.errors import RapportError
from orchestration.loading.archive import archived_files
from orchestration.loading.arrivals import (
    Arrivals,
    by_contract,
    in_force,
    refuse_unknown_feeds,
)
from orchestration.loading.deliveries import OWN_LAYOUT, ArrivedFile, relations_of
from orchestration.workspace import Workspace


def arrivals_for_rebuild(workspace: Workspace, contracts: Iterable[Contract]) -> Arrivals:
    """Everything that was ever delivered, as the runs that found it took it.

    A content counts as it was first received; of a feed that is evaluated whole each name counts
    with its last content.
    """
    contracts = tuple(contracts)
    refuse_unknown_feeds(workspace, contracts)
    arrivals = Arrivals()
    _prove_whole(workspace)
    archived = by_contract(archived_files(workspace))
    for contract in contracts:
        feed = workspace.settings.feed_of(contract.slug)
        files = archived.get(contract.slug, [])
        if feed is not None and feed.is_whole:
            files = list({(file.relation, file.file_name): file for file in files}.values())
        else:
            arrivals.notes += _unread(contract, feed, files)
        first = {(file.relation, file.sha256): file for file in reversed(files)}
        arrivals.deliveries += in_force(contract, feed, list(first.values()))
    return arrivals


def _unread(contract: Contract, feed: Feed | None, files: Iterable[ArrivedFile]) -> list[str]:
    """What is told of files that only a feed could read that is gone."""
    relations = {*relations_of(contract, feed), OWN_LAYOUT}
    names = sorted({file.file_name for file in files if file.relation not in relations})
    if not names:
        return []
    return [
        f"{contract.slug}: {len(names)} files were not loaded, for the feed that read them is no"
        f" longer in rapport.yml: {', '.join(names[:5])}."
    ]


def _prove_whole(workspace: Workspace) -> None:
    """Raise RapportError unless the archive holds every file it names, each with its own bytes."""
    names = {file.sha256: file.file_name for _, file in archived_files(workspace)}
    broken = [name for sha256, name in names.items() if not _is_sound(workspace, sha256)]
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        raise RapportError(
            f"The archive has lost or damaged {broken[0]}{more}: restore {workspace.archive} from"
            " a backup and rebuild again; the working file was not touched."
        )


def _is_sound(workspace: Workspace, sha256: str) -> bool:
    path = workspace.archive / sha256
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
