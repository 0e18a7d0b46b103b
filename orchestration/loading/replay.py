"""Quarantined rows and deliveries, loaded again after a mend, exactly once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contracts import Contract
from orchestration.errors import ConfigurationError
from orchestration.loading.archive import archive_file
from orchestration.loading.deliveries import OWN_LAYOUT, ArrivedFile, Delivery, relations_of
from orchestration.loading.load import Loader
from orchestration.loading.mended import DELIVERY_COLUMN, MendedRow, apply, read_mended
from orchestration.loading.quarantined import Quarantined, quarantined
from orchestration.loading.rulings import Mend, note_mend, numbering
from orchestration.sql import transaction
from orchestration.workspace import Workspace, sync

FILES_OF = """
    select delivery_id, relation, file_name, sha256, size_bytes, received_at, definition_hash
    from quality.delivery_files
    inner join (select delivery_id, received_at, definition_hash from quality.deliveries)
        using (delivery_id)
    where delivery_id in (select unnest(?))
    order by delivery_id, relation, file_name
"""
LOADED_ROWS = """
    select coalesce(sum(rows_loaded), 0)::bigint from quality.deliveries
    where status = 'loaded' and contract in (select unnest(?))
"""
LEFT_ROWS = """
    select coalesce(sum(rows_quarantined), 0)::bigint from quality.deliveries
    where delivery_id in (select unnest(?))
"""
LAST_STATES = """
    select contract, max_by(delivery_id, (loaded_at, rowid)) from quality.deliveries
    where status in ('loaded', 'quarantined')
        and delivery_id in (select delivery_id from quality.delivery_files)
    group by contract
"""


@dataclass
class ReplayReport:
    """What a replay did."""

    deliveries: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Replay:
    """One replay over one connection to the working file."""

    connection: duckdb.DuckDBPyConnection
    workspace: Workspace
    contracts: Mapping[str, Contract]
    run_id: str
    started: dt.datetime

    def due(self, target: str | None) -> list[Delivery]:
        """What is in quarantine and whose contract or feed has changed since."""
        held = quarantined(self.connection, target)
        files = self._files([item.delivery_id for item in held])
        last = dict(self.connection.execute(LAST_STATES).fetchall())
        due = []
        for item in held:
            contract = self.contracts.get(item.contract)
            if contract is None or item.delivery_id not in files:
                continue
            definition, arrived = files[item.delivery_id]
            delivery = self._as_defined_now(contract, arrived)
            if delivery is None or delivery.definition_hash == definition:
                continue
            # of a feed that is evaluated whole only the last state counts
            if not delivery.is_whole or last.get(contract.slug) == item.delivery_id:
                due.append(delivery)
        return sorted(due, key=lambda one: (one.contract.table, one.received_at))

    def load(self, due: Sequence[Delivery], progress: Callable[[str], None]) -> ReplayReport:
        """Load deliveries whole, as they are defined now, in place of what they had loaded."""
        slugs = sorted({delivery.contract.slug for delivery in due})
        before = self._count(LOADED_ROWS, slugs)
        loader = Loader(self.connection, self.workspace, self.run_id, self.started)
        told = loader.load_again(due, progress).messages
        loaded = self._count(LOADED_ROWS, slugs) - before
        left = self._count(LEFT_ROWS, [delivery.delivery_id for delivery in due])
        return ReplayReport(len(due), loaded, left, told)

    def load_file(self, path: Path, target: str | None) -> ReplayReport:
        """Load the rows of a mended export in place of the quarantined ones."""
        rows = read_mended(path, path.name)
        contract = self._contract_of(rows, path.name, target)
        feed = self.workspace.settings.feed_of(contract.slug)
        sha256, _ = archive_file(self.workspace, path)
        sync(self.workspace.archive / sha256)
        sync(self.workspace.archive)
        zone = (feed and feed.time_zone) or contract.time_zone
        Loader(self.connection, self.workspace, self.run_id, self.started).prepare_connection()
        with transaction(self.connection):
            done = apply(self.connection, contract, zone, rows, self.run_id, self.started)
            if done.places:
                places = tuple(done.places)
                now = numbering(contract, feed)
                note_mend(self.workspace, Mend(contract.slug, path.name, sha256, now, places))
        report = ReplayReport(len(done.loaded), len(done.places), len(done.still_bad))
        report.messages = [f"{place}: {reason}" for place, reason in done.still_bad]
        if gone := len(rows) - len(done.places) - len(done.still_bad):
            report.messages.append(
                f"{gone} rows of {path.name} are not in quarantine (any more) as they were"
                " exported, and were left alone."
            )
        return report

    def _contract_of(self, rows: Sequence[MendedRow], name: str, target: str | None) -> Contract:
        """The one contract that a mended file is for; raise ConfigurationError if it cannot be."""
        ids = {str(row.get(DELIVERY_COLUMN)) for row in rows}
        found = self.connection.execute(
            "select contract, delivery_id, definition_hash, file_name from quality.deliveries"
            " where delivery_id in (select unnest(?)) order by all",
            [sorted(ids)],
        ).fetchall()
        slugs = {slug for slug, *_ in found}
        if len(slugs) != 1 or not slugs <= set(self.contracts):
            raise ConfigurationError(
                f"{name} must hold rows of one contract, as `rapport quarantine export` wrote"
                f" them; it names deliveries of {len(slugs)}."
            )
        contract = self.contracts[slugs.pop()]
        if target not in (None, contract.slug) and ids != {target}:
            raise ConfigurationError(
                f"{name} holds rows of {contract.slug}, not of {target} alone."
            )
        feed = self.workspace.settings.feed_of(contract.slug)
        if feed is not None and feed.is_whole:
            raise ConfigurationError(
                f"The feed for {contract.slug} joins or derives its rows: mend its files or its"
                " select instead, and run again."
            )
        for _, _, definition, file_name in found:
            if definition != Delivery(contract, feed, ()).definition_hash:
                raise ConfigurationError(
                    f"The contract or feed of {contract.slug} has changed since {file_name} was"
                    f" loaded: `rapport replay {contract.slug}` first, then export what is left."
                )
        return contract

    def _as_defined_now(self, contract: Contract, files: Sequence[ArrivedFile]) -> Delivery | None:
        feed = self.workspace.settings.feed_of(contract.slug)
        relations = {file.relation for file in files}
        if relations == {OWN_LAYOUT} and OWN_LAYOUT not in relations_of(contract, feed):
            feed = None
        wanted = set(relations_of(contract, feed))
        is_same = relations == wanted if feed and feed.is_whole else relations <= wanted
        return Delivery(contract, feed, tuple(files)) if is_same else None

    def _files(self, ids: Iterable[str]) -> dict[str, tuple[str | None, list[ArrivedFile]]]:
        found: dict[str, tuple[str | None, list[ArrivedFile]]] = {}
        for row in self.connection.execute(FILES_OF, [list(ids)]).fetchall():
            delivery_id, *file, definition = row
            found.setdefault(delivery_id, (definition, []))[1].append(ArrivedFile(*file))
        return found

    def _count(self, sql: str, names: Sequence[str]) -> int:
        row = self.connection.execute(sql, [list(names)]).fetchone()
        return int(row[0]) if row else 0


def told_if_nothing(held: Sequence[Quarantined]) -> str:
    """Why there is nothing to replay."""
    if not held:
        return "Nothing is in quarantine."
    return (
        "Nothing to replay: contracts and feeds are as they were when these deliveries were judged."
        " Mend one of them, or export the rows, mend the file and give it with --file."
    )
