"""When people come: by season and weekday, most often in the evening."""

from __future__ import annotations

import numpy as np

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Ints
from simulation.purchases import season

SESSION_GAP_SECONDS = 31 * 60.0


def busy_days(block: Block, rng: np.random.Generator, begin: Ints, end: Ints) -> Ints:
    """A day for each row between two days of the block, by season and weekday."""
    steps = np.concatenate([[0.0], np.cumsum(season(block))])
    low, high = steps[begin - block.first_day], steps[end - block.first_day]
    mass = low + rng.random(len(begin)) * (high - low)
    day = block.first_day + np.searchsorted(steps, mass, side="right") - 1
    found: Ints = np.clip(day, begin, np.maximum(end - 1, begin))
    return found


def moments(block: Block, rng: np.random.Generator, begin: Ints, end: Ints) -> Floats:
    """A moment online (float days) for each row between two days of the block."""
    day, count = busy_days(block, rng, begin, end), len(begin)
    is_evening = rng.random(count) < 0.6
    hour = np.where(is_evening, rng.normal(19.5, 2.0, count), rng.normal(12.5, 3.2, count))
    found: Floats = day + np.clip(hour, 0.05, 23.4) / 24
    return found


def visit_days(block: Block) -> tuple[Ints, Ints]:
    """First day and end of each person's active days in the block; equal where there is none."""
    people = block.people
    begin = np.clip(people.column("joined_day"), block.first_day, block.end_day)
    end = np.clip(people.column("dropout_day") + 1, begin, block.end_day)
    return begin, end


def undisturbed(who: Ints, start: Floats, end: Floats, must_stay: Bools) -> Bools:
    """Which visits (times in seconds) keep more than half an hour from others of the same kind.

    Of two that are too near the later one goes, or the one that need not stay.
    """
    by_time = np.lexsort((start, who))
    same = who[by_time[1:]] == who[by_time[:-1]]
    near = same & (start[by_time[1:]] < end[by_time[:-1]] + SESSION_GAP_SECONDS)
    keep = np.ones(len(start), dtype=bool)
    before, after = by_time[:-1][near], by_time[1:][near]
    keep[after[~must_stay[after]]] = False
    keep[before[must_stay[after] & ~must_stay[before]]] = False
    return keep
