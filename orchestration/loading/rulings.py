"""What people and gates decided about deliveries, kept in the archive beside the files.

Without it a warehouse that is loaded again from the archive would forget which rows were mended
and which deliveries the raw gate stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from orchestration.config import Feed
from orchestration.contracts import Contract
from orchestration.loading.archive import append_lines, read_lines
from orchestration.loading.deliveries import Delivery, digest, relations_of
from orchestration.workspace import Workspace

MENDS_FILE = "mends.jsonl"
WITHDRAWN_FILE = "withdrawn.jsonl"


@dataclass(frozen=True)
class Mend:
    """Rows that were loaded from a mended file of the archive, in place of quarantined ones."""

    contract: str
    file_name: str
    sha256: str
    numbering: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Withdrawal:
    """A delivery that the raw gate stopped, under one definition."""

    delivery_id: str
    definition_hash: str
    reason: str
    rows_delivered: int


def numbering(contract: Contract, feed: Feed | None) -> str:
    """Changes when files may be cut into rows in another way: row numbers then mean others."""
    select = feed.sql if feed else ""
    return digest(repr(sorted(relations_of(contract, feed).items())), select)


def note_mend(workspace: Workspace, mend: Mend) -> None:
    """Keep a mend, lasting; once, also where the replay was killed and is repeated."""
    path, line = workspace.archive / MENDS_FILE, json.dumps(asdict(mend))
    append_lines(path, [] if json.loads(line) in read_lines(path) else [line])


def mends_of(workspace: Workspace, contract: Contract) -> list[Mend]:
    """Every mend of a contract, in their order."""
    found = read_lines(workspace.archive / MENDS_FILE)
    return [
        Mend(**(entry | {"places": tuple(entry["places"])}))
        for entry in found
        if entry["contract"] == contract.slug
    ]


def note_withdrawn(workspace: Workspace, withdrawn: Iterable[Withdrawal]) -> None:
    """Keep what the raw gate stopped, lasting; each once."""
    known = set(Withdrawn.read(workspace).by_delivery.values())
    lines = [json.dumps(asdict(item)) for item in withdrawn if item not in known]
    append_lines(workspace.archive / WITHDRAWN_FILE, lines)


@dataclass(frozen=True)
class Withdrawn:
    """Everything that the raw gate ever stopped."""

    by_delivery: dict[tuple[str, str], Withdrawal]

    @classmethod
    def read(cls, workspace: Workspace) -> Withdrawn:
        """What the archive says."""
        found = (Withdrawal(**entry) for entry in read_lines(workspace.archive / WITHDRAWN_FILE))
        return cls({(item.delivery_id, item.definition_hash): item for item in found})

    def find(self, delivery: Delivery) -> Withdrawal | None:
        """Why this delivery, as it is defined now, was stopped."""
        return self.by_delivery.get((delivery.delivery_id, delivery.definition_hash))
