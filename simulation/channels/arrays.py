"""Draws and look-ups over whole arrays, shared by the channel modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
SECONDS_OF_DAY = 86400.0


def pick(rng: np.random.Generator, weights: Any, count: int) -> Ints:
    """Draw `count` indexes with probabilities proportional to `weights`."""
    steps = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(steps, rng.random(count) * steps[-1], side="right")
    found: Ints = np.minimum(drawn, len(steps) - 1)
    return found


def pick_by_row(rng: np.random.Generator, weights: Any, row: Any) -> Ints:
    """Draw one index for each entry of `row`, with the weights of that row of a matrix."""
    steps = np.cumsum(np.asarray(weights, dtype=np.float64), axis=1)
    steps /= steps[:, -1:]
    row = np.asarray(row, dtype=np.int64)
    # Rows are laid end to end on one line, so that one search serves them all.
    line = (steps + np.arange(len(steps))[:, None]).ravel()
    drawn = np.searchsorted(line, row + rng.random(len(row)), side="right") - row * steps.shape[1]
    found: Ints = np.clip(drawn, 0, steps.shape[1] - 1)
    return found


def spread(counts: Any) -> tuple[Ints, Ints]:
    """Parent and position of each child where parent i has `counts[i]` children."""
    counts = np.asarray(counts, dtype=np.int64)
    parent = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return parent, np.arange(len(parent)) - first[parent]


def coded(codes: Any, values: Sequence[Any] | Objects) -> pd.Categorical:
    """A column of few texts as codes and values; a code of -1 is null."""
    return pd.Categorical.from_codes(np.asarray(codes), pd.Index(np.asarray(values, dtype=object)))


def lookup(values: Any, index: Any, missing: Any = None) -> Objects:
    """`values[index]`, and `missing` where the index is negative."""
    values, index = np.asarray(values, dtype=object), np.asarray(index, dtype=np.int64)
    extended = np.append(values, np.array([missing], dtype=object))
    found: Objects = extended[np.where(index < 0, len(values), index)]
    return found


def mixed(*parts: Any) -> npt.NDArray[np.uint64]:
    """A well-mixed 64-bit number for each combination of whole numbers, always the same."""
    state: Any = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for part in parts:
            state = np.asarray(part).astype(np.int64).astype(np.uint64) + state * np.uint64(31)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray(state)


def uniform(*parts: Any) -> Floats:
    """A number in [0, 1) for each combination of whole numbers, always the same."""
    return (mixed(*parts) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def numbered(prefix: str, numbers: Any) -> Objects:
    """`prefix` followed by each number, as text."""
    texts = pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")
    found: Objects = texts.to_numpy(zero_copy_only=False)
    return found
