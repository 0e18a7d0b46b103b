"""What people type into a search box, and how much is found."""

from __future__ import annotations

import numpy as np

from simulation.channels.arrays import Ints, pick

# By language: one word for each category of the assortment, in its order.
WORDS = {
    "en": ("shirt", "trousers", "jacket", "dress", "trainers", "boots", "duvet cover", "pan",
           "headphones", "charger"),
    "es": ("camisa", "pantalones", "chaqueta", "vestido", "zapatillas", "botas",
           "funda nórdica", "sartén", "auriculares", "cargador"),
    "pt": ("camisa", "calças", "casaco", "vestido", "ténis", "botas", "capa de edredão",
           "frigideira", "auscultadores", "carregador"),
    "hu": ("ing", "nadrág", "kabát", "ruha", "edzőcipő", "csizma", "paplanhuzat", "serpenyő",
           "fejhallgató", "töltő"),
}  # fmt: skip
# Asked for, but not sold: searches without result.
NOT_SOLD = {
    "en": ("gift card", "swimsuit", "garden chair", "umbrella", "wool socks"),
    "es": ("tarjeta regalo", "bañador", "silla de jardín", "paraguas", "calcetines de lana"),
    "pt": ("cartão presente", "fato de banho", "cadeira de jardim", "guarda-chuva", "meias de lã"),
    "hu": ("ajándékkártya", "fürdőruha", "kerti szék", "esernyő", "gyapjúzokni"),
}
STYLES = ("", " sport", " premium", " eco", " xl")
NOT_SOLD_SHARE = 0.11
_LANGUAGES = tuple(WORDS)
_KINDS = len(WORDS["en"])
TERMS = tuple(
    [word + style for words in WORDS.values() for word in words for style in STYLES]
    + [word for words in NOT_SOLD.values() for word in words]
)


def search(
    rng: np.random.Generator, language: Ints, category: Ints, not_found: np.ndarray
) -> tuple[Ints, Ints]:
    """A term (index into TERMS) and the number of results for each search.

    `language` is an index into the languages of WORDS, `category` one into its words; where
    `not_found` is true, and at times elsewhere, something is asked for that is not sold.
    """
    count = len(language)
    style = pick(rng, (0.6, 0.12, 0.1, 0.1, 0.08), count)
    sold = (language * _KINDS + category) * len(STYLES) + style
    wished = pick(rng, (5, 3, 2, 2, 1), count)
    unsold = len(_LANGUAGES) * _KINDS * len(STYLES) + language * 5 + wished
    fails = not_found | (rng.random(count) < NOT_SOLD_SHARE)
    found = np.where(style == 0, 12, 1 + rng.integers(0, 4, count))
    return np.where(fails, unsold, sold), np.where(fails, 0, found)


def language_codes(languages: np.ndarray) -> Ints:
    """Number of each language (en, es, pt, hu)."""
    codes = np.zeros(len(languages), dtype=np.int64)
    for number, language in enumerate(_LANGUAGES):
        codes[languages == language] = number
    return codes
