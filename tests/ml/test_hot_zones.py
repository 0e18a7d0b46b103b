"""Hot zones: chance draws none, a planted button is found, and the figures are the textbook's."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest

from ml.hot_zones import judge_cells

COLUMNS, ROWS = 50, 180
# A button of 200 x 56 pixels on a page of 1440 x 3600, which lies across cells.
BUTTON = {"left": 888, "top": 515, "width": 200, "height": 56}


def page_of(name: str, column: np.ndarray, row: np.ndarray) -> pd.DataFrame:
    """The clicked cells of one page."""
    cells = pd.DataFrame({"column_number": column, "row_number": row})
    counted = cells.value_counts(sort=False).reset_index(name="click_count")
    return counted.assign(
        brand_id="main", page=name, device_class="desktop", layout_version="L1",
        column_count=COLUMNS, row_count=ROWS,
    )  # fmt: skip


def random_page(rng: np.random.Generator, name: str, clicks: int) -> pd.DataFrame:
    """Clicks that fall anywhere."""
    return page_of(name, rng.integers(0, COLUMNS, clicks), rng.integers(0, ROWS, clicks))


def button_page(rng: np.random.Generator, name: str, clicks: int) -> pd.DataFrame:
    """The same, but a tenth of the clicks on the button."""
    planted = clicks // 10
    x, y = rng.uniform(0, 1440, clicks), rng.uniform(0, ROWS * 20, clicks)
    x[:planted] = BUTTON["left"] + rng.uniform(0, BUTTON["width"], planted)
    y[:planted] = BUTTON["top"] + rng.uniform(0, BUTTON["height"], planted)
    return page_of(name, (x / 1440 * COLUMNS).astype(int), (y / 20).astype(int))


def hot_pages(judged: pd.DataFrame) -> int:
    return int(judged[judged["is_hot"].fillna(False)]["page"].nunique())


@pytest.mark.parametrize("clicks", [50, 200, 1000, 20000])
def test_random_clicks_have_no_hot_zone_in_95_of_100_pages(clicks: int) -> None:
    rng = np.random.default_rng(clicks)
    pages = [random_page(rng, f"page {number}", clicks) for number in range(100)]
    assert hot_pages(judge_cells(pd.concat(pages))) <= 5


@pytest.mark.parametrize("clicks", [200, 1000, 20000])
def test_a_button_with_a_tenth_of_the_clicks_is_the_first_zone(clicks: int) -> None:
    rng = np.random.default_rng(clicks + 1)
    pages = [button_page(rng, f"page {number}", clicks) for number in range(100)]
    judged = judge_cells(pd.concat(pages))
    x = (judged["column_number"] + 0.5) * 1440 / COLUMNS
    y = (judged["row_number"] + 0.5) * 20
    # a hot cell is the button's, or its neighbour's
    is_on = x.between(888 - 44, 1088 + 44) & y.between(515 - 30, 571 + 30)
    first = judged["zone_number"] == 1
    assert judged[first & is_on]["page"].nunique() == 100
    assert is_on[first].mean() > 0.9


def test_a_page_with_few_clicks_gets_no_verdict() -> None:
    row = np.zeros(49, dtype=int)
    judged = judge_cells(page_of("page", row, row))
    assert judged["is_hot"].isna().all()
    assert judged["zone_number"].isna().all()
    assert judge_cells(page_of("page", np.zeros(50, int), np.zeros(50, int)))["is_hot"].all()


def test_the_figures_of_a_small_page_are_those_worked_by_hand() -> None:
    # 3 x 3 cells, 60 clicks: 58 in the left upper corner, 1 in the middle, 1 in the opposite one
    cells = page_of("page", np.array([0] * 58 + [1, 2]), np.array([0] * 58 + [1, 2]))
    judged = judge_cells(cells.assign(column_count=3, row_count=3)).set_index("row_number")
    assert list(judged["block_click_count"]) == [59, 60, 2]
    tail = sum(comb(60, k) * (4 / 9) ** k * (5 / 9) ** (60 - k) for k in (59, 60))
    assert judged["p_value"][0] == pytest.approx(tail, rel=1e-9)
    assert judged["p_value"][1] == 1
    # of 9 cells the smallest p is multiplied by 9, and the block of two cells above ties nothing
    assert judged["q_value"][0] <= 9 * tail + 1e-12
    # Gi*: mean 60/9, variance (58**2 + 1 + 1) / 9 - mean**2, four neighbours
    mean = 60 / 9
    deviation = ((58**2 + 2) / 9 - mean**2) ** 0.5
    expected = (59 - 4 * mean) / (deviation * ((9 * 4 - 16) / 8) ** 0.5)
    assert judged["gi_star"][0] == pytest.approx(expected)
    assert judged["gi_star"][1] == 0
    assert judged["top_cells_click_rate"][0] == pytest.approx(58 / 60)
    assert judged["zone_number"].tolist()[:1] == [1]


def test_nothing_clicked_is_nothing_judged() -> None:
    assert judge_cells(random_page(np.random.default_rng(0), "page", 0)).empty


def test_a_cell_outside_its_page_is_refused() -> None:
    with pytest.raises(ValueError, match="outside its page"):
        judge_cells(page_of("page", np.array([50]), np.array([0])))
