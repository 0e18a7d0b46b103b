import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import betaln, hyp2f1
from sklearn.base import clone

from ml.bg_nbd import BetaGeoNbd, _log_likelihood
from ml.errors import NotEnoughData

TRUTH = {"r": 0.6, "alpha": 5.0, "a": 0.9, "b": 2.5, "log_likelihood": 0.0, "converged": True}
HORIZON = 13.0


def simulate(truth: dict[str, float], customers: int, horizon: float) -> pd.DataFrame:
    """Let customers buy and leave as the model says; count orders up to T and in the horizon."""
    random = np.random.default_rng(20260901)
    rate = random.gamma(truth["r"], 1 / truth["alpha"], customers)
    leaving = random.beta(truth["a"], truth["b"], customers)
    t = random.uniform(10, 60, customers)
    now, last, x, later = (np.zeros(customers) for _ in range(4))
    is_alive = np.ones(customers, dtype=bool)
    while is_alive.any():
        now = now + random.exponential(1 / np.maximum(rate, 1e-300))
        is_seen = is_alive & (now <= t)
        x, last = x + is_seen, np.where(is_seen, now, last)
        later = later + (is_alive & (now > t) & (now <= t + horizon))
        is_alive &= (now <= t + horizon) & (random.random(customers) >= leaving)
    return pd.DataFrame({"btyd_x": x, "btyd_tx": last, "btyd_t": t, "later": later})


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    return simulate(TRUTH, 40_000, HORIZON)


@pytest.fixture(scope="module")
def truth() -> BetaGeoNbd:
    return BetaGeoNbd.from_dict(TRUTH)


def assert_published_fit(model: BetaGeoNbd) -> None:
    assert model.converged_
    assert model.r_ == pytest.approx(0.2426, abs=0.001)
    assert model.alpha_ == pytest.approx(4.4135, abs=0.005)
    assert model.a_ == pytest.approx(0.7929, abs=0.001)
    assert model.b_ == pytest.approx(2.4258, abs=0.001)
    assert model.log_likelihood_ == pytest.approx(-9582.4, abs=0.1)


def test_the_published_summary_gives_the_published_parameters(
    cdnow_sample_published: pd.DataFrame,
) -> None:
    assert_published_fit(BetaGeoNbd().fit(cdnow_sample_published))


def test_the_raw_log_gives_the_published_parameters(
    cdnow_sample_order_days: pd.DataFrame, btyd_summary: Callable[..., pd.DataFrame]
) -> None:
    summary = btyd_summary(cdnow_sample_order_days, pd.Timestamp("1997-09-30"))
    assert summary["btyd_x"].sum() == 2_457
    assert_published_fit(BetaGeoNbd().fit(summary))


def test_the_full_log_gives_the_reference_parameters(
    cdnow_order_days: pd.DataFrame, btyd_summary: Callable[..., pd.DataFrame]
) -> None:
    model = BetaGeoNbd().fit(btyd_summary(cdnow_order_days, pd.Timestamp("1997-09-30")))
    fitted = [model.r_, model.alpha_, model.a_, model.b_]
    assert fitted == pytest.approx([0.2516, 4.789, 0.7234, 2.161], rel=1e-3)
    assert model.log_likelihood_ == pytest.approx(-95_368.4, abs=0.1)


def test_planted_parameters_are_recovered(planted: pd.DataFrame) -> None:
    model = BetaGeoNbd().fit(planted)
    assert model.converged_
    fitted = [model.r_, model.alpha_, model.a_, model.b_]
    assert fitted == pytest.approx([0.6, 5.0, 0.9, 2.5], rel=0.15)
    data = [planted[name].to_numpy() for name in ("btyd_x", "btyd_tx", "btyd_t")]
    at_truth, _ = _log_likelihood(np.array([0.6, 5.0, 0.9, 2.5]), *data, np.ones(len(planted)))
    # Twice the gain over the truth is chi-square of 4 degrees: 18.5 is passed once in a thousand.
    assert 0 <= 2 * (model.log_likelihood_ - at_truth) < 18.5


def test_the_gradient_is_that_of_the_likelihood(planted: pd.DataFrame) -> None:
    rows = planted.head(500)
    data = [rows[name].to_numpy() for name in ("btyd_x", "btyd_tx", "btyd_t")]
    weights = np.ones(len(rows))
    for parameters in ([0.3, 4.0, 0.7, 2.0], [2.0, 9.0, 1.5, 0.4]):
        point = np.array(parameters)
        numeric = approx_fprime(point, lambda p: _log_likelihood(p, *data, weights)[0], 1e-7)
        assert _log_likelihood(point, *data, weights)[1] == pytest.approx(numeric, rel=1e-4)


def test_the_chance_of_an_order_in_the_window_is_what_happens(
    planted: pd.DataFrame, truth: BetaGeoNbd
) -> None:
    probability = truth.probability_active(planted, HORIZON)
    is_active = planted["later"].to_numpy() > 0
    group = pd.qcut(pd.Series(probability), 10, labels=False, duplicates="drop").to_numpy()
    for number in np.unique(group):
        chosen = group == number
        error = np.sqrt((probability * (1 - probability))[chosen].sum()) / chosen.sum()
        gap = is_active[chosen].mean() - probability[chosen].mean()
        assert abs(gap) < 4 * error
    # Being alive is something else: it would promise far too much.
    assert truth.probability_alive(planted).mean() > 2 * is_active.mean()


def test_expected_orders_are_what_happens_at_every_number_of_repeats(
    planted: pd.DataFrame, truth: BetaGeoNbd
) -> None:
    expected = pd.Series(truth.predict_purchases(planted, HORIZON))
    for _, rows in planted.groupby(planted["btyd_x"].clip(upper=6)):
        later = rows["later"]
        error = later.std() / np.sqrt(len(later))
        assert abs(later.mean() - expected[rows.index].mean()) < 4 * error


def test_the_worked_customer_of_the_paper_is_reproduced() -> None:
    model = BetaGeoNbd.from_dict({**TRUTH, "r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    customer = pd.DataFrame({"btyd_x": [2], "btyd_tx": [30.43], "btyd_t": [38.86]})
    assert model.predict_purchases(customer, 39)[0] == pytest.approx(1.226, abs=0.001)


@pytest.mark.parametrize("a", [0.05, 0.793, 1.0, 3.0])
@pytest.mark.parametrize("b", [0.3, 2.426, 40.0])
def test_expected_orders_equal_equation_10_of_the_paper(a: float, b: float) -> None:
    r, alpha = 0.243, 4.414
    model = BetaGeoNbd.from_dict({**TRUTH, "r": r, "alpha": alpha, "a": a, "b": b})
    x, t = (grid.ravel() for grid in np.meshgrid([1.0, 3.0, 10.0, 25.0], [2.0, 39.0, 300.0]))
    customers = pd.DataFrame({"btyd_x": x, "btyd_tx": t / 2, "btyd_t": t})
    for h in (1.0, 13.0, 156.0):
        equation_a = a + 1e-7 if a == 1 else a
        z = h / (alpha + t + h)
        ratio = ((alpha + t) / (alpha + t + h)) ** (r + x)
        gauss = hyp2f1(r + x, b + x, equation_a + b + x - 1, z)
        living = (equation_a + b + x - 1) / (equation_a - 1) * (1 - ratio * gauss)
        expected = living * model.probability_alive(customers)
        assert model.predict_purchases(customers, h) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("x", "t"), [(0.0, 1.0), (0.0, 52.0), (60.0, 60.0), (400.0, 500.0)])
def test_fresh_and_heavy_customers_equal_the_integral(x: float, t: float) -> None:
    r, alpha, a, b, h = 1.4, 1.36, 0.3, 421.0, 156.0
    model = BetaGeoNbd.from_dict({**TRUTH, "r": r, "alpha": alpha, "a": a, "b": b})
    customer = pd.DataFrame({"btyd_x": [x], "btyd_tx": [t if x else 0.0], "btyd_t": [t]})

    def orders_at(p: float) -> float:
        return -np.expm1(-(r + x) * np.log1p(p * h / (alpha + t))) / p if p else (r + x) * h

    integral, _ = quad(orders_at, 0, 1, weight="alg", wvar=(a - 1, b + x - 1), limit=1_000)
    expected = integral / np.exp(betaln(a, b + x)) * model.probability_alive(customer)[0]
    assert model.predict_purchases(customer, h)[0] == pytest.approx(expected, rel=1e-5)


def test_thousands_of_orders_do_not_overflow() -> None:
    model = BetaGeoNbd.from_dict({**TRUTH, "r": 1.4, "alpha": 1.36, "a": 0.3, "b": 421.0})
    customer = pd.DataFrame({"btyd_x": [7_000], "btyd_tx": [999.9], "btyd_t": [1_000.0]})
    expected = model.predict_purchases(customer, 52)[0]
    assert 0.95 * 7 * 52 < expected < 7 * 52


def test_discounting_counts_each_order_at_its_own_time(truth: BetaGeoNbd) -> None:
    customers = pd.DataFrame(
        {"btyd_x": [0, 4, 30], "btyd_tx": [0.0, 20.0, 39.0], "btyd_t": [5.0, 30.0, 40.0]}
    )
    discount, weeks = np.log(1.01) * 12 / 365 * 7, np.arange(0, 157)
    until = np.array([truth.predict_purchases(customers, week) for week in weeks])
    midweek = np.exp(-discount * (weeks[1:] - 0.5))
    weekly_sum = (np.diff(until, axis=0) * midweek[:, None]).sum(axis=0)
    discounted = truth.predict_purchases(customers, 156, discount)
    assert discounted == pytest.approx(weekly_sum, rel=1e-4)
    assert truth.predict_purchases(customers, 0, discount).tolist() == [0, 0, 0]


def test_a_company_that_nobody_leaves_is_fitted_at_the_edge(truth: BetaGeoNbd) -> None:
    loyal = simulate({**TRUTH, "r": 3.0, "a": 1e-9, "b": 50.0}, 3_000, HORIZON)
    model = BetaGeoNbd().fit(loyal)
    assert model.converged_
    expected = model.predict_purchases(loyal, HORIZON).sum()
    assert expected == pytest.approx(loyal["later"].sum(), rel=0.03)


def test_a_restored_model_predicts_the_same(planted: pd.DataFrame) -> None:
    model = BetaGeoNbd().fit(planted)
    restored = BetaGeoNbd.from_dict(json.loads(json.dumps(model.to_dict())))
    first, second = (m.predict_purchases(planted.head(50), 52) for m in (model, restored))
    assert first.tolist() == second.tolist()
    assert restored.to_dict() == model.to_dict()


def test_parameters_survive_a_clone() -> None:
    assert clone(BetaGeoNbd(max_iterations=7)).get_params() == {"max_iterations": 7}


def test_decimal_and_integer_columns_are_taken() -> None:
    frame = pd.DataFrame({"btyd_x": [0, 2], "btyd_tx": [0, 3], "btyd_t": [5, 5]})
    model = BetaGeoNbd.from_dict(TRUTH)
    assert model.probability_alive(frame.astype("Int64"))[0] == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1.5, 1, 2), "whole number"),
        ((-1, 0, 2), "whole number"),
        ((1, 3, 2), "between 0 and btyd_t"),
        ((1, 0, 2), "above 0"),
        ((0, 1, 2), "btyd_tx must be 0"),
        ((1, np.nan, 2), "missing or infinite in 1 of 1 rows"),
        (("one", 1, 2), "no numbers"),
    ],
)
def test_impossible_customers_are_refused_in_one_sentence(
    row: tuple[float, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        BetaGeoNbd().fit(pd.DataFrame([row], columns=["btyd_x", "btyd_tx", "btyd_t"]))


def test_a_negative_window_is_refused(truth: BetaGeoNbd, planted: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="horizon_weeks"):
        truth.predict_purchases(planted.head(1), -1)


def test_without_repeat_customers_there_is_not_enough_data() -> None:
    once = pd.DataFrame({"btyd_x": [0, 0], "btyd_tx": [0.0, 0.0], "btyd_t": [4.0, 9.0]})
    with pytest.raises(NotEnoughData, match="two days"):
        BetaGeoNbd().fit(once)
