"""Texts that people write, together with the truth about each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints, Objects, pick
from simulation.texts import ROOT_CAUSES, write_texts

NO_EMOTION, NO_CAUSE = "none", "none"
# Emotion by sentiment: what people feel when they praise, complain, or do neither.
GLAD = {"joy": 0.4, "gratitude": 0.3, "surprise": 0.1, "none": 0.2}
UPSET = {
    "anger": 0.22,
    "frustration": 0.27,
    "disappointment": 0.25,
    "confusion": 0.06,
    "anxiety": 0.05,
    "sadness": 0.05,
    "none": 0.1,
}
CAUSE_STATED_SHARE = 0.85


@dataclass(frozen=True)
class Remark:
    """What is true of texts, row by row, before they are written."""

    language: Objects
    topic: Objects
    sentiment: Ints
    emotion: Objects
    root_cause: Objects


def imagine(rng: np.random.Generator, language: Objects, topic: Objects, sentiment: Ints) -> Remark:
    """Add to topic and sentiment a fitting emotion, and to complaints a cause of the topic."""
    bounded = np.clip(np.asarray(sentiment, dtype=np.int64), -5, 5)
    return Remark(
        np.asarray(language, dtype=object),
        np.asarray(topic, dtype=object),
        bounded,
        _emotions(rng, bounded),
        _causes(rng, np.asarray(topic, dtype=object), bounded),
    )


def write(
    block: Block,
    rng: np.random.Generator,
    kind: str,
    remark: Remark,
    *,
    source: str,
    keys: Objects,
    day: Ints,
) -> Objects:
    """The texts of remarks; what is true of each goes to truth/texts under its record's key."""
    texts: Objects = write_texts(
        rng,
        kind,
        remark.language.astype(str),
        remark.topic.astype(str),
        remark.sentiment,
        remark.emotion.astype(str),
        remark.root_cause.astype(str),
        difficulty=block.settings.preset.text_difficulty,
    )
    truth = {
        "source": source,
        "record_key": keys,
        "language": remark.language,
        "topic": remark.topic,
        "sentiment": remark.sentiment,
        "emotion": remark.emotion,
        "root_cause": remark.root_cause,
    }
    block.truth("texts", pd.DataFrame(truth), day=day)
    return texts


def _emotions(rng: np.random.Generator, sentiment: Ints) -> Objects:
    count = len(sentiment)
    glad = np.array(list(GLAD), dtype=object)[pick(rng, list(GLAD.values()), count)]
    upset = np.array(list(UPSET), dtype=object)[pick(rng, list(UPSET.values()), count)]
    felt: Objects = np.where(sentiment >= 2, glad, np.where(sentiment <= -2, upset, NO_EMOTION))
    return felt


def _causes(rng: np.random.Generator, topic: Objects, sentiment: Ints) -> Objects:
    """One of the topic's causes, the first the commonest, for most complaints; none for praise."""
    causes = np.full(len(topic), NO_CAUSE, dtype=object)
    names = (sentiment <= -1) & (rng.random(len(topic)) < CAUSE_STATED_SHARE)
    for name, known in ROOT_CAUSES.items():
        chosen = np.flatnonzero(names & (topic == name))
        if known and len(chosen):
            likely = pick(rng, 1 / np.arange(1, len(known) + 1), len(chosen))
            causes[chosen] = np.array(known, dtype=object)[likely]
    return causes
