"""How a truth is told: the tone, the strength and the part of the truth that a text shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.texts.grammar import Bools, Ints
from simulation.texts.languages import DIMENSIONS, POLARITIES, TONES
from simulation.texts.taxonomy import CAUSES, TOPICS

# Share of texts at difficulty 0, and what difficulty 1 adds to it.
IRONIC = (0.03, 0.12)
MIXED = (0.18, 0.30)
UNDERSTATED = (0.45, 0.20)  # of texts of weak sentiment
FELT = (0.60, -0.35)  # of texts with an emotion
IMPLIED = (0.25, 0.40)  # of texts with a root cause: told by what it led to
VAGUE = (0.15, 0.15)  # of texts with a root cause: only the topic is told


@dataclass(frozen=True)
class Truth:
    """What is true of each text, coded by position in the taxonomy; cause −1 is none."""

    topic: Ints
    sentiment: Ints
    emotion: Ints
    cause: Ints
    has_emotion: Bools


def polarity(sentiment: Ints) -> Ints:
    """0 negative, 1 neutral, 2 positive."""
    polarities: Ints = np.sign(sentiment).astype(np.int64) + 1
    return polarities


def context(rng: np.random.Generator, kind: Ints, truth: Truth, difficulty: float) -> Ints:
    """Dimension × row: the value of each dimension for each row; row 0 is for no dimension."""
    size = len(truth.sentiment)
    values = {
        "kind": kind,
        "tone": _tone(rng, truth, difficulty),
        "polarity": polarity(truth.sentiment),
        "strength": np.digitize(np.abs(truth.sentiment), [3, 4]),
        "emotion": truth.emotion,
        "topic": truth.topic,
        "other_topic": (truth.topic + rng.integers(1, len(TOPICS), size)) % len(TOPICS),
        "problem": _problem(rng, truth, difficulty),
        "matter": np.where(truth.cause < 0, truth.topic, truth.cause + len(TOPICS)),
    }
    return np.stack([np.zeros(size, dtype=np.int64), *(values[name] for name in DIMENSIONS)])


def _happens(
    rng: np.random.Generator, size: int, share: tuple[float, float], difficulty: float
) -> Bools:
    happens: Bools = rng.random(size) < share[0] + share[1] * difficulty
    return happens


def _tone(rng: np.random.Generator, truth: Truth, difficulty: float) -> Ints:
    """Position in TONES; what is written last in this list wins."""
    size = len(truth.sentiment)
    sign = polarity(truth.sentiment)
    tone = np.array([TONES.index(name) for name in POLARITIES])[sign]
    tone[(sign == 1) & (truth.cause >= 0)] = TONES.index("neutral_cause")
    felt = truth.has_emotion & _happens(rng, size, FELT, difficulty)
    weak = (np.abs(truth.sentiment) <= 2) & _happens(rng, size, UNDERSTATED, difficulty)
    mixed = _happens(rng, size, MIXED, difficulty)
    ironic = _happens(rng, size, IRONIC, difficulty)
    for name, chosen in {"felt": felt, "weak": weak, "mixed": mixed, "ironic": ironic}.items():
        for number, word in enumerate(POLARITIES):
            if f"{word}_{name}" in TONES:
                tone[(sign == number) & chosen] = TONES.index(f"{word}_{name}")
    tone[(sign == 2) & (truth.cause >= 0)] = TONES.index("positive_solved")
    return tone


def _problem(rng: np.random.Generator, truth: Truth, difficulty: float) -> Ints:
    """Position in `languages.PROBLEMS`: the cause said, the cause implied, or the topic alone."""
    size = len(truth.cause)
    implied = _happens(rng, size, IMPLIED, difficulty)
    vague = _happens(rng, size, VAGUE, difficulty)
    told = len(TOPICS) + truth.cause + len(CAUSES) * implied
    problem: Ints = np.where((truth.cause < 0) | vague, truth.topic, told)
    return problem
