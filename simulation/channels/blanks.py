"""Values that are not always there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def known(is_known: Any, values: Any) -> npt.NDArray[np.object_]:
    """The values where they are known, elsewhere null (None)."""
    is_known = np.asarray(is_known, dtype=bool)
    found = np.full(len(is_known), None, dtype=object)
    found[is_known] = np.broadcast_to(np.asarray(values, dtype=object), is_known.shape)[is_known]
    return found
