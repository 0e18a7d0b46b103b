"""Free text for given truth, in four languages, many rows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.texts import style
from simulation.texts.grammar import Expansion, Ints, Texts
from simulation.texts.languages import DIMENSIONS, library
from simulation.texts.noise import Habits, with_noise
from simulation.texts.taxonomy import (
    CAUSES,
    EMOTIONS,
    KINDS,
    LANGUAGES,
    NO_CAUSE,
    ROOT_CAUSES,
    TOPICS,
)

Words = npt.ArrayLike
STRENGTH = list(DIMENSIONS).index("strength") + 1


def write_texts(
    rng: np.random.Generator,
    kind: Words,
    language: Words,
    topic: Words,
    sentiment: npt.ArrayLike,
    emotion: Words,
    root_cause: Words,
    *,
    difficulty: float = 0.0,
) -> Texts:
    """Write one text per row; single values stand for every row.

    Parameters
    ----------
    rng
        The same generator state and arguments give the same texts.
    kind, language, topic, emotion
        Values of KINDS, LANGUAGES, TOPICS and EMOTIONS.
    sentiment
        −5 to 5.
    root_cause
        A value of ROOT_CAUSES[topic], or "none".
    difficulty
        0 to 1: raises irony, slips, mixed sentiment and what is left unsaid.

    Raises
    ------
    ValueError
        If a value is not of its list.
    """
    told = map(_column, (kind, language, topic, emotion, root_cause))
    scores = np.atleast_1d(np.asarray(sentiment, dtype=np.int64))
    kinds, languages, topics, emotions, causes, sentiments = np.broadcast_arrays(*told, scores)
    if not len(kinds):
        return np.empty(0, dtype=object)
    truth = _truth(topics, sentiments, emotions, causes)
    kind_codes = _codes(kinds, KINDS, "kind")
    language_codes = _codes(languages, LANGUAGES, "language")
    context = style.context(rng, kind_codes, truth, difficulty)
    words = library()
    pools = np.array([words.pools[name, "text"] for name in LANGUAGES])[language_codes] + kind_codes
    expansion = Expansion(words.phrases, context, rng.random)
    texts = expansion.write(pools, np.arange(len(kinds)), np.ones(len(kinds), dtype=bool))
    habits = Habits(
        kind=kind_codes,
        language=language_codes,
        polarity=style.polarity(truth.sentiment),
        strength=context[STRENGTH],
        difficulty=difficulty,
    )
    return with_noise(rng, texts, words, habits)


def _column(values: Words) -> Texts:
    return np.atleast_1d(np.asarray(values, dtype=object))


def _codes(values: Texts, allowed: Sequence[str], what: str) -> Ints:
    """Position of each value in `allowed`."""
    codes, found = pd.factorize(values, use_na_sentinel=False)
    if unknown := sorted({str(value) for value in found} - set(allowed)):
        raise ValueError(f"Unknown {what}: {', '.join(unknown)}. Known: {', '.join(allowed)}")
    positions = np.array([allowed.index(value) for value in found], dtype=np.int64)
    coded: Ints = positions[codes]
    return coded


def _cause_codes(topics: Ints, causes: Texts) -> Ints:
    """Position in CAUSES of each topic's cause, −1 for none."""
    codes, found = pd.factorize(causes, use_na_sentinel=False)
    table = {(TOPICS.index(t), c): CAUSES.index(f"{t}/{c}") for t in TOPICS for c in ROOT_CAUSES[t]}
    table |= {(topic, NO_CAUSE): -1 for topic in range(len(TOPICS))}
    pairs, numbers = np.unique(topics * len(found) + codes, return_inverse=True)
    named = [(int(pair) // len(found), found[int(pair) % len(found)]) for pair in pairs]
    if unknown := [
        f"{TOPICS[topic]}/{cause}" for topic, cause in named if (topic, cause) not in table
    ]:
        raise ValueError(f"Unknown root cause: {', '.join(unknown)}. Known: {', '.join(CAUSES)}")
    coded: Ints = np.array([table[name] for name in named], dtype=np.int64)[numbers]
    return coded


def _truth(topics: Texts, sentiments: Ints, emotions: Texts, causes: Texts) -> style.Truth:
    topic = _codes(topics, TOPICS, "topic")
    return style.Truth(
        topic=topic,
        sentiment=np.clip(sentiments, -5, 5),
        emotion=_codes(emotions, EMOTIONS, "emotion"),
        cause=_cause_codes(topic, causes),
        has_emotion=np.asarray(emotions != "none", dtype=bool),
    )
