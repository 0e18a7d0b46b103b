import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import judges

rows_strategy = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=4, max_size=60)


def test_bias_is_the_share_predicted_too_much() -> None:
    assert judges.bias([2, 3], [1, 3]) == pytest.approx(0.25)


def test_normalised_gini_by_hand() -> None:
    # Centred ranks of the prediction -1 0 1 against 0 3 1 give 1; the best order gives 3.
    assert judges.normalised_gini([1, 2, 3], [0, 3, 1]) == pytest.approx(1 / 3)


def test_normalised_gini_is_1_for_the_perfect_and_minus_1_for_the_reversed_order() -> None:
    actual = np.array([5.0, 1.0, 3.0, 0.0])
    assert judges.normalised_gini(actual**2, actual) == pytest.approx(1)
    assert judges.normalised_gini(-actual, actual) == pytest.approx(-1)
    assert judges.normalised_gini(np.ones(4), actual) == pytest.approx(0)


def test_decile_calibration_error_by_hand() -> None:
    predicted = np.arange(1.0, 21.0)
    actual = predicted.copy()
    actual[:2] += 1  # the first decile is 2 short
    actual[2:4] += [1, -1]  # within the second it cancels
    assert judges.decile_calibration_error(predicted, actual) == pytest.approx(2 / 212)


def test_expected_calibration_error_by_hand() -> None:
    probability = np.arange(0.05, 1.0, 0.1)
    outcome = (probability > 0.5).astype(int)
    # One row a bin: gaps .05 .15 .25 .35 .45 twice, over ten rows.
    assert judges.expected_calibration_error(probability, outcome) == pytest.approx(0.25)


def test_a_constant_right_probability_is_calibrated() -> None:
    assert judges.expected_calibration_error([0.25] * 8, [0, 0, 1, 0, 1, 0, 0, 0]) == 0


def test_auc_by_hand_with_ties_counting_half() -> None:
    assert judges.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == pytest.approx(0.75)
    assert judges.auc([1, 1, 1], [0, 1, 0]) == pytest.approx(0.5)


def test_brier_score_by_hand() -> None:
    assert judges.brier_score([0.8, 0.4], [1, 0]) == pytest.approx(0.1)


def test_top_decile_lift_by_hand() -> None:
    # The best of ten has 3 of 6: 3 over a mean of .6.
    actual = [0, 0, 0, 1, 0, 1, 0, 1, 0, 3]
    assert judges.top_decile_lift(range(10), actual) == pytest.approx(5)


@given(rows_strategy, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_no_figure_depends_on_the_order_of_rows(rows: list[tuple[int, int]], random) -> None:
    rows = [*rows, (0, 0), (5, 1)]
    shuffled = random.sample(rows, len(rows))
    figures = [
        judges.bias, judges.normalised_gini, judges.decile_calibration_error, judges.auc,
        judges.expected_calibration_error, judges.brier_score, judges.top_decile_lift,
    ]  # fmt: skip
    for figure in figures:
        values = [
            figure([score / 5 for score, _ in order], [outcome for _, outcome in order])
            for order in (rows, shuffled)
        ]
        assert values[0] == pytest.approx(values[1])


@pytest.mark.parametrize(
    ("figure", "predicted", "actual", "message"),
    [
        (judges.bias, [1, 2], [0, 0], "sum to 0"),
        (judges.bias, [1], [1, 2], "one length"),
        (judges.bias, [np.nan], [1], "finite"),
        (judges.normalised_gini, [1, 2], [3, 3], "differ"),
        (judges.auc, [1, 2], [1, 1], "both kinds"),
        (judges.auc, [1, 2], [1, 2], "0 or 1"),
        (judges.brier_score, [1.5], [1], "between 0 and 1"),
        (judges.top_decile_lift, [1], [0], "sum to 0"),
    ],
)
def test_what_cannot_be_judged_is_refused(figure, predicted, actual, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(predicted, actual)
