"""The word lists and phrases of each language, and how they become one grammar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from simulation.texts import taxonomy
from simulation.texts.grammar import Dimension, GrammarBuilder, Phrases

FOLDER = Path(__file__).parent
POLARITIES = ("negative", "neutral", "positive")
STRENGTHS = ("low", "middle", "high")
TONES = (
    "negative",
    "negative_felt",
    "negative_mixed",
    "negative_ironic",
    "negative_weak",
    "neutral",
    "neutral_cause",
    "neutral_mixed",
    "neutral_felt",
    "positive",
    "positive_felt",
    "positive_mixed",
    "positive_weak",
    "positive_solved",
)
PROBLEMS = (
    *taxonomy.TOPICS,
    *(f"{cause}/said" for cause in taxonomy.CAUSES),
    *(f"{cause}/implied" for cause in taxonomy.CAUSES),
)
DIMENSIONS = {
    "kind": taxonomy.KINDS,
    "tone": TONES,
    "polarity": POLARITIES,
    "strength": STRENGTHS,
    "emotion": taxonomy.EMOTIONS,
    "topic": taxonomy.TOPICS,
    "other_topic": taxonomy.TOPICS,
    "problem": PROBLEMS,
    "matter": (*taxonomy.TOPICS, *taxonomy.CAUSES),
}


@dataclass(frozen=True)
class Library:
    """Everything that a text is made from."""

    phrases: Phrases
    pools: dict[tuple[str, str], int]  # (language, symbol) → its first pool, one per value
    slang: dict[str, dict[str, str]]
    emoji: dict[str, list[str]]
    registers: dict[str, dict[str, float]]  # kind → how carelessly it is written


@cache
def library() -> Library:
    """The grammar of all languages, read and cut once per process."""
    layout = _read(FOLDER / "layout.yml")
    dimensions = {name: Dimension(name, values) for name, values in DIMENSIONS.items()}
    builder = GrammarBuilder(dimensions, layout["dimension_of"])
    words = {language: _language(language) for language in taxonomy.LANGUAGES}
    for language, symbols in words.items():
        builder.add(language, {**layout["symbols"], **symbols["symbols"]})
    return Library(
        builder.build(),
        builder.pools,
        {language: symbols["slang"] for language, symbols in words.items()},
        layout["emoji"],
        {kind: layout["registers"][register] for kind, register in layout["kinds"].items()},
    )


def _language(language: str) -> dict[str, Any]:
    """The files of one language as symbols."""
    merged: dict[str, Any] = {"slang": {}, "symbols": {}, "topics": {}}
    for path in sorted((FOLDER / language).glob("*.yml")):
        for part, content in _read(path).items():
            merged[part].update(content)
    merged["symbols"].update(_topic_symbols(language, merged["topics"]))
    return merged


def _topic_symbols(language: str, topics: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Problem, praise, fact and label: one list per topic or cause."""
    found = {topic: tuple(said.get("causes", ())) for topic, said in topics.items()}
    if found != {topic: taxonomy.ROOT_CAUSES[topic] for topic in found}:
        raise ValueError(f"Grammar of {language!r}: causes differ from the taxonomy: {found}")
    symbols = {
        part: {topic: said[part] for topic, said in topics.items()}
        for part in ("problem", "praise", "fact", "label")
    }
    for topic, said in topics.items():
        for cause, phrases in said.get("causes", {}).items():
            symbols["label"][f"{topic}/{cause}"] = phrases["label"]
            symbols["problem"][f"{topic}/{cause}/said"] = phrases["said"]
            symbols["problem"][f"{topic}/{cause}/implied"] = phrases["implied"]
    return symbols


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 safe
    return content


# The loader in C is ten times faster, and not in every build of PyYAML.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
