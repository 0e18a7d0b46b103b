"""What somebody who had an experience talks about: the driver that stood out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.channels.arrays import Objects
from simulation.experience import DRIVER_WEIGHTS

TOPICS = {
    "delivery_speed": "delivery",
    "product_quality": "product_quality",
    "price_value": "price",
    "site_ease": "website",
    "staff_help": "staff",
    "waiting": "waiting",
}
OFF_TOPIC_SHARE = 0.12
OTHER_TOPICS = ("general", "stock", "size_fit", "loyalty", "payment")


def main_topics(
    experiences: pd.DataFrame, sentiment: np.ndarray, rng: np.random.Generator
) -> Objects:
    """For praise the driver that helped most, for a complaint the one that hurt most.

    `experiences` has `channel` and the columns of drivers that played a part; some people talk of
    something else, and so do those without any driver.
    """
    weights = np.array([DRIVER_WEIGHTS[name] for name in TOPICS])
    effect = (
        np.nan_to_num(experiences.reindex(columns=list(TOPICS)).to_numpy(dtype=float)) * weights
    )
    told = effect * np.where(sentiment < 0, -1.0, 1.0)[:, None]
    names = np.array(list(TOPICS.values()), dtype=object)
    topic = names[told.argmax(axis=1)]
    is_app = (experiences["channel"] == "app").to_numpy()
    topic = np.where((topic == "website") & is_app, "app", topic)
    elsewhere = (rng.random(len(topic)) < OFF_TOPIC_SHARE) | (told.max(axis=1) <= 0)
    other = rng.choice(
        np.array(OTHER_TOPICS, dtype=object), len(topic), p=(0.5, 0.15, 0.15, 0.1, 0.1)
    )
    found: Objects = np.where(elsewhere, other, topic)
    return found
