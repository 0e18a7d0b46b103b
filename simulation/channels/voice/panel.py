"""The agency's panel: the market's opinion, customers or not, with weights that make it whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block, stream
from simulation.channels.arrays import Objects, uniform
from simulation.channels.identifiers import identifiers_of
from simulation.channels.market.mystery import OWN
from simulation.channels.market.prices import COMPETITORS
from simulation.channels.remarks import imagine, write
from simulation.vocabulary import LANGUAGES

PANELISTS, ASKED_SHARE = 400, 0.75
MATCHED_SHARE = 0.12
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
# The panel is younger than the population; the weights mend it.
PANEL_SHARES, POPULATION_SHARES = (0.34, 0.32, 0.22, 0.12), (0.19, 0.26, 0.27, 0.28)
BRANDS = (OWN, *COMPETITORS)
# Mean recommendation of each brand, and what another age band adds to that of the own.
RECOMMENDATION = (7.4, 7.0, 6.6, 6.9)
AGE_EFFECT = 0.35
OPINION_SPREAD, ITEM_NOISE = 1.5, 0.8
TOPICS = ("price", "product_quality", "delivery", "staff", "stock", "website", "general")


def ask_panel(block: Block) -> None:
    """Write one wave of answers a block: scores for each brand and reasons in own words."""
    panel = _panel(block)
    rng = block.rng("voice.panel")
    panel = panel[rng.random(len(panel)) < ASKED_SHARE].reset_index(drop=True)
    middle = (block.first_day + block.end_day) // 2
    panel["day"] = rng.integers(middle - 12, middle + 12, len(panel))
    date = block.settings.date_of(middle)
    panel["wave"] = f"{date.year}-Q{(date.month - 1) // 3 + 1}"
    panel["customer_id"] = identifiers_of(block, panel["person"], panel["day"])["customer_id"]
    _ask_scores(block, panel, rng)
    _ask_reasons(block, panel, rng)
    opinions = panel[["panelist_id", "person", "wave", "weight", "opinion"]]
    block.truth("panel_opinions", opinions, day=panel["day"].to_numpy())


def _panel(block: Block) -> pd.DataFrame:
    """The standing panel: who they are does not change from wave to wave."""
    rng = stream(block.settings.seed, "voice.panel")
    regions = block.reference.regions
    age = rng.choice(len(AGE_BANDS), PANELISTS, p=PANEL_SHARES)
    region = rng.integers(0, len(regions), PANELISTS)
    weight = np.array(POPULATION_SHARES) / np.array(PANEL_SHARES)
    standing = max(block.settings.people_by(0), 1)
    person = (uniform(block.settings.seed, np.arange(PANELISTS), 81) * standing).astype(np.int64)
    is_matched = rng.random(PANELISTS) < MATCHED_SHARE
    country = regions["country_code"].to_numpy(dtype=object)[region]
    return pd.DataFrame(
        {
            "panelist_id": [f"PN{10_000 + 7 * number}" for number in range(PANELISTS)],
            "person": np.where(is_matched & (standing >= PANELISTS), person, -1),
            "age": age,
            "age_band": np.array(AGE_BANDS, dtype=object)[age],
            "gender": np.where(rng.random(PANELISTS) < 0.52, "female", "male"),
            "region": regions["region"].to_numpy(dtype=object)[region],
            "language": pd.Series(country).map(LANGUAGES).to_numpy(dtype=object),
            "weight": np.round(weight[age], 4),
            "opinion": rng.normal(0, OPINION_SPREAD, PANELISTS) + AGE_EFFECT * (age - 1.5),
        }
    )


def _ask_scores(block: Block, panel: pd.DataFrame, rng: np.random.Generator) -> None:
    """Would you recommend …? 0 to 10, and the fairness of our prices, 1 to 5."""
    for brand, mean in zip(BRANDS, RECOMMENDATION, strict=True):
        own_view = panel["opinion"] if brand == OWN else rng.normal(0, OPINION_SPREAD, len(panel))
        score = np.rint(mean + own_view + rng.normal(0, ITEM_NOISE, len(panel))).clip(0, 10)
        _emit(block, panel, f"recommend {brand}", None, score, (0.0, 10.0))
    fairness = np.rint(3.3 + 0.3 * panel["opinion"] + rng.normal(0, 0.8, len(panel))).clip(1, 5)
    _emit(block, panel, "fair prices", None, fairness, (1.0, 5.0))


def _ask_reasons(block: Block, panel: pd.DataFrame, rng: np.random.Generator) -> None:
    """Why? In the panelist's own words, by two thirds of them."""
    told = panel[rng.random(len(panel)) < 0.65].reset_index(drop=True)
    sentiment = np.rint(1.1 * told["opinion"] + 0.5 + rng.normal(0, 0.7, len(told)))
    topic = rng.choice(np.array(TOPICS, dtype=object), len(told))
    language = told["language"].to_numpy(dtype=object)
    remark = imagine(rng, language, topic, sentiment.to_numpy())
    keys: Objects = (told["panelist_id"] + "/" + told["wave"] + "/reason").to_numpy(dtype=object)
    texts = write(
        block, rng, "panel", remark,
        source="research/panel_answers", keys=keys, day=told["day"].to_numpy(),
    )  # fmt: skip
    _emit(block, told, "reason", texts, None, (None, None))


def _emit(
    block: Block,
    panel: pd.DataFrame,
    question: str,
    answer: Objects | None,
    score: Any,
    scale: tuple[float | None, float | None],
) -> None:
    known = ["panelist_id", "wave", "customer_id", "age_band", "gender", "region", "weight"]
    rows = panel[known].assign(
        question=question,
        answer=answer,
        score=score,
        scale_min=scale[0],
        scale_max=scale[1],
        answered_date=block.at(panel["day"]),
    )
    block.emit("research/panel_answers", rows, day=panel["day"].to_numpy())
