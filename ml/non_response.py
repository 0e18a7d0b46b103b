"""What answers to surveys weigh, so that the silent are heard through those like them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ml.errors import NotEnoughData
from ml.inputs import FloatArray, require_columns
from ml.judges import auc
from ml.segment_pipeline import one_thread, signed_logarithm

AMOUNTS = ("order_count", "days_since_first_order", "days_since_last_order")
NUMBERS = ("age_years", "online_order_rate", "earlier_answer_rate")
CATEGORIES = ("survey_type", "touchpoint", "collection_method", "gender", "country_code")
RESULT_COLUMNS = ("response_id", "response_probability", "weight", "unexplained_odds_ratio")

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NonResponseSettings:
    """How weights are made, and from how much data."""

    least_invitations: int = 200
    least_answers: int = 50
    trim_multiple: float = 5.0
    least_unexplained_odds_ratio: float = 2.0
    folds: int = 5
    least_category_count: int = 20


def weigh_answers(
    invitations: pd.DataFrame, settings: NonResponseSettings | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Weigh each answer by the inverse of its probability, and say what the weights leave open.

    Parameters
    ----------
    invitations : DataFrame, one row per invitation that reached a known customer
        ``customer_id``; ``response_id``, null where nothing came back; ``survey_type``,
        ``touchpoint``, ``collection_method``, ``gender``, ``country_code``; ``age_years``,
        ``order_count``, ``online_order_rate`` (0 to 1), ``days_since_first_order``,
        ``days_since_last_order``; ``earlier_invitation_count`` and ``earlier_answer_count``.
        Everything but the customer may be missing.
    settings : NonResponseSettings, optional

    Returns
    -------
    answers : DataFrame, one row per answer
        ``response_id``; ``response_probability``; ``weight``, the invitations that the answer
        stands for; ``unexplained_odds_ratio``, the same in all rows.
    card : dict
        ``is_better_than_baseline``: whether, on customers it had not seen, the model's log loss is
        below that of one probability for all. Where it is not, all answers weigh the same.

    Raises
    ------
    NotEnoughData
        Fewer invitations or answers, or silent invitations, than the settings ask for.
    ValueError
        A column is missing.

    Notes
    -----
    Inverse propensity weighting: 1 / p, p by a ridge logistic regression, trimmed at
    ``trim_multiple`` times the median weight (Little, 1986; Potter, 1990). It corrects for what the
    features explain. For the rest the outcome of the silent is taken to be that of the answers like
    them, tilted in odds by a ratio between favourable and unfavourable answers (Franks, D'Amour
    and Feller, 2020). The ratio cannot be learned from answers alone; it is set to what all the
    features together do, the ratio of the odds of answering at the 90th and the 10th percentile of
    invitations: "what we do not see sways people as much as all that we see".
    """
    settings = settings or NonResponseSettings()
    features = _features(invitations)
    is_answered = invitations["response_id"].notna().to_numpy()
    _require_enough(is_answered, settings)
    with one_thread():
        judged = _judged(features, invitations["customer_id"], is_answered, settings)
        probability = (
            _fitted_probability(features, is_answered, settings)
            if judged["is_better_than_baseline"]
            else np.full(len(features), is_answered.mean())
        )
    answers, trimmed_count = _weights(invitations, probability, is_answered, settings)
    odds_ratio = _odds_ratio(probability, settings)
    weight = answers["weight"].to_numpy()
    card = {
        "data": {"invitations": len(invitations), "answers": int(is_answered.sum())},
        "settings": asdict(settings),
        **judged,
        "trimmed_answers": trimmed_count,
        "effective_answers": float(weight.sum() ** 2 / (weight**2).sum()),
        "unexplained_odds_ratio": odds_ratio,
    }
    return answers.assign(unexplained_odds_ratio=odds_ratio)[list(RESULT_COLUMNS)], card


def _features(invitations: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model reads, with the share of earlier invitations answered."""
    counts = ("earlier_invitation_count", "earlier_answer_count")
    require_columns(
        invitations,
        ("customer_id", "response_id", *AMOUNTS, *NUMBERS[:-1], *CATEGORIES, *counts),
    )
    earlier = invitations[counts[0]].to_numpy(dtype=np.float64)
    rate = invitations[counts[1]].to_numpy(dtype=np.float64) / np.where(
        earlier > 0, earlier, np.nan
    )
    known = invitations.assign(earlier_answer_rate=rate)
    numbers = known[[*AMOUNTS, *NUMBERS]].astype(np.float64)
    words = known[list(CATEGORIES)].astype(object)
    return pd.concat([numbers, words.where(words.notna(), "unknown").astype(str)], axis=1)


def _require_enough(is_answered: BoolArray, settings: NonResponseSettings) -> None:
    invited, answered = len(is_answered), int(is_answered.sum())
    silent = invited - answered
    if invited < settings.least_invitations or min(answered, silent) < settings.least_answers:
        raise NotEnoughData(
            f"weights need {settings.least_invitations} invitations of known customers,"
            f" {settings.least_answers} of them answered and {settings.least_answers} not;"
            f" there are {invited}, {answered} answered."
        )


def _model(settings: NonResponseSettings) -> Pipeline:
    """Missing numbers become the median and a flag; rare categories are one."""
    amounts = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        FunctionTransformer(signed_logarithm),
        StandardScaler(),
    )
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=settings.least_category_count
    )
    columns = ColumnTransformer(
        [
            ("amounts", amounts, list(AMOUNTS)),
            ("numbers", numbers, list(NUMBERS)),
            ("categories", categories, list(CATEGORIES)),
        ]
    )
    return Pipeline([("columns", columns), ("odds", LogisticRegression(max_iter=1000))])


def _judged(
    features: pd.DataFrame,
    customers: pd.Series,
    is_answered: BoolArray,
    settings: NonResponseSettings,
) -> dict[str, Any]:
    """How well the model tells who answers, on customers it has not seen."""
    folds = GroupKFold(min(settings.folds, customers.nunique()))
    probability = cross_val_predict(
        _model(settings), features, is_answered, groups=customers, cv=folds, method="predict_proba"
    )[:, 1]
    rate = is_answered.mean()
    loss, baseline = (
        _log_loss(probability, is_answered),
        _log_loss(np.full(len(probability), rate), is_answered),
    )
    return {
        "log_loss": loss,
        "baseline_log_loss": baseline,
        "auc": auc(probability, is_answered.astype(np.float64)),
        "is_better_than_baseline": loss < baseline,
    }


def _log_loss(probability: FloatArray, is_answered: BoolArray) -> float:
    return float(-np.log(np.where(is_answered, probability, 1 - probability)).mean())


def _fitted_probability(
    features: pd.DataFrame, is_answered: BoolArray, settings: NonResponseSettings
) -> FloatArray:
    probability: FloatArray = (
        _model(settings).fit(features, is_answered).predict_proba(features)[:, 1]
    )
    return probability


def _weights(
    invitations: pd.DataFrame,
    probability: FloatArray,
    is_answered: BoolArray,
    settings: NonResponseSettings,
) -> tuple[pd.DataFrame, int]:
    """The answers with their weights, and how many of these were cut."""
    answered = probability[is_answered]
    weight = 1 / answered
    most = settings.trim_multiple * float(np.median(weight))
    answers = pd.DataFrame(
        {
            "response_id": invitations["response_id"].to_numpy()[is_answered],
            "response_probability": answered,
            "weight": np.minimum(weight, most),
        }
    )
    return answers, int((weight > most).sum())


def _odds_ratio(probability: FloatArray, settings: NonResponseSettings) -> float:
    low, high = np.quantile(probability, [0.1, 0.9])
    seen = float(high / (1 - high) / (low / (1 - low)))
    return max(seen, settings.least_unexplained_odds_ratio)
