"""The psychographic survey: items that show a person's latent values with noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.identifiers import identifiers_of

ASKED_SHARE = 0.05
ITEM_NOISE = 1.0
LOWEST, HIGHEST, MIDDLE = 1.0, 7.0, 4.2
SECONDS_AN_ITEM = 9.0


class Item(NamedTuple):
    """A statement: what it measures, by its code, and how strongly agreement follows from that."""

    dimension: str
    code: str
    attribute: str
    loading: float


ITEMS = (
    Item("values", "VAL-PRICE", "value_price", 1.2),
    Item("values", "VAL-QUALITY", "value_quality", 1.2),
    Item("values", "VAL-SUSTAIN", "value_sustainability", 1.2),
    Item("values", "VAL-NOVELTY", "value_novelty", 1.2),
    Item("values", "VAL-EASE", "value_convenience", 1.2),
    Item("beliefs", "BEL-CHEAP-IS-POOR", "value_quality", 0.8),
    Item("beliefs", "BEL-BRANDS-GREENWASH", "value_sustainability", 0.7),
    Item("beliefs", "BEL-SALES-ARE-FAIR", "value_price", 0.8),
    Item("attitudes", "ATT-ENJOY-SHOPPING", "value_novelty", 0.9),
    Item("attitudes", "ATT-PLAN-AHEAD", "value_novelty", -0.7),
    Item("attitudes", "ATT-SHOP-ONLINE", "online_share", 1.0),
    Item("motivations", "MOT-SAVE-MONEY", "price_sensitivity", 1.1),
    Item("motivations", "MOT-SAVE-TIME", "value_convenience", 0.9),
    Item("motivations", "MOT-LONG-LASTING", "value_sustainability", 0.8),
)


def ask_psychographics(block: Block) -> None:
    """Write the answers of those who take part; what each item measures is truth."""
    rng = block.rng("voice.psychographics")
    people = block.people.frame
    begun = rng.uniform(block.first_day, block.end_day, len(people))
    customer_id = identifiers_of(block, np.arange(len(people)), begun)["customer_id"]
    takes_part = rng.random(len(people)) < 2.5 * ASKED_SHARE * people["answer_tendency"].to_numpy()
    person = np.flatnonzero(takes_part & customer_id.notna().to_numpy())
    signal = block.settings.preset.signal
    answers = _answers(people.iloc[person], signal, rng)
    moment = begun[person][:, None] + np.arange(len(ITEMS)) * SECONDS_AN_ITEM / 86400
    who, item = (part.ravel() for part in np.indices(answers.shape))
    rows = {
        "answer_id": block.ids("PA", answers.size),
        "customer_id": customer_id.to_numpy(dtype=object)[person][who],
        "dimension": np.array([one.dimension for one in ITEMS], dtype=object)[item],
        "item": np.array([one.code for one in ITEMS], dtype=object)[item],
        "score": answers.ravel(),
        "scale_min": LOWEST,
        "scale_max": HIGHEST,
        "answered_at": block.at(moment.ravel()),
    }
    day = np.floor(moment.ravel()).astype(np.int64)
    block.emit("research/psychographic_answers", pd.DataFrame(rows), day=day)
    if block.number == 0:
        items = pd.DataFrame(ITEMS)
        items["loading"] *= signal
        block.truth("psychographic_items", items, day=np.zeros(len(items), dtype=np.int64))


def _answers(people: pd.DataFrame, signal: float, rng: np.random.Generator) -> np.ndarray:
    """Person × item, on the scale: agreement follows the latent attribute, with noise."""
    latent = np.stack([_standardised(people, item.attribute) for item in ITEMS], axis=1)
    loading = np.array([item.loading for item in ITEMS])
    felt = MIDDLE + signal * loading * latent + rng.normal(0, ITEM_NOISE, latent.shape)
    answers: np.ndarray = np.clip(np.rint(felt), LOWEST, HIGHEST)
    return answers


def _standardised(people: pd.DataFrame, attribute: str) -> np.ndarray:
    """The attribute around 0 with a spread of about 1; shares lie between 0 and 1."""
    values = people[attribute].to_numpy()
    return values if attribute.startswith("value_") else (values - 0.5) / 0.3
