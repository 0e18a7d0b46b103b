import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ml.customer_value import (
    CustomerValueModel,
    CustomerValueSettings,
    fit_customer_value,
    frequency_spend_correlation,
    predict_customer_values,
)
from ml.customer_value_card import validate_customer_value
from ml.errors import NotEnoughData

CALIBRATION_END = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Three customers: once 100 days ago, twenty times in two years, once two years ago."""
    return pd.DataFrame(
        {
            "customer_id": ["c_1", "c_2", "c_3"],
            "btyd_x": [0, 20, 0],
            "btyd_tx": [0.0, 100.0, 0.0],
            "btyd_t": [100 / 7, 730 / 7, 730 / 7],
            "mean_repeat_amount": [np.nan, 50.0, np.nan],
            "net_revenue_amount": [40.0, 1_000.0, 80.0],
        },
        index=[4, 5, 6],
    )


@pytest.fixture(scope="module")
def model() -> CustomerValueModel:
    return CustomerValueModel.from_dict(
        {
            "orders": {
                "r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.4,
                "log_likelihood": -1.0, "converged": True,
            },
            "spend": {"p": 6.25, "q": 3.74, "v": 15.45, "log_likelihood": -1.0, "converged": True},
            "settings": {"margin_rate": 0.5},
        }
    )  # fmt: skip


def test_historic_and_naive_value_by_hand(
    customers: pd.DataFrame, model: CustomerValueModel
) -> None:
    values = predict_customer_values(customers, model)
    assert values["historic_value_amount"].tolist() == [20, 500, 40]
    # A tenure below a year counts as one; two years halve the yearly amount.
    assert values["naive_value_1y_amount"].tolist() == pytest.approx([20, 250, 20])
    assert values["naive_value_3y_amount"].tolist() == pytest.approx([60, 750, 60])


def test_lifetime_value_is_discounted_orders_times_order_value_times_margin(
    customers: pd.DataFrame, model: CustomerValueModel
) -> None:
    values = predict_customer_values(customers, model)
    for name in ("90d", "1y", "3y"):
        undiscounted = (
            values[f"expected_orders_{name}"] * values["expected_order_value_amount"] * 0.5
        )
        assert (values[f"clv_{name}_amount"] < undiscounted).all()
    free = predict_customer_values(
        customers, model, CustomerValueSettings(margin_rate=0.5, monthly_discount_rate=0.0)
    )
    undiscounted = free["expected_orders_3y"] * free["expected_order_value_amount"] * 0.5
    assert free["clv_3y_amount"].tolist() == pytest.approx(undiscounted.tolist())


def test_one_percent_a_month_is_12_68_percent_a_year() -> None:
    assert np.exp(CustomerValueSettings().weekly_discount * 365 / 7) == pytest.approx(1.1268, 1e-4)


def test_the_columns_are_those_of_the_definition(
    customers: pd.DataFrame, model: CustomerValueModel
) -> None:
    expected = [
        "customer_id", "btyd_x", "btyd_tx", "btyd_t", "mean_repeat_amount",
        "probability_active_90d", "expected_orders_90d", "expected_orders_1y",
        "expected_orders_3y", "expected_order_value_amount", "historic_value_amount",
        "naive_value_1y_amount", "naive_value_3y_amount", "clv_90d_amount", "clv_1y_amount",
        "clv_3y_amount",
    ]  # fmt: skip
    values = predict_customer_values(customers, model)
    assert values.columns.tolist() == expected
    assert values.index.tolist() == [4, 5, 6]
    assert predict_customer_values(customers, None).columns.tolist() == expected


def test_without_a_model_historic_and_naive_value_stand_alone(customers: pd.DataFrame) -> None:
    values = predict_customer_values(customers, None)
    modelled = values.filter(regex="clv|expected|probability")
    assert modelled.shape[1] == 8
    assert modelled.isna().all(axis=None)
    assert values["historic_value_amount"].tolist() == [40, 1_000, 80]


def test_a_restored_model_values_the_same(
    customers: pd.DataFrame, model: CustomerValueModel
) -> None:
    restored = CustomerValueModel.from_dict(json.loads(json.dumps(model.to_dict())))
    first, second = (predict_customer_values(customers, m) for m in (model, restored))
    pd.testing.assert_frame_equal(first, second)


def test_a_small_company_is_told_that_there_is_not_enough_data(customers: pd.DataFrame) -> None:
    with pytest.raises(
        NotEnoughData, match="30 customers with two or more order days, there are 1"
    ):
        fit_customer_value(customers)


@pytest.mark.parametrize("settings", [{"margin_rate": 0.0}, {"monthly_discount_rate": -0.1}])
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        CustomerValueSettings(**settings)


def test_the_correlation_leaves_out_those_without_a_paid_repeat_order() -> None:
    frame = pd.DataFrame(
        {"btyd_x": [0, 1, 2, 3, 9], "mean_repeat_amount": [None, 10.0, 20.0, 30.0, 0.0]}
    )
    assert frequency_spend_correlation(frame) == pytest.approx(1)
    assert frequency_spend_correlation(frame.head(2)) == 0


@pytest.fixture(scope="module")
def cdnow_card(
    cdnow_sample_order_days: pd.DataFrame, btyd_summary: Callable[..., pd.DataFrame]
) -> dict:
    calibration = btyd_summary(cdnow_sample_order_days, CALIBRATION_END)
    later = cdnow_sample_order_days["business_date"] > CALIBRATION_END
    holdout = (
        cdnow_sample_order_days[later]
        .groupby("customer_id", as_index=False)
        .agg(
            order_day_count=("business_date", "size"),
            net_revenue_amount=("net_revenue_amount", "sum"),
        )
    )
    return validate_customer_value(calibration, holdout, horizon_weeks=39, as_of="1997-09-30")


def test_the_cdnow_card_is_plain_json_and_holds_the_known_counts(cdnow_card: dict) -> None:
    assert json.loads(json.dumps(cdnow_card, allow_nan=False)) == cdnow_card
    assert cdnow_card["as_of"] == "1997-09-30"
    assert cdnow_card["data"]["customer_count"] == 2_357
    assert cdnow_card["data"]["repeat_customer_count"] == 946
    assert cdnow_card["data"]["holdout_order_day_count"] == 1_882


def test_on_cdnow_the_model_beats_the_naive_rate_and_nearly_ranks_like_recency(
    cdnow_card: dict,
) -> None:
    metrics, baseline = cdnow_card["metrics"], cdnow_card["baseline"]
    assert metrics["activity"]["auc"] == pytest.approx(0.757, abs=0.005)
    assert baseline["activity"]["auc"] == pytest.approx(0.771, abs=0.005)
    assert abs(metrics["orders"]["bias"]) < 0.15 < 0.8 < baseline["orders"]["bias"]
    assert metrics["revenue"]["decile_calibration_error"] < 0.2
    assert cdnow_card["is_better"] == {"activity": True, "orders": True, "revenue": True}
    assert cdnow_card["is_better_than_baseline"] is True


def test_on_cdnow_frequency_and_spend_are_independent_enough(cdnow_card: dict) -> None:
    assert cdnow_card["frequency_spend_correlation"] == pytest.approx(0.114, abs=0.005)
    assert cdnow_card["is_frequency_spend_correlated"] is False


def planted_periods(*, spend_follows_frequency: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A calibration of 50 weeks and a holdout of 25, at rates that never change."""
    random = np.random.default_rng(11)
    rate = random.gamma(1.5, 1 / 15, 2_000)
    x = random.poisson(rate * 50)
    mean = random.gamma(6, 5, 2_000) * (1 + x if spend_follows_frequency else 1)
    calibration = pd.DataFrame(
        {
            "customer_id": [f"c_{n}" for n in range(2_000)],
            "btyd_x": x,
            "btyd_tx": np.where(x > 0, 50 * random.random(2_000) ** (1 / np.maximum(x, 1)), 0.0),
            "btyd_t": 50.0,
            "mean_repeat_amount": np.where(x > 0, mean, np.nan),
            "net_revenue_amount": mean * (x + 1),
        }
    )
    later = random.poisson(rate * 25)
    holdout = calibration[["customer_id"]].assign(
        order_day_count=later, net_revenue_amount=later * mean
    )
    return calibration, holdout


def test_spend_that_grows_with_frequency_is_warned_of() -> None:
    periods = planted_periods(spend_follows_frequency=True)
    card = validate_customer_value(*periods, horizon_weeks=25, as_of="2026-01-31")
    assert card["is_frequency_spend_correlated"] is True


def test_customers_unknown_at_the_date_are_left_out_and_missing_ones_did_not_buy() -> None:
    calibration, holdout = planted_periods(spend_follows_frequency=False)
    buyers = holdout[holdout["order_day_count"] > 0]
    stranger = pd.DataFrame(
        {"customer_id": ["c_new"], "order_day_count": [9], "net_revenue_amount": [1e9]}
    )
    first, second = (
        validate_customer_value(calibration, rows, horizon_weeks=25, as_of="2026-01-31")
        for rows in (holdout, pd.concat([buyers, stranger]))
    )
    assert first == second


def test_a_customer_that_stands_twice_in_the_holdout_is_refused() -> None:
    calibration, holdout = planted_periods(spend_follows_frequency=False)
    with pytest.raises(ValueError, match="twice"):
        validate_customer_value(
            calibration, pd.concat([holdout, holdout]), horizon_weeks=25, as_of="2026-01-31"
        )


def test_a_holdout_without_orders_is_not_enough_to_judge() -> None:
    calibration, holdout = planted_periods(spend_follows_frequency=False)
    with pytest.raises(NotEnoughData, match="holdout"):
        validate_customer_value(calibration, holdout.head(0), horizon_weeks=25, as_of="2026-01-31")
