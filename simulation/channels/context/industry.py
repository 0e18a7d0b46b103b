"""The turnover of the whole industry as the statistical offices publish it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from simulation.block import Block, stream
from simulation.vocabulary import COUNTRY_SHARES

INDUSTRIES = ("clothing and footwear", "household goods", "consumer electronics")
BASE_PERIOD = "2021"
BASE_MONTH = 2021 * 12 + 6
MONTHS_BEFORE_START = 24
PROVISIONAL_AFTER_DAYS = 40
REVISED_AFTER_DAYS = 130
# Turnover of each calendar month against the mean of a year.
SEASON = (0.91, 0.84, 0.95, 0.96, 0.99, 1.0, 1.0, 0.95, 0.97, 1.02, 1.13, 1.28)
YEARLY_GROWTH = 0.025


def publish_industry_index(block: Block) -> None:
    """Write each month twice: provisional after 40 days, revised after 130."""
    start = block.settings.start
    first_month = start.year * 12 + start.month - 1 - MONTHS_BEFORE_START
    months = range(first_month, first_month + MONTHS_BEFORE_START + block.end_day // 28 + 1)
    for after, is_provisional in ((PROVISIONAL_AFTER_DAYS, True), (REVISED_AFTER_DAYS, False)):
        for month in months:
            day = block.settings.day_of(_first_of(month + 1)) + after
            if block.first_day <= max(day, 0) < block.end_day:
                _publish(block, month, day, is_provisional)


def _publish(block: Block, month: int, day: int, is_provisional: bool) -> None:
    """Write a month of all industries and countries; what predates the company on its first day."""
    names = pd.MultiIndex.from_product(
        [INDUSTRIES, COUNTRY_SHARES], names=["industry", "country_code"]
    )
    rng = stream(block.settings.seed, "context.industry", month)
    years = (month - BASE_MONTH) / 12
    level = 100 * (1 + YEARLY_GROWTH) ** years * SEASON[month % 12]
    true = level * np.exp(rng.normal(0, 0.015, len(names)))
    error = rng.normal(0, 0.012, len(names)) if is_provisional else 0.0
    rows = names.to_frame(index=False).assign(
        period_start_date=_first_of(month),
        index_value=np.round(true * np.exp(error), 1),
        base_period=BASE_PERIOD,
        is_provisional=is_provisional,
        published_at=block.at(np.full(len(names), day), 9.5 * 3600),
    )
    block.emit("context/industry_index", rows, day=np.full(len(rows), max(day, 0)))


def _first_of(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)
