"""Days of the company on the civil calendar: bill runs and ends of months."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.block import Block
from simulation.channels.arrays import Ints

# Bills are sent on three days of each month; every subscriber has one of them.
CYCLE_DAYS = (1, 11, 21)


def dates(block: Block, day: Any) -> np.ndarray:
    """Calendar dates of days counted from the company's start."""
    start = block.settings.midnight.astype("datetime64[D]")
    found: np.ndarray = start + np.asarray(day, dtype=np.int64)
    return found


def days(block: Block, date: np.ndarray) -> Ints:
    """Days of the company of calendar dates."""
    passed = date.astype("datetime64[D]") - block.settings.midnight.astype("datetime64[D]")
    found: Ints = passed.astype(np.int64)
    return found


def bill_days(block: Block) -> list[tuple[int, int, int]]:
    """(day, cycle as an index into CYCLE_DAYS, month 1 to 12) of each bill run of the block."""
    every = np.arange(block.first_day, block.end_day)
    date = dates(block, every)
    months = date.astype("datetime64[M]")
    day_of_month = (date - months.astype("datetime64[D]")).astype(int) + 1
    month = months.astype(int) % 12 + 1
    return [
        (int(every[row]), CYCLE_DAYS.index(day_of_month[row]), int(month[row]))
        for row in np.flatnonzero(np.isin(day_of_month, CYCLE_DAYS))
    ]


def month_ends(block: Block) -> Ints:
    """The last days of months in the block."""
    every = np.arange(block.first_day, block.end_day)
    month = dates(block, every).astype("datetime64[M]")
    tomorrow = dates(block, every + 1).astype("datetime64[M]")
    ends: Ints = every[month != tomorrow]
    return ends


def next_bill_day(block: Block, day: Any, cycle: Any, months: Any) -> Ints:
    """The first bill day of a cycle after a day, for the nth time: `months` months further."""
    day = np.asarray(day, dtype=np.int64)
    offset = np.array(CYCLE_DAYS)[np.asarray(cycle)] - 1
    month = dates(block, day).astype("datetime64[M]")
    here = days(block, month.astype("datetime64[D]") + offset)
    extra = np.where(here > day, 0, 1) + np.asarray(months, dtype=np.int64) - 1
    return days(block, (month + extra).astype("datetime64[D]") + offset)
