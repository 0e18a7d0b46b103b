"""Values that are not always there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.block import Block
from simulation.channels.arrays import Floats


def known(is_known: Any, values: Any) -> npt.NDArray[np.object_]:
    """The values where they are known, elsewhere null (None)."""
    is_known = np.asarray(is_known, dtype=bool)
    found = np.full(len(is_known), None, dtype=object)
    found[is_known] = np.broadcast_to(np.asarray(values, dtype=object), is_known.shape)[is_known]
    return found


def known_moments(block: Block, seconds: Floats) -> np.ndarray:
    """Moments from seconds since the company's start; null where there is none."""
    found = block.at(0, np.nan_to_num(seconds))
    found[np.isnan(seconds)] = np.datetime64("NaT")
    return found
