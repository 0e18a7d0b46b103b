"""The brand tracker: how many know, consider, prefer and use each brand, month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, stream
from simulation.channels.market.mystery import OWN
from simulation.channels.market.prices import COMPETITORS

MEASURES = ("awareness", "consideration", "preference", "usage")
BRANDS = (OWN, *COMPETITORS)
# Share of the market by brand and measure at the start.
SHARES = np.array(
    [
        (0.62, 0.36, 0.17, 0.22),
        (0.74, 0.41, 0.21, 0.27),
        (0.55, 0.27, 0.11, 0.15),
        (0.48, 0.25, 0.10, 0.13),
    ]
)
MONTHLY_STEP, RETURN_RATE, REGION_SPREAD = 0.05, 0.05, 0.25
RESPONDENTS_A_REGION = 160
FIELD_DAYS = 10
EVERYWHERE = "all"
PATH = "voice.brand_path"


def track_brands(block: Block) -> None:
    """Write the waves that are delivered in the block; the true shares are truth."""
    settings = block.settings
    for day in range(block.first_day, block.end_day):
        if settings.date_of(day - FIELD_DAYS).day == 1:
            _deliver_wave(block, day)


def _deliver_wave(block: Block, day: int) -> None:
    regions = block.reference.regions["region"].to_numpy(dtype=object)
    rng = stream(block.settings.seed, "voice.brand_tracker", day)
    odds = _next_odds(block, rng)
    local = stream(block.settings.seed, "voice.brand_regions").normal(
        0, REGION_SPREAD, (*SHARES.shape, len(regions))
    )
    true = 1 / (1 + np.exp(-(odds[:, :, None] + local)))
    asked = rng.integers(RESPONDENTS_A_REGION - 25, RESPONDENTS_A_REGION + 25, len(regions))
    found = rng.binomial(asked, true) / asked
    # The whole market is the mean of the regions, weighted by those asked.
    true_all, found_all = ((part * asked).sum(axis=2) / asked.sum() for part in (true, found))
    rows = _rows(block, day, [*regions, EVERYWHERE])
    rows["respondent_count"] = np.tile(np.append(asked, asked.sum()), SHARES.size)
    truth = np.concatenate([true, true_all[:, :, None]], axis=2).ravel()
    measured = np.concatenate([found, found_all[:, :, None]], axis=2).ravel()
    block.truth("brand_health", rows.assign(true_share=truth), day=np.full(len(rows), day))
    block.emit(
        "research/brand_tracker", rows.assign(share=np.round(measured, 4)), day=[day] * len(rows)
    )


def _next_odds(block: Block, rng: np.random.Generator) -> np.ndarray:
    """Log odds of brand × measure: a slow walk around the brand's usual place."""
    usual = np.log(SHARES / (1 - SHARES))
    last = block.memory.get(PATH, usual)
    # The steps of the funnel move together.
    step = rng.normal(0, MONTHLY_STEP, (len(BRANDS), 1)) + rng.normal(0, 0.02, SHARES.shape)
    block.memory[PATH] = last + RETURN_RATE * (usual - last) + step
    odds: np.ndarray = block.memory[PATH]
    return odds


def _rows(block: Block, day: int, regions: list[str]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [BRANDS, MEASURES, regions], names=["brand", "measure", "region"]
    )
    rows = index.to_frame(index=False)
    wave = block.settings.date_of(day - FIELD_DAYS)
    return rows.assign(wave_date=wave, is_own=rows["brand"] == OWN)
