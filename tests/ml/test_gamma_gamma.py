import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from ml.errors import NotEnoughData
from ml.gamma_gamma import GammaGamma, _log_likelihood


def simulate(p: float, q: float, v: float, customers: int) -> pd.DataFrame:
    """Let each customer draw a taste, then the amounts of x repeat orders."""
    random = np.random.default_rng(20260902)
    x = random.geometric(0.3, customers)
    taste = random.gamma(q, 1 / v, customers)
    mean = random.gamma(p * x, 1 / (taste * x))
    return pd.DataFrame({"btyd_x": x, "mean_repeat_amount": mean, "truth": p / taste})


def assert_published_fit(model: GammaGamma) -> None:
    assert model.converged_
    assert [model.p_, model.q_, model.v_] == pytest.approx([6.25, 3.74, 15.45], abs=0.01)


def test_the_published_summary_gives_the_published_parameters(
    cdnow_sample_published: pd.DataFrame,
) -> None:
    assert_published_fit(GammaGamma().fit(cdnow_sample_published))


def test_the_raw_log_gives_the_published_parameters(
    cdnow_sample_order_days: pd.DataFrame, btyd_summary: Callable[..., pd.DataFrame]
) -> None:
    summary = btyd_summary(cdnow_sample_order_days, pd.Timestamp("1997-09-30"))
    assert_published_fit(GammaGamma().fit(summary))


def test_planted_parameters_are_recovered_and_order_values_are_unbiased() -> None:
    customers = simulate(4.0, 5.0, 80.0, 30_000)
    model = GammaGamma().fit(customers)
    assert [model.p_, model.q_, model.v_] == pytest.approx([4.0, 5.0, 80.0], rel=0.06)
    expected = model.expected_order_value(customers)
    for _, rows in customers.groupby(customers["btyd_x"].clip(upper=5)):
        assert expected[rows.index].mean() == pytest.approx(rows["truth"].mean(), rel=0.03)


def test_the_unit_of_money_scales_only_v() -> None:
    customers = simulate(4.0, 5.0, 80.0, 2_000)
    cents = customers.assign(mean_repeat_amount=100 * customers["mean_repeat_amount"])
    euro_fit, cent_fit = GammaGamma().fit(customers), GammaGamma().fit(cents)
    assert cent_fit.p_ == pytest.approx(euro_fit.p_)
    assert cent_fit.v_ == pytest.approx(100 * euro_fit.v_)


def test_the_gradient_is_that_of_the_likelihood() -> None:
    rows = simulate(4.0, 5.0, 80.0, 300)
    x, m = rows["btyd_x"].to_numpy(), rows["mean_repeat_amount"].to_numpy()
    point = np.array([2.0, 3.0, 40.0])
    numeric = approx_fprime(point, lambda parameters: _log_likelihood(parameters, x, m)[0], 1e-7)
    assert _log_likelihood(point, x, m)[1] == pytest.approx(numeric, rel=1e-3)


def test_expected_order_values_by_hand() -> None:
    model = GammaGamma.from_dict({"p": 2, "q": 3, "v": 10, "log_likelihood": 0, "converged": True})
    customers = pd.DataFrame({"btyd_x": [0, 2, 1], "mean_repeat_amount": [None, 20.0, -5.0]})
    # 2 x 10 / 2; 2 (10 + 40) / (4 + 2); the negative mean counts as 0: 2 x 10 / (2 + 2).
    assert model.expected_order_value(customers) == pytest.approx([10, 100 / 6, 5])


def test_a_restored_model_predicts_the_same() -> None:
    customers = simulate(4.0, 5.0, 80.0, 500)
    model = GammaGamma().fit(customers)
    restored = GammaGamma.from_dict(json.loads(json.dumps(model.to_dict())))
    first, second = (m.expected_order_value(customers).tolist() for m in (model, restored))
    assert first == second


def test_a_mean_that_does_not_exist_is_no_convergence() -> None:
    random = np.random.default_rng(3)
    wild = pd.DataFrame({"btyd_x": 1, "mean_repeat_amount": random.pareto(0.4, 500) + 0.01})
    assert not GammaGamma().fit(wild).converged_


def test_without_paid_repeat_orders_there_is_not_enough_data() -> None:
    with pytest.raises(NotEnoughData, match="no repeat order"):
        GammaGamma().fit(pd.DataFrame({"btyd_x": [0, 3], "mean_repeat_amount": [None, 0.0]}))


def test_a_repeat_customer_without_an_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="mean_repeat_amount is missing"):
        GammaGamma().fit(pd.DataFrame({"btyd_x": [2, 3], "mean_repeat_amount": [None, 5.0]}))
