import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.rfm import SEGMENT_GRID, rfm_segment, score_rfm

SCORES = ["recency_score", "frequency_score", "monetary_score"]

customers_strategy = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(-50, 500)), min_size=1
)


def table(rows: list[tuple[int, int, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["recency_days", "order_day_count", "net_revenue_amount"])
    return frame.assign(customer_id=[f"c_{n}" for n in range(len(rows))])


def test_the_worked_example_scores_as_by_hand() -> None:
    scored = score_rfm(table([(10, 1, 10), (20, 1, 10), (30, 2, 20), (40, 3, 30), (50, 4, 40)]))
    # Shares .9 .7 .5 .3 .1 of recency; of the three repeaters 1/6 3/6 5/6; the tied 10s share .2.
    assert scored["recency_score"].tolist() == [5, 4, 3, 2, 1]
    assert scored["frequency_score"].tolist() == [1, 1, 2, 4, 5]
    assert scored["monetary_score"].tolist() == [2, 2, 3, 4, 5]
    assert scored["rfm_segment"].tolist() == [
        "new", "promising", "about to sleep", "at risk", "can't lose",
    ]  # fmt: skip


def test_every_cell_of_the_grid_has_the_one_segment_of_the_definition() -> None:
    cells = {
        "hibernating": ["11", "12", "21", "22"],
        "at risk": ["13", "14", "23", "24"],
        "can't lose": ["15", "25"],
        "about to sleep": ["31", "32"],
        "need attention": ["33"],
        "loyal": ["34", "35", "44", "45"],
        "promising": ["41"],
        "new": ["51"],
        "potential loyalist": ["42", "43", "52", "53"],
        "champions": ["54", "55"],
    }
    expected = {cell: segment for segment, members in cells.items() for cell in members}
    assert len(expected) == sum(map(len, cells.values())) == 25
    assert {f"{r}{f}": rfm_segment(r, f) for r in range(1, 6) for f in range(1, 6)} == expected
    assert all(len(row) == 5 for row in SEGMENT_GRID)


def test_a_score_outside_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        rfm_segment(0, 3)


@given(customers_strategy)
@settings(deadline=None)
def test_scores_lie_in_1_to_5_and_ties_share_one(rows: list[tuple[int, int, float]]) -> None:
    scored = score_rfm(table(rows))
    columns = ["recency_days", "order_day_count", "net_revenue_amount"]
    for column, score in zip(columns, SCORES, strict=True):
        assert scored[score].between(1, 5).all()
        assert (scored.groupby(column)[score].nunique() == 1).all()
    assert ((scored["frequency_score"] == 1) == (scored["order_day_count"] == 1)).all()


@given(customers_strategy)
@settings(deadline=None)
def test_a_better_customer_never_scores_lower(rows: list[tuple[int, int, float]]) -> None:
    scored = score_rfm(table(rows))
    assert scored.sort_values("recency_days")["recency_score"].is_monotonic_decreasing
    assert scored.sort_values("order_day_count")["frequency_score"].is_monotonic_increasing
    assert scored.sort_values("net_revenue_amount")["monetary_score"].is_monotonic_increasing


def test_without_ties_each_score_holds_a_fifth() -> None:
    scored = score_rfm(table([(n, 1, n) for n in range(100)]))
    assert scored["recency_score"].value_counts().tolist() == [20] * 5
    assert scored["monetary_score"].value_counts().tolist() == [20] * 5


def test_the_input_is_kept_and_its_order_too() -> None:
    customers = table([(3, 4, 1.0), (1, 1, 2.0)]).set_index(pd.Index([7, 2]))
    scored = score_rfm(customers)
    pd.testing.assert_frame_equal(scored[list(customers.columns)], customers)


def test_an_empty_table_gives_an_empty_table() -> None:
    assert score_rfm(table([])).columns.tolist()[-4:] == [*SCORES, "rfm_segment"]


@pytest.mark.parametrize(
    ("row", "message"),
    [((-1, 1, 1), "negative"), ((1, 0, 1), "never bought"), ((1, 1, None), "missing")],
)
def test_impossible_customers_are_refused_in_one_sentence(
    row: tuple[int, int, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        score_rfm(table([row]))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="recency_days"):
        score_rfm(table([(1, 1, 1)]).drop(columns="recency_days"))


def test_the_whole_cdnow_log_gives_the_published_frequency_counts(
    cdnow_order_days: pd.DataFrame, btyd_summary
) -> None:
    customers = btyd_summary(cdnow_order_days, cdnow_order_days["business_date"].max())
    counts = score_rfm(customers)["frequency_score"].value_counts().sort_index()
    assert counts.tolist() == [12_054, 4_040, 2_205, 2_427, 2_844]
