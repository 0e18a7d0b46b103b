"""How varied texts are: the figures that say whether a template can be memorised."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
LONG = 6  # a text of up to so many words may well be said twice
RECURRING = 5  # a word seen so often is no slip of the fingers
SPAN = 4


def report(texts: Mapping[str, Iterable[str]]) -> dict[str, dict[str, float]]:
    """Figures per language: `{"en": texts, "es": texts}` in, `{"en": figures, …}` out.

    `vocabulary_size` counts word types in lower case (slips are types too, so
    `recurring_vocabulary_size` counts those seen five times or more), `duplicate_share` the texts
    that stand there before, letter by letter (`long_duplicate_share`: of those longer than six
    words), `distinct_4_gram_share` the different runs of four words among all of them.
    """
    return {language: _figures(list(said)) for language, said in texts.items()}


def _figures(texts: list[str]) -> dict[str, float]:
    words = [_WORD.findall(text.lower()) for text in texts]
    counts = Counter(word for said in words for word in said)
    long = [text for text, said in zip(texts, words, strict=True) if len(said) > LONG]
    runs = [tuple(said[i : i + SPAN]) for said in words for i in range(len(said) - SPAN + 1)]
    return {
        "text_count": len(texts),
        "mean_word_count": sum(map(len, words)) / max(len(texts), 1),
        "vocabulary_size": len(counts),
        "recurring_vocabulary_size": sum(count >= RECURRING for count in counts.values()),
        "duplicate_share": _repeated(texts),
        "long_duplicate_share": _repeated(long),
        "distinct_4_gram_share": len(set(runs)) / max(len(runs), 1),
    }


def _repeated(texts: list[str]) -> float:
    return 1 - len(set(texts)) / len(texts) if texts else 0.0
