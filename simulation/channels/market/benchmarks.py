"""The benchmarking club's quarterly figures: the market, its best company, and ourselves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from simulation.block import Block, stream

INDUSTRY = "fashion and home retail"
PUBLISHED_AFTER_DAYS = 45
QUARTERS_BEFORE_START = 8
# Measure: unit, market's mean, spread between quarters, the best company's lead, our own lead.
MEASURES = {
    "nps": ("points", 38.0, 1.5, 22.0, 3.0),
    "csat": ("share", 0.78, 0.01, 0.1, 0.01),
    "first_contact_resolution": ("share", 0.69, 0.012, 0.12, -0.03),
    "answer_time": ("seconds", 74.0, 6.0, -40.0, 22.0),
    "return_rate": ("share", 0.14, 0.006, -0.05, -0.02),
    "on_time_delivery": ("share", 0.91, 0.008, 0.06, -0.02),
    "repeat_purchase_rate": ("share", 0.36, 0.01, 0.13, 0.02),
}
REGION_SPREAD = 0.02
# Relative error of the club's own_value, which rests on its small sample.
SAMPLING_ERROR = 0.03
EVERYWHERE = "all"


def publish_benchmarks(block: Block) -> None:
    """Write each quarter 45 days after its end; quarters before the company on the first day."""
    start = block.settings.start
    first = start.year * 4 + (start.month - 1) // 3 - QUARTERS_BEFORE_START
    for quarter in range(first, first + QUARTERS_BEFORE_START + block.end_day // 90 + 1):
        day = block.settings.day_of(_first_of(quarter + 1)) + PUBLISHED_AFTER_DAYS
        if block.first_day <= max(day, 0) < block.end_day:
            _publish(block, quarter, max(day, 0))


def _publish(block: Block, quarter: int, day: int) -> None:
    regions = [EVERYWHERE, *block.reference.regions["region"]]
    table = pd.DataFrame.from_dict(
        MEASURES, orient="index", columns=["unit", "market", "spread", "best_lead", "own_lead"]
    )
    rows = (
        table.rename_axis("measure")
        .reset_index()
        .merge(pd.DataFrame({"region": regions}), how="cross")
    )
    count = len(rows)
    local = stream(block.settings.seed, "market.benchmark_regions").normal(0, REGION_SPREAD, count)
    rng = stream(block.settings.seed, "market.benchmarks", quarter)
    is_local = (rows["region"] != EVERYWHERE).to_numpy()
    market = rows["market"] * (1 + local * is_local) + rng.normal(0, rows["spread"])
    own_error = rng.normal(0, SAMPLING_ERROR, count) * rows["market"]
    published = pd.DataFrame(
        {
            "period_start_date": _first_of(quarter),
            "measure": rows["measure"],
            "industry": INDUSTRY,
            "region": rows["region"],
            "own_value": np.round(rows["market"] + rows["own_lead"] + own_error, 4),
            "market_value": np.round(market, 4),
            "best_value": np.round(market + rows["best_lead"], 4),
            "sample_size": rng.integers(80, 160, count) * np.where(is_local, 1, len(regions)),
            "unit": rows["unit"],
        }
    )
    block.emit("market/benchmarks", published, day=np.full(count, day))


def _first_of(quarter: int) -> dt.date:
    return dt.date(quarter // 4, quarter % 4 * 3 + 1, 1)
