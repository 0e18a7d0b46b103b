"""Planted dirt: what real deliveries suffer from, at a known rate and place.

A company without dirt and the same company with it have the same truth: every good row arrives
once at least, in its right version last. Repeats, late rows and corrections all happen within
cycles of `CYCLE_DAYS` days, so that at the end of each cycle nothing is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import Contract
from simulation.settings import Preset

CYCLE_DAYS = 5
GOOD, BAD, REPEATED, LATE, WRONG, CORRECTED = "", "bad", "repeated", "late", "wrong", "corrected"
FAR_FUTURE = 2_000_000_000_000


@dataclass(frozen=True)
class Emitted:
    """Rows with the day of their extract, what was done to them, and their place in the order."""

    table: pa.Table
    day: np.ndarray
    dirt: np.ndarray
    place: np.ndarray

    def take(self, rows: np.ndarray) -> Emitted:
        """Some rows, in the order given."""
        return Emitted(self.table.take(pa.array(rows)), self.day[rows], self.dirt[rows],
                       self.place[rows])  # fmt: skip


def joined(parts: list[Emitted]) -> Emitted:
    """All rows of the parts, one after the other."""
    return Emitted(
        pa.concat_tables([part.table for part in parts]).combine_chunks(),
        *(np.concatenate([getattr(part, name) for part in parts])
          for name in ("day", "dirt", "place")),
    )  # fmt: skip


def clean(table: pa.Table, day: np.ndarray) -> Emitted:
    """Rows as they are."""
    rows = table.num_rows
    return Emitted(table, day.astype(np.int64), np.full(rows, GOOD, dtype=object), np.arange(rows))


def soil(contract: Contract, rows: Emitted, preset: Preset, rng: np.random.Generator) -> Emitted:
    """Add bad rows, repeats, late and corrected rows at the preset's rates."""
    draw = rng.random(rows.table.num_rows)
    left_in_cycle = CYCLE_DAYS - 1 - rows.day % CYCLE_DAYS
    wait = 1 + rng.integers(0, CYCLE_DAYS, len(draw)) % np.maximum(left_in_cycle, 1)
    is_orderable = contract.mode == "append" or contract.updated_at is not None
    may_wait = (left_in_cycle > 0) & is_orderable & (rows.day > 0)
    is_late = may_wait & (draw < preset.late_share)
    draw = rng.random(len(draw))
    wrong = _wrong_versions(contract, rows, may_wait & ~is_late & (draw < preset.corrected_share))
    is_moved = is_late.copy()
    is_moved[wrong.place] = True
    moved = Emitted(
        rows.table,
        np.where(is_moved, rows.day + wait, rows.day),
        np.where(is_late, LATE, np.where(is_moved, CORRECTED, rows.dirt)),
        rows.place,
    )
    repeats = _repeats(moved, wait, may_wait, rng.random(len(draw)) < preset.repeat_share)
    bad = _bad_rows(contract, rows, rng.random(len(draw)) < preset.dirt_share, rng)
    return joined([moved, wrong, repeats, bad])


def _repeats(rows: Emitted, wait: np.ndarray, may_wait: np.ndarray, chosen: np.ndarray) -> Emitted:
    """The same row once more: later in the cycle where versions can be told apart, else beside."""
    again = rows.take(np.flatnonzero(chosen & (rows.dirt == GOOD)))
    later = np.where(may_wait, rows.day + wait, rows.day)[again.place]
    return Emitted(again.table, later, np.full(len(later), REPEATED, dtype=object), again.place)


def _wrong_versions(contract: Contract, rows: Emitted, chosen: np.ndarray) -> Emitted:
    """What the source said first and corrected later: an amount ten times too high."""
    amount = next((c.name for c in contract.columns if c.type.startswith("decimal")), None)
    none = rows.take(np.empty(0, dtype=np.int64))
    if contract.mode != "upsert" or contract.updated_at is None or amount is None:
        return none
    is_known = pc.is_valid(rows.table[contract.updated_at]).to_numpy(zero_copy_only=False)
    first = rows.take(np.flatnonzero(chosen & is_known))
    table = first.table
    wrong = pc.cast(pc.multiply(pc.cast(table[amount], pa.float64()), 10), table[amount].type)
    earlier = pc.subtract(table[contract.updated_at], pa.scalar(1000, pa.duration("ms")))
    table = _replaced(_replaced(table, amount, wrong), contract.updated_at, earlier)
    return Emitted(table, first.day, np.full(len(first.day), WRONG, dtype=object), first.place)


def _bad_rows(
    contract: Contract, rows: Emitted, chosen: np.ndarray, rng: np.random.Generator
) -> Emitted:
    """Copies of rows that break the contract, each in one way that its table can carry."""
    ways = _ways(contract)
    bad = rows.take(np.flatnonzero(chosen & (rows.dirt == GOOD)))
    way = rng.integers(0, len(ways), len(bad.day))
    table = bad.table
    for number, (name, value) in enumerate(ways):
        spoiled = pa.scalar(value, table[name].type)
        table = _replaced(table, name, pc.if_else(pa.array(way == number), spoiled, table[name]))
    return Emitted(table, bad.day, np.full(len(bad.day), BAD, dtype=object), bad.place)


def _ways(contract: Contract) -> list[tuple[str, object]]:
    """(column, value) pairs that its contract forbids."""
    ways: list[tuple[str, object]] = []
    for column in contract.columns:
        if column.is_required:
            ways.append((column.name, None))
        if column.values and column.type == "varchar":
            ways.append((column.name, "??"))
        if column.minimum is not None and column.type in ("bigint", "integer", "double"):
            ways.append((column.name, int(column.minimum) - 1))
        if column.name == contract.event_at and column.type == "timestamp":
            ways.append((column.name, FAR_FUTURE * 2))
    return ways


def _replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)
