"""Weights for non-response take out a planted bias that is seen, and bound one that is not."""

import numpy as np
import pandas as pd
import pytest

from ml.errors import NotEnoughData
from ml.non_response import NonResponseSettings, weigh_answers


def invited(seed: int, count: int = 4000, *, explained: float, unexplained: float) -> pd.DataFrame:
    """Everybody's score rises with age; `explained` and `unexplained` sway who answers."""
    rng = np.random.default_rng(seed)
    age = rng.normal(45, 15, count)
    score = np.clip(np.rint(7.5 + 0.06 * (age - 45) + rng.normal(0, 1.8, count)), 0, 10)
    odds = -1.0 + explained * (age - 45) / 15 + unexplained * (score - score.mean())
    answers = rng.random(count) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {
            "customer_id": [f"c{number // 2}" for number in range(count)],
            "response_id": [f"r{n}" if said else None for n, said in enumerate(answers)],
            "survey_type": "nps",
            "touchpoint": None,
            "collection_method": rng.choice(["email", "web"], count),
            "gender": rng.choice(np.array(["f", "m", None], dtype=object), count),
            "country_code": "AT",
            "age_years": np.where(rng.random(count) < 0.05, np.nan, age),
            "order_count": rng.poisson(3, count),
            "online_order_rate": rng.random(count),
            "days_since_first_order": rng.integers(1, 900, count),
            "days_since_last_order": np.nan,
            "earlier_invitation_count": 0,
            "earlier_answer_count": 0,
            "score": score,
        }
    )


def net_promoters(score: pd.Series, weight: np.ndarray | float = 1.0) -> float:
    balance = (score >= 9).astype(float) - (score <= 6).astype(float)
    weights = np.broadcast_to(weight, len(score))
    return float(100 * (balance * weights).sum() / weights.sum())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bias_that_age_explains_is_taken_out(seed: int) -> None:
    people = invited(seed, explained=0.9, unexplained=0.0)
    answers, card = weigh_answers(people)
    heard = answers.merge(people[["response_id", "score"]])
    truth, raw = net_promoters(people["score"]), net_promoters(heard["score"])
    weighted = net_promoters(heard["score"], heard["weight"].to_numpy())
    margin = 196 / np.sqrt(card["effective_answers"])  # at most: each answer is worth -1 to 1
    assert raw - truth > 2 * margin
    assert abs(weighted - truth) < margin
    assert card["is_better_than_baseline"]


def test_the_odds_that_are_left_open_hold_a_bias_as_strong_as_all_that_is_seen() -> None:
    people = invited(4, explained=0.9, unexplained=0.15)
    answers, card = weigh_answers(people)
    heard = answers.merge(people[["response_id", "score"]])
    truth = net_promoters(people["score"])
    better = np.select([heard["score"] >= 9, heard["score"] <= 6], [1.0, -1.0], 0.0)
    silent = (heard["weight"] - 1).to_numpy()
    half = np.log(card["unexplained_odds_ratio"]) / 2
    worse = 1 + silent.sum() * (tilt := silent * np.exp(-half * better)) / tilt.sum()
    assert net_promoters(heard["score"], heard["weight"].to_numpy()) > truth + 4
    assert net_promoters(heard["score"], worse) < truth


def test_no_weight_is_more_than_five_times_the_median() -> None:
    answers, card = weigh_answers(invited(5, explained=2.5, unexplained=0.0))
    assert card["trimmed_answers"] > 0
    weight = answers["weight"]
    assert weight.max() == pytest.approx(
        5 * (1 / answers["response_probability"]).median(), rel=1e-12
    )
    assert card["effective_answers"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())


def test_answers_weigh_the_same_where_nothing_tells_who_answers() -> None:
    people = invited(6, count=600, explained=0.0, unexplained=0.0)
    answers, card = weigh_answers(people)
    assert not card["is_better_than_baseline"]
    assert answers["weight"].nunique() == 1
    assert answers["weight"].iloc[0] == pytest.approx(600 / len(answers))
    assert card["unexplained_odds_ratio"] == NonResponseSettings().least_unexplained_odds_ratio


def test_too_few_answers_are_said() -> None:
    with pytest.raises(NotEnoughData, match="50 of them answered"):
        weigh_answers(invited(7, count=150, explained=0.0, unexplained=0.0))


def test_equal_data_give_equal_weights() -> None:
    people = invited(8, count=800, explained=0.9, unexplained=0.0)
    pd.testing.assert_frame_equal(weigh_answers(people)[0], weigh_answers(people.copy())[0])
