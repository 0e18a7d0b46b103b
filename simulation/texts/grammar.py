"""A context-free grammar for many rows at once: one flat table of phrases for all languages.

Each phrase is cut at its slots (`<symbol>` or `<symbol@dimension>`) into literals. A symbol either
has one list of phrases, or one list per value of a dimension (`praise` per topic), and then the
row says which list is drawn from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Symbols = Mapping[str, list[str] | Mapping[str, list[str]]]

_SLOT = re.compile(r"<([\w@]+)>")
_SENTENCE_END = re.compile(r"[.!?…\n][)\"”»]?\s+[\"“¿¡(«]*$|\n[¿¡]?$")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_CLOSED = re.compile(r"[.!?…][)\"”»]?$")
_LETTER = re.compile(r"[^\W\d_]")
_FIRST_LETTER = re.compile(r"^([^\w@#]*)([^\W\d_])")


@dataclass(frozen=True)
class Dimension:
    """One way in which rows differ, and the values that a symbol has phrases for."""

    name: str
    values: tuple[str, ...]


@dataclass
class Phrases:
    """All phrases of all symbols, cut into literals; row `i` is phrase `i`."""

    heads: Texts
    capital_heads: Texts
    is_headless: Bools
    slot_pools: Ints  # phrase × slot; -1 where there is no slot
    slot_dimensions: Ints
    slot_starts_sentence: Bools
    tails: Texts  # phrase × slot: the literal after the slot
    pool_starts: Ints
    pool_sizes: Ints


def capitalised(text: str) -> str:
    """`text` with its first letter in upper case; numbers, handles and tags are left alone."""
    return _FIRST_LETTER.sub(lambda found: found[1] + found[2].upper(), text)


class GrammarBuilder:
    """Collects symbols, then cuts their phrases into one table."""

    def __init__(self, dimensions: Mapping[str, Dimension], dimension_of: Mapping[str, str]):
        self.dimensions = dimensions
        self.dimension_of = dimension_of
        self.dimension_numbers = {name: n for n, name in enumerate(dimensions, 1)}
        self.pools: dict[tuple[str, str], int] = {}
        self.pool_phrases: list[tuple[str, list[str]]] = []
        self.closing: dict[tuple[str, str], bool] = {}

    def add(self, language: str, symbols: Symbols) -> None:
        """Take a language's symbols in; each must have a phrase for every value it needs."""
        for name, phrases in symbols.items():
            self.pools[language, name] = len(self.pool_phrases)
            for value in self._values(name):
                drawn = phrases.get(value) if isinstance(phrases, Mapping) else phrases
                if not drawn:
                    raise ValueError(f"Grammar of {language!r}: <{name}> has no phrase for {value}")
                self.pool_phrases.append((language, _ranges_written_out(drawn)))

    def build(self) -> Phrases:
        """Cut every phrase at its slots."""
        flat = [(lang, text) for lang, phrases in self.pool_phrases for text in phrases]
        sizes = np.array([len(phrases) for _, phrases in self.pool_phrases], dtype=np.int64)
        cut = [_SLOT.split(text) for _, text in flat]
        width = max(len(parts) // 2 for parts in cut)
        table = _empty(len(flat), width, sizes)
        for number, ((language, _), parts) in enumerate(zip(flat, cut, strict=True)):
            self._cut(table, number, language, parts)
        return table

    def _values(self, name: str) -> tuple[str, ...]:
        dimension = self.dimension_of.get(name)
        return self.dimensions[dimension].values if dimension else ("",)

    def _cut(self, table: Phrases, number: int, language: str, parts: list[str]) -> None:
        table.heads[number] = parts[0]
        table.capital_heads[number] = capitalised(parts[0])
        table.is_headless[number] = not _LETTER.search(parts[0])
        before = parts[0]
        for slot, (symbol, tail) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
            name, _, dimension = symbol.partition("@")
            table.slot_pools[number, slot] = self._pool(language, name)
            chosen = dimension or self.dimension_of.get(name, "")
            table.slot_dimensions[number, slot] = self.dimension_numbers.get(chosen, 0)
            table.slot_starts_sentence[number, slot] = bool(_SENTENCE_END.search(before))
            table.tails[number, slot] = tail
            # A slot that always ends a sentence closes it for what follows a mere space.
            before = f".{tail}" if tail.isspace() and self._closes(language, name) else tail

    def _closes(self, language: str, name: str) -> bool:
        """Whether every phrase of a symbol ends a sentence."""
        key = (language, name)
        if key not in self.closing:
            first = self._pool(language, name)
            pools = self.pool_phrases[first : first + len(self._values(name))]
            endings = {phrase for _, phrases in pools for phrase in phrases}
            self.closing[key] = all(self._phrase_closes(language, end) for end in endings)
        return self.closing[key]

    def _phrase_closes(self, language: str, phrase: str) -> bool:
        *_, last = _SLOT.finditer(phrase) if phrase.endswith(">") else (None,)
        if last is None:
            return bool(_CLOSED.search(phrase))
        return self._closes(language, last[1].partition("@")[0])

    def _pool(self, language: str, name: str) -> int:
        if (language, name) not in self.pools:
            raise ValueError(f"Grammar of {language!r}: <{name}> is used but not defined")
        return self.pools[language, name]


def _ranges_written_out(phrases: list[str]) -> list[str]:
    """Every `12..99` as the numbers it stands for."""
    written: list[str] = []
    for phrase in map(str, phrases):
        if bounds := _RANGE.fullmatch(phrase):
            written += [str(n) for n in range(int(bounds[1]), int(bounds[2]) + 1)]
        else:
            written.append(phrase)
    return written


def _empty(count: int, width: int, sizes: Ints) -> Phrases:
    return Phrases(
        heads=np.empty(count, dtype=object),
        capital_heads=np.empty(count, dtype=object),
        is_headless=np.zeros(count, dtype=bool),
        slot_pools=np.full((count, width), -1, dtype=np.int64),
        slot_dimensions=np.zeros((count, width), dtype=np.int64),
        slot_starts_sentence=np.zeros((count, width), dtype=bool),
        tails=np.full((count, width), "", dtype=object),
        pool_starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        pool_sizes=sizes,
    )


@dataclass(frozen=True)
class Expansion:
    """Writes rows from the table; `context` is dimension × row, its row 0 all zero."""

    phrases: Phrases
    context: Ints
    random: Callable[[int], npt.NDArray[np.float64]]

    def write(self, pools: Ints, rows: Ints, starts_sentence: Bools) -> Texts:
        """One text per row, its phrase drawn from the row's pool."""
        table = self.phrases
        size = table.pool_sizes[pools]
        drawn = table.pool_starts[pools] + (self.random(len(pools)) * size).astype(np.int64)
        text: Texts = np.where(starts_sentence, table.capital_heads[drawn], table.heads[drawn])
        inherits = starts_sentence & table.is_headless[drawn]
        for slot in range(table.slot_pools.shape[1]):
            here = np.flatnonzero(table.slot_pools[drawn, slot] >= 0)
            if not len(here):
                break
            starts = table.slot_starts_sentence[drawn[here], slot] | (inherits[here] & (slot == 0))
            text[here] += self._slot(drawn[here], slot, rows[here], starts)
        return text

    def _slot(self, drawn: Ints, slot: int, rows: Ints, starts_sentence: Bools) -> Texts:
        table = self.phrases
        dimension = table.slot_dimensions[drawn, slot]
        pools = table.slot_pools[drawn, slot] + self.context[dimension, rows]
        filled: Texts = self.write(pools, rows, starts_sentence) + table.tails[drawn, slot]
        return filled
