"""Several tables in one csv: refused, because the second would be read as rows of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from orchestration.errors import DeliveryRefused

MOST_BREAKS = 1000


def refuse_second_table(
    block: bytes,
    starts: np.ndarray,
    lengths: np.ndarray,
    header: bytes,
    widths: Callable[[list[bytes]], list[int]],
    width: int,
) -> None:
    """Raise DeliveryRefused where the header comes again, or another table after an empty line.

    Another table is two records in a row with the same number of values, but not the header's.
    """

    def line(record: Any) -> bytes:
        return block[starts[record] : starts[record] + lengths[record]]

    same = np.flatnonzero(lengths == len(header)) if header and header in block else ()
    if any(line(record) == header for record in same):
        raise DeliveryRefused(
            "several_tables", "its header comes again (files that were put together?)"
        )
    if (lengths > 0).all():
        return
    empty = np.flatnonzero((lengths[:-2] == 0) & (lengths[1:-1] > 0) & (lengths[2:] > 0))
    for record in empty[:MOST_BREAKS]:
        first, second = widths([line(record + 1), line(record + 2)])
        if first == second and first not in (0, width):
            raise DeliveryRefused(
                "several_tables",
                f"after an empty line comes a table of {first} columns, not of {width}",
            )
