"""How people really type: slips, missing accents, shouting, emoji, slang."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulation.texts.grammar import Bools, Ints, Texts
from simulation.texts.languages import POLARITIES, Library
from simulation.texts.taxonomy import KINDS, LANGUAGES

TYPO_GROWTH = 2.0  # at difficulty 1 there are three times as many
SLANG_PER_WORD = 0.7
STRONG = 2  # position in STRENGTHS: shouting belongs to strong feelings
_ACCENTS = {
    ord(letter): unicodedata.normalize("NFD", letter)[0]
    for letter in "áàâãäéèêëíìîïóòôõöőúùûüűçñÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖŐÚÙÛÜŰÇÑ"
}


@dataclass(frozen=True)
class Habits:
    """Who writes each text: positions in KINDS, LANGUAGES, POLARITIES and STRENGTHS."""

    kind: Ints
    language: Ints
    polarity: Ints
    strength: Ints
    difficulty: float


def with_noise(rng: np.random.Generator, texts: Texts, words: Library, habits: Habits) -> Texts:
    """The texts as typed in the register of their kind."""
    registers = [words.registers[kind] for kind in KINDS]
    rate = {name: np.array([r[name] for r in registers])[habits.kind] for name in registers[0]}
    rate["typo"] *= 1 + TYPO_GROWTH * habits.difficulty
    rate["second_typo"] = rate["typo"] / 3
    rate["upper_case"] *= habits.strength == STRONG
    happens = {name: rng.random(len(texts)) < share for name, share in rate.items()}
    texts = _with_slang(rng, texts, words, habits, happens["slang"])
    _change(texts, happens["typo"], _slips(rng))
    _change(texts, happens["second_typo"], _slips(rng))
    _change(texts, happens["no_accents"], _each(_without_accents))
    _change(texts, happens["lower_case"], _each(str.lower))
    _change(texts, happens["no_stop"], _each(lambda text: text.rstrip(".")))
    _change(texts, happens["upper_case"], _each(str.upper))
    return _with_emoji(rng, texts, words, habits, happens["emoji"])


def _change(texts: Texts, chosen: Bools, change: Callable[[Texts], list[str]]) -> None:
    """Replace the chosen texts in place."""
    if chosen.any():
        texts[chosen] = change(texts[chosen])


def _each(change: Callable[[str], str]) -> Callable[[Texts], list[str]]:
    return lambda texts: [change(text) for text in texts]


def _without_accents(text: str) -> str:
    return text.translate(_ACCENTS)


def _slips(rng: np.random.Generator) -> Callable[[Texts], list[str]]:
    """Two letters swapped, one left out, or one typed twice."""

    def slip(texts: Texts) -> list[str]:
        lengths = np.array([len(text) for text in texts])
        at = (rng.random(len(texts)) * np.maximum(lengths - 2, 1)).astype(int).tolist()
        kinds = rng.integers(0, len(_SLIPS), len(texts)).tolist()
        return [_SLIPS[k](text, i) for text, i, k in zip(texts, at, kinds, strict=True)]

    return slip


_SLIPS: tuple[Callable[[str, int], str], ...] = (
    lambda text, i: f"{text[:i]}{text[i + 1 : i + 2]}{text[i : i + 1]}{text[i + 2 :]}",
    lambda text, i: f"{text[:i]}{text[i + 1 :]}",
    lambda text, i: f"{text[: i + 1]}{text[i:]}",
)


def _with_slang(
    rng: np.random.Generator, texts: Texts, words: Library, habits: Habits, chosen: Bools
) -> Texts:
    """Short forms for the words that have one, in texts of people who write so."""
    for number, language in enumerate(LANGUAGES):
        mine = chosen & (habits.language == number)
        for word, short in words.slang[language].items():
            now = mine & (rng.random(len(texts)) < SLANG_PER_WORD)
            _change(texts, now, _replacing(f" {word} ", f" {short} "))
    return texts


def _replacing(old: str, new: str) -> Callable[[Texts], list[str]]:
    return _each(lambda text: text.replace(old, new))


def _with_emoji(
    rng: np.random.Generator, texts: Texts, words: Library, habits: Habits, chosen: Bools
) -> Texts:
    """One emoji or two at the end; some say the opposite, as people's do."""
    count = rng.integers(1, 3, len(texts))
    for number, name in enumerate(POLARITIES):
        here = np.flatnonzero(chosen & (habits.polarity == number))
        signs = np.array(words.emoji[name], dtype=object)
        drawn = signs[rng.integers(0, len(signs), len(here))]
        texts[here] = texts[here] + " " + drawn * count[here]
    return texts
