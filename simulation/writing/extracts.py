"""Where emitted rows go: one history delivery per contract, then one a day."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.contracts import Contract
from simulation.block import Columns, Days, stream
from simulation.settings import CompanySettings
from simulation.writing.dirt import BAD, GOOD, REPEATED, Emitted, clean, joined, soil
from simulation.writing.formats import ExtractFile, WrittenBefore
from simulation.writing.tables import to_table
from simulation.writing.truth import TruthFiles

COMPRESSED = {
    "app/events", "calls/turns", "footfall/door_counts", "loyalty/points", "marketing/touches",
}  # fmt: skip
# Bad rows never make up so much of a delivery that its contract would refuse it whole.
GREATEST_BAD_SHARE = 0.02
DRIFT_EVERY_DAYS = 10
DIRT_COLUMNS = ["contract", "file_name", "row_number", "kind"]
DELIVERY_COLUMNS = ["contract", "file_name", "row_count", "bad_row_count", "repeated_row_count"]


class Extracts:
    """Receives rows block by block and writes the deliveries of the days [first, until)."""

    def __init__(
        self,
        settings: CompanySettings,
        contracts: Mapping[str, Contract],
        out: Path,
        daily_from: int,
        days: tuple[int, int],
    ) -> None:
        """`days`: which extract days are written, the end exclusive; those before were already."""
        self.truth = TruthFiles(out / "truth", days[1])
        self._settings = settings
        self._contracts = contracts
        self._landing = out / "landing"
        self._daily_from = daily_from
        self._first, self._until = days
        self._emitted: dict[str, list[Emitted]] = {}
        self._waiting: dict[str, Emitted] = {}
        self._history: dict[str, ExtractFile] = {}
        self._dirt: list[tuple[str, str, int, str]] = []
        self._deliveries: list[tuple[str, str, int, int, int]] = []

    def add(self, slug: str, columns: Columns, day: Days) -> None:
        """Take rows of an extract; the day is that of the export they stand in."""
        if len(day) == 0:
            return
        table = to_table(self._contracts[slug], columns, len(day))
        self._emitted.setdefault(slug, []).append(clean(table, day))

    def add_truth(self, name: str, columns: Columns, day: Days) -> None:
        """Take latent truth; rows that become true later than the last day are left out."""
        self.truth.add(name, columns, day)

    def end_block(self, number: int, end_day: int) -> None:
        """Write what was exported before `end_day`; keep the rest for later blocks."""
        for slug in sorted(self._emitted.keys() | self._waiting.keys()):
            rows = joined(self._waiting_rows(slug) + self._soiled(slug, number))
            is_due = rows.day < end_day
            if not is_due.all():
                self._waiting[slug] = rows.take(np.flatnonzero(~is_due))
            due = rows.take(np.flatnonzero(is_due))
            self._write(slug, due.take(np.argsort(due.day, kind="stable")))
        self._emitted.clear()
        self._tell_dirt()
        self.truth.end_block()

    def close(self) -> None:
        """Finish every file that is still open."""
        for file in self._history.values():
            file.close()
        self.truth.close()

    def _waiting_rows(self, slug: str) -> list[Emitted]:
        return [self._waiting.pop(slug)] if slug in self._waiting else []

    def _soiled(self, slug: str, number: int) -> list[Emitted]:
        """The block's rows in the order of their events, dirt among them."""
        parts = self._emitted.get(slug)
        if not parts:
            return []
        rows = joined(parts)
        rows = Emitted(rows.table, rows.day, rows.dirt, np.arange(len(rows.day)))
        preset = self._settings.preset
        if preset.dirt_share + preset.repeat_share + preset.late_share + preset.corrected_share > 0:
            rng = stream(self._settings.seed, f"dirt.{slug}", number)
            rows = soil(self._contracts[slug], rows, preset, rng)
        # Within a day by place: a repeat stands beside its original, a later version after both.
        return [rows.take(np.argsort(rows.place, kind="stable"))]

    def _write(self, slug: str, rows: Emitted) -> None:
        until = np.searchsorted(rows.day, self._until)
        daily = np.searchsorted(rows.day, self._daily_from)
        if daily:
            self._write_history(slug, rows.take(np.arange(daily)))
        self._write_days(slug, rows.take(np.arange(daily, until)))

    def _write_history(self, slug: str, rows: Emitted) -> None:
        if slug not in self._history:
            self._history[slug] = self._open(slug, self._daily_from, is_written=self._first == 0)
        self._append(slug, self._history[slug], rows)

    def _write_days(self, slug: str, rows: Emitted) -> None:
        days, starts = np.unique(rows.day, return_index=True)
        ends = np.append(starts, len(rows.day))[1:]
        for day, start, end in zip(days.tolist(), starts, ends, strict=True):
            file = self._open(slug, day + 1, is_written=day >= self._first)
            part = rows.take(np.arange(start, end))
            self._append(slug, file, part, self._drift(slug, day))
            file.close()

    def _append(
        self,
        slug: str,
        file: ExtractFile,
        rows: Emitted,
        drift: Callable[[pa.Table], pa.Table] | None = None,
    ) -> None:
        """Write rows, no more bad ones than the delivery can bear, and note the dirt as truth."""
        allowed = int(GREATEST_BAD_SHARE * (rows.dirt != BAD).sum())
        is_excess = (rows.dirt == BAD) & (np.cumsum(rows.dirt == BAD) > allowed)
        rows = rows.take(np.flatnonzero(~is_excess))
        self._note_dirt(slug, file, rows)
        file.write(drift(rows.table) if drift else rows.table)

    def _note_dirt(self, slug: str, file: ExtractFile, rows: Emitted) -> None:
        name = file.path.relative_to(self._landing).as_posix()
        dirty = np.flatnonzero(rows.dirt != GOOD)
        self._dirt += [(slug, name, file.rows + row + 1, rows.dirt[row]) for row in dirty.tolist()]
        bad = int((rows.dirt == BAD).sum())
        repeated = int((rows.dirt == REPEATED).sum())
        self._deliveries.append((slug, name, len(rows.day), bad, repeated))

    def _tell_dirt(self) -> None:
        """The truth about what was written in this block."""
        dirt = pd.DataFrame(self._dirt, columns=DIRT_COLUMNS).astype({"row_number": np.int64})
        self.truth.add("planted_dirt", dirt, np.zeros(len(dirt)), even_if_empty=True)
        deliveries = pd.DataFrame(self._deliveries, columns=DELIVERY_COLUMNS)
        self.add_truth("deliveries", deliveries, np.zeros(len(deliveries)))
        self._dirt.clear()
        self._deliveries.clear()

    def _open(self, slug: str, received_day: int, *, is_written: bool) -> ExtractFile:
        file_format = self._contracts[slug].dialect.format
        suffix = f".{file_format}.gz" if slug in COMPRESSED else f".{file_format}"
        date = self._settings.date_of(received_day).strftime("%Y%m%d")
        name = f"{slug.split('/')[1]}_{date}{suffix}"
        kind = ExtractFile if is_written else WrittenBefore
        return kind(self._landing / slug / name, file_format)

    def _drift(self, slug: str, day: int) -> Callable[[pa.Table], pa.Table] | None:
        """Now and then a source adds a column, or changes their order, and tells nobody."""
        if self._settings.preset.dirt_share == 0:
            return None
        kind = (zlib.crc32(slug.encode()) + day) % DRIFT_EVERY_DAYS
        return {0: _with_batch_column, 1: _reversed}.get(kind)


def _with_batch_column(table: pa.Table) -> pa.Table:
    return table.append_column("export_batch", pa.array(["nightly"] * table.num_rows))


def _reversed(table: pa.Table) -> pa.Table:
    return table.select(table.column_names[::-1])
