"""Which parts of a page are clicked more than chance would have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import label
from scipy.stats import binom, false_discovery_control

from ml.inputs import FloatArray, require_columns

PAGE_COLUMNS = ("brand_id", "page", "device_class", "layout_version")
RESULT_COLUMNS = (
    *PAGE_COLUMNS, "column_number", "row_number", "click_count", "block_click_count", "p_value",
    "q_value", "is_hot", "zone_number", "gi_star", "top_cells_click_rate",
)  # fmt: skip
CELL_COLUMNS = (*PAGE_COLUMNS, "column_number", "row_number", "column_count", "row_count")
BLOCK = np.ones((3, 3), dtype=np.int64)

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HotZoneSettings:
    """When a page is judged, and how many of its hot cells may be hot by chance."""

    least_clicks: int = 50
    false_discovery_rate: float = 0.05
    top_share: float = 0.05


def judge_cells(cells: pd.DataFrame, settings: HotZoneSettings | None = None) -> pd.DataFrame:
    """Judge every clicked cell of every page: is its neighbourhood hot, and in which zone.

    Parameters
    ----------
    cells : DataFrame, one row per page and clicked cell
        ``brand_id``, ``page``, ``device_class``, ``layout_version``; ``column_number`` and
        ``row_number`` from 0; ``column_count`` and ``row_count`` of the page; ``click_count``.

    Returns
    -------
    DataFrame
        The columns of the page and of the cell, and ``click_count``; ``block_click_count``, clicks
        in the 3 x 3 cells around it; ``p_value`` and ``q_value``; ``is_hot``, null on pages with
        fewer than ``least_clicks``; ``zone_number``, hot cells that touch, from 1 for the zone with
        most clicks, null elsewhere; ``gi_star``, for ranking alone; ``top_cells_click_rate``, the
        share of the page's clicks in its most clicked cells (``top_share`` of all).

    Raises
    ------
    ValueError
        A column is missing, or a cell lies outside its page.

    Notes
    -----
    With n clicks on a page of m cells and k of them in a block of c cells (fewer than 9 at the
    border), p = P(X >= k), X ~ Binomial(n, c / m): the upper tail if every click fell anywhere
    with equal probability. q is p adjusted over all m blocks of the page by Benjamini and Hochberg
    (1995), "Controlling the False Discovery Rate", J. R. Statist. Soc. B 57, 289-300; blocks that
    overlap depend positively, for which it holds too (Benjamini and Yekutieli, 2001). Hot is
    q < 5 %. Gi* with the same binary weights as in Ord and Getis (1995), "Local Spatial
    Autocorrelation Statistics", Geographical Analysis 27, 286-306, equation 14; as a test it would
    call far too many cells hot, because clicks are few and not normal.
    """
    settings = settings or HotZoneSettings()
    require_columns(cells, (*CELL_COLUMNS, "click_count"))
    if cells.empty:
        return cells.reindex(columns=list(RESULT_COLUMNS))
    pages = cells.groupby(list(PAGE_COLUMNS), sort=True)
    return pd.concat([_judged_page(page, settings) for _, page in pages], ignore_index=True)


def _judged_page(page: pd.DataFrame, settings: HotZoneSettings) -> pd.DataFrame:
    grid = _grid(page)
    clicks, block = int(grid.sum()), _block_sums(grid)
    where = (page["row_number"].to_numpy(), page["column_number"].to_numpy())
    p_value = _upper_tails(block, clicks)
    q_value = false_discovery_control(p_value.ravel()).reshape(grid.shape)
    is_judged = clicks >= settings.least_clicks
    is_hot = (q_value < settings.false_discovery_rate) & (grid > 0) & is_judged
    return page[[*PAGE_COLUMNS, "column_number", "row_number", "click_count"]].assign(
        block_click_count=block[where],
        p_value=p_value[where],
        q_value=q_value[where],
        is_hot=pd.array(is_hot[where] if is_judged else [None] * len(page), dtype="boolean"),
        zone_number=pd.array(_zones(is_hot, grid)[where], dtype="Int64"),
        gi_star=_gi_star(grid, block)[where],
        top_cells_click_rate=_top_rate(grid, settings.top_share),
    )


def _grid(page: pd.DataFrame) -> IntArray:
    """Clicks of one page as an array of its rows and columns."""
    shape = (int(page["row_count"].max()), int(page["column_count"].max()))
    row, column = (page[name].to_numpy(np.int64) for name in ("row_number", "column_number"))
    if min(row.min(), column.min()) < 0 or row.max() >= shape[0] or column.max() >= shape[1]:
        raise ValueError("a cell lies outside its page.")
    grid = np.zeros(shape, dtype=np.int64)
    grid[row, column] = page["click_count"].to_numpy(np.int64)
    return grid


def _block_sums(grid: IntArray) -> IntArray:
    """Sum of each cell and its neighbours."""
    padded = np.pad(grid, 1)
    rows, columns = grid.shape
    shifted = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    found: IntArray = np.sum(shifted, axis=0)
    return found


def _upper_tails(block: IntArray, clicks: int) -> FloatArray:
    """Probability of as many clicks or more in each block."""
    share = _block_sums(np.ones_like(block)) / block.size
    found = np.ones(block.shape)
    some = block > 0
    found[some] = binom.sf(block[some] - 1, clicks, share[some])
    return found


def _zones(is_hot: npt.NDArray[np.bool_], grid: IntArray) -> npt.NDArray[np.object_]:
    """Number of the zone of each hot cell, most clicks first; None elsewhere."""
    labels, count = label(is_hot, structure=BLOCK)
    clicks = np.bincount(labels.ravel(), grid.ravel(), count + 1)[1:]
    number = np.empty(count + 1, dtype=object)
    number[0] = None
    number[1 + np.argsort(-clicks, kind="stable")] = np.arange(1, count + 1)
    found: npt.NDArray[np.object_] = number[labels]
    return found


def _gi_star(grid: IntArray, block: IntArray) -> FloatArray:
    """Standard deviations of each block from its mean; 0 on a page without variance."""
    count, deviation = grid.size, grid.std()
    if deviation == 0:
        return np.zeros(grid.shape)
    weights = _block_sums(np.ones_like(grid))
    spread = deviation * np.sqrt((count * weights - weights**2) / (count - 1))
    found: FloatArray = (block - grid.mean() * weights) / np.where(spread > 0, spread, np.inf)
    return found


def _top_rate(grid: IntArray, share: float) -> float:
    """Share of the clicks that lie in the most clicked cells."""
    top = np.sort(grid.ravel())[::-1][: max(1, round(share * grid.size))]
    return float(top.sum() / grid.sum())
