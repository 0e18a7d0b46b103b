"""From emotions to the tone of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.channels.arrays import Ints

UPSET = ("anger", "frustration", "disappointment", "anxiety", "sadness")
GLAD = ("joy", "gratitude")
LEVELS = ("low", "medium", "high")


def sentiment_of(rng: np.random.Generator, emotion: Any, intensity: Any) -> Ints:
    """Sentiment, -5 to 5, of somebody who feels an emotion with an intensity."""
    emotion, intensity = np.asarray(emotion, dtype=str), np.asarray(intensity, dtype=str)
    level = np.select([intensity == name for name in LEVELS], [1, 2, 3], 1)
    strength = np.minimum(level + rng.integers(0, 3, len(emotion)), 5)
    upset, glad = np.isin(emotion, UPSET), np.isin(emotion, GLAD)
    mild = np.where(emotion == "confusion", -rng.integers(0, 3, len(emotion)), 0)
    return np.where(upset, -strength, np.where(glad, strength, mild))
