"""Where the quotes of a csv open and close, by its bytes alone."""

from __future__ import annotations

import numpy as np

from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused

NEWLINE, CARRIAGE_RETURN = 0x0A, 0x0D


def quotes_of(array: np.ndarray, dialect: Dialect) -> np.ndarray:
    """For each byte whether it is a quote that opens or closes, not one that is escaped."""
    quotes: np.ndarray = array == ord(dialect.quote)
    if dialect.escape in (None, dialect.quote):
        return quotes
    is_escape = array == ord(str(dialect.escape))
    positions = np.arange(len(array))
    last_other = np.maximum.accumulate(np.where(is_escape, -1, positions))
    escapes_before = np.concatenate(([0], (positions - last_other)[:-1]))
    counted: np.ndarray = quotes & (escapes_before % 2 == 0)
    return counted


def inside_quotes(quotes: np.ndarray) -> np.ndarray:
    """For each byte, 1 while a quote is open (the opening quote included), else 0."""
    parity: np.ndarray = np.cumsum(quotes, dtype=np.int64) & 1
    return parity


def refuse_stray_quotes(
    array: np.ndarray, is_quote: np.ndarray, inside: np.ndarray, dialect: Dialect
) -> None:
    """A quote may open only after, and close only before, a delimiter, line end or quote."""
    if inside[-1]:
        raise DeliveryRefused("stray_quote", "a quote is opened and never closed")
    delimiter = dialect.delimiter.encode()
    edges = [ord(dialect.quote), NEWLINE, CARRIAGE_RETURN]
    quotes = np.flatnonzero(is_quote)
    opening_, closing = quotes[inside[quotes] == 1], quotes[inside[quotes] == 0]
    before = array[np.maximum(opening_ - 1, 0)]
    after = array[np.minimum(closing + 1, len(array) - 1)]
    bad_open = (opening_ > 0) & ~np.isin(before, [*edges, delimiter[-1]])
    bad_close = ~np.isin(after, [*edges, delimiter[0]])
    if bad_open.any() or bad_close.any():
        raise DeliveryRefused("stray_quote", "a quote stands in the middle of a value")
