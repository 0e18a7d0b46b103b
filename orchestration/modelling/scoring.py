"""One function a model: read its features, call `ml`, write its scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.config import ModelSettings
from orchestration.modelling.registry import (
    StoredModel,
    latest_model,
    read_model,
    save_model,
)
from orchestration.modelling.tables import write_scores

if TYPE_CHECKING:
    import pandas as pd

    from ml.customer_value import CustomerValueModel, CustomerValueSettings
    from ml.segmentation import CustomerSegmenter

SEGMENT_FEATURES = ("recency_days", "order_day_count", "net_revenue_amount")
HOLDOUT_WEEKS = 90 / 7
MINIMUM_CUSTOMERS_TO_SEGMENT = 50


def schema_of(feature_model: str) -> str:
    """Where a feature model lies: in the marts only if people read it too."""
    return "intermediate" if feature_model.startswith("int_") else "marts"


@dataclass(frozen=True)
class ModelRun:
    """What every model of a run shares.

    `pins` names, by table, the versions to score with instead of fitting and judging anew.
    """

    connection: duckdb.DuckDBPyConnection
    models: Path
    save_to: Path
    settings: ModelSettings
    run_id: str
    scored_at: dt.datetime
    as_of_date: dt.date
    pins: Mapping[str, str] = field(default_factory=dict)

    def pinned(self, table: str) -> StoredModel | None:
        """The version that is to be scored with, if one is pinned."""
        return read_model(self.models, table, self.pins[table]) if table in self.pins else None

    def features(self, model: str) -> pd.DataFrame:
        """A feature model as a DataFrame, in a fixed order."""
        return self.connection.execute(
            f"select * from {schema_of(model)}.{model} order by all"
        ).df()

    def write(self, table: str, scores: pd.DataFrame, version: str) -> int:
        """Replace the scores of one model."""
        return write_scores(
            self.connection, table, scores, version, self.scored_at, self.as_of_date
        )


@dataclass(frozen=True)
class ModelOutcome:
    """Rows written, and what the run says of the model."""

    rows: int
    version: str
    is_used: bool
    message: str
    card: dict[str, Any]
    warning: str | None = None


def score_customers_rfm(run: ModelRun) -> ModelOutcome:
    """RFM scores and segments: `ml.customer_rfm`."""
    from ml.rfm import score_rfm

    features = run.features("int_customer_rfm_inputs")
    if features.empty:
        return _unscored(run, "customer_rfm", features, "nobody ordered in the window")
    scores = score_rfm(features)
    window = run.settings.rfm_window_months
    version = f"rfm_grid_1_window_{window or 'off'}"
    rows = run.write("customer_rfm", scores, version)
    return ModelOutcome(rows, version, True, f"{rows:,} customers scored", {})


def score_customer_segments(run: ModelRun) -> ModelOutcome:
    """K-means segments, frozen between refits: `ml.customer_segments`."""
    features = run.features("int_customer_rfm_inputs")
    if len(features) < MINIMUM_CUSTOMERS_TO_SEGMENT:
        message = f"segments need {MINIMUM_CUSTOMERS_TO_SEGMENT} customers with an order"
        return _unscored(run, "customer_segments", features, message)
    stored = run.pinned("customer_segments") or _current_segments(run, features)
    assigned = _segmenter(stored).assign(features)
    scores = assigned.assign(customer_id=features["customer_id"].to_numpy())
    rows = run.write("customer_segments", scores, stored.version)
    count = scores["segment_id"].nunique()
    is_stable = stored.card["is_stable"]
    warning = None if is_stable else "found no stable number of segments and took the most stable"
    return ModelOutcome(rows, stored.version, True, f"{count} segments", stored.card, warning)


def _current_segments(run: ModelRun, features: pd.DataFrame) -> StoredModel:
    """The segments that are frozen, fitted anew when that is due."""
    stored = latest_model(run.models, "customer_segments", run.as_of_date)
    if stored is None or (run.as_of_date - stored.as_of).days >= run.settings.refit_days:
        stored = _fit_segments(run, features, stored)
        save_model(run.save_to, stored)
    return stored


def _segmenter(stored: StoredModel) -> CustomerSegmenter:
    from ml.segmentation import CustomerSegmenter

    return CustomerSegmenter.from_dict(stored.state)


def _fit_segments(
    run: ModelRun, features: pd.DataFrame, previous: StoredModel | None
) -> StoredModel:
    """Fit anew; segments that live on keep their ids and names."""
    from ml.segmentation import CustomerSegmenter

    # in an order that no customer number decides, so that equal customers give equal segments
    ordered = features.sort_values(list(SEGMENT_FEATURES))
    segmenter = CustomerSegmenter(columns=SEGMENT_FEATURES, random_state=0).fit(ordered)
    if previous is not None:
        segmenter = segmenter.match_labels(_segmenter(previous))
    card = {
        "data": {"customers": len(features), "features": list(SEGMENT_FEATURES)},
        "is_stable": bool(segmenter.is_stable_),
        "segments": dict(
            zip(map(int, segmenter.segment_ids_), segmenter.segment_names_, strict=True)
        ),
        "replaces": previous.version if previous else None,
    }
    return StoredModel(
        "customer_segments", run.run_id, run.as_of_date.isoformat(), segmenter.to_dict(), card
    )


def score_customer_values(run: ModelRun) -> ModelOutcome:
    """Lifetime value by BG/NBD x Gamma-Gamma beside naive and historic: `ml.customer_values`."""
    from ml.customer_value import CustomerValueSettings, predict_customer_values

    settings = CustomerValueSettings(margin_rate=run.settings.margin_rate)
    features = run.features("int_customer_value_inputs")
    if features.empty:
        return _unscored(run, "customer_values", features, "nobody has ordered yet")
    if run.pins.get("customer_values") == "naive":
        return _naive_values(run, features, settings)
    if pinned := run.pinned("customer_values"):
        return _pinned_values(run, features, settings, pinned)
    model, card, message = _judged_value_model(run, features, settings)
    if model is not None:
        stored = StoredModel(
            "customer_values", run.run_id, run.as_of_date.isoformat(), model.to_dict(), card
        )
        save_model(run.save_to, stored)
    version = run.run_id if model is not None else "naive"
    rows = run.write("customer_values", predict_customer_values(features, model, settings), version)
    return ModelOutcome(rows, version, model is not None, message, card)


def _naive_values(
    run: ModelRun, features: pd.DataFrame, settings: CustomerValueSettings
) -> ModelOutcome:
    """Without a model, as the pinned run did."""
    from ml.customer_value import predict_customer_values

    scores = predict_customer_values(features, None, settings)
    rows = run.write("customer_values", scores, "naive")
    return ModelOutcome(rows, "naive", False, "not used, as pinned", {})


def _pinned_values(
    run: ModelRun, features: pd.DataFrame, settings: CustomerValueSettings, stored: StoredModel
) -> ModelOutcome:
    """By the version that the pinned run had fitted."""
    from ml.customer_value import CustomerValueModel, predict_customer_values

    model = CustomerValueModel.from_dict(stored.state)
    scores = predict_customer_values(features, model, settings)
    rows = run.write("customer_values", scores, stored.version)
    return ModelOutcome(rows, stored.version, True, "as pinned", stored.card)


def _judged_value_model(
    run: ModelRun, features: pd.DataFrame, settings: CustomerValueSettings
) -> tuple[CustomerValueModel | None, dict[str, Any], str]:
    """A model fitted on everything, if the same method beat its baseline on the holdout."""
    from ml.customer_value import fit_customer_value
    from ml.customer_value_card import validate_customer_value
    from ml.errors import NotEnoughData

    judged = run.features("int_customer_value_calibrations")
    until = run.as_of_date - dt.timedelta(weeks=HOLDOUT_WEEKS)
    holdout = judged[["customer_id"]].assign(
        order_day_count=judged["holdout_order_day_count"],
        net_revenue_amount=judged["holdout_net_revenue_amount"],
    )
    try:
        card = validate_customer_value(
            judged, holdout, horizon_weeks=HOLDOUT_WEEKS, as_of=until.isoformat(), settings=settings
        )
        if not card["is_better_than_baseline"]:
            return None, card, "not used: it did not beat its baseline, naive value stands alone"
        model = fit_customer_value(features, settings)
    except NotEnoughData as error:
        return None, {}, f"not used: {str(error).rstrip('.')}"
    return model, card, "beats its baseline on the last 90 days"


def judge_page_zones(run: ModelRun) -> ModelOutcome:
    """Hot zones of pages, where clicks gather more than by chance: `ml.page_zones`."""
    from ml.hot_zones import judge_cells

    cells = run.features("int_page_click_cells")
    if cells.empty:
        return ModelOutcome(run.write("page_zones", cells, "none"), "none", True, "no clicks", {})
    judged = judge_cells(cells)
    rows = run.write("page_zones", judged, "binomial_1")
    hot = int(judged["is_hot"].fillna(False).sum())
    return ModelOutcome(rows, "binomial_1", True, f"{hot:,} of {rows:,} cells are hot", {})


def weigh_survey_answers(run: ModelRun) -> ModelOutcome:
    """What each answer weighs, so that the silent are heard through those like them.

    Written to `ml.survey_weights`.
    """
    invitations = run.features("int_survey_invitations_resolved")
    reached = invitations[invitations["customer_id"].notna() & ~invitations["is_bounced"]]
    if not reached["is_answered"].any():
        return _unscored(run, "survey_weights", reached, "no invitation was answered")
    from ml.errors import NotEnoughData
    from ml.non_response import weigh_answers

    try:
        answers, card = weigh_answers(reached)
    except NotEnoughData as error:
        return _unscored(run, "survey_weights", reached, str(error).rstrip("."))
    is_used = card["is_better_than_baseline"]
    rows = run.write("survey_weights", answers, "inverse_propensity_1" if is_used else "equal")
    message = f"{rows:,} answers weighed" if is_used else "not used: all answers weigh the same"
    return ModelOutcome(rows, "inverse_propensity_1", is_used, message, card)


def weigh_channels(run: ModelRun) -> ModelOutcome:
    """What would be lost without each channel, by a chain of Markov: `ml.channel_effects`."""
    from ml.channel_effects import channel_effects

    effects = channel_effects(run.features("metrics_monthly_path_steps"))
    rows = run.write("channel_effects", effects, "markov_1")
    count = effects["channel_group"].nunique()
    return ModelOutcome(rows, "markov_1", True, f"{count} channels weighed", {})


def _unscored(run: ModelRun, table: str, features: pd.DataFrame, why: str) -> ModelOutcome:
    """Leave a model's table empty, and say why."""
    run.write(table, features.head(0), "none")
    return ModelOutcome(0, "none", False, f"not used: {why}", {})


@dataclass(frozen=True)
class Model:
    """A model by the table it writes: its title, the feature models it reads, its function."""

    table: str
    title: str
    features: tuple[str, ...]
    score: Callable[[ModelRun], ModelOutcome]


MODELS = (
    Model("customer_rfm", "RFM", ("int_customer_rfm_inputs",), score_customers_rfm),
    Model("customer_segments", "segments", ("int_customer_rfm_inputs",), score_customer_segments),
    Model(
        "customer_values",
        "lifetime value",
        ("int_customer_value_inputs", "int_customer_value_calibrations"),
        score_customer_values,
    ),
    Model(
        "survey_weights",
        "non-response",
        ("int_survey_invitations_resolved",),
        weigh_survey_answers,
    ),
    Model("page_zones", "hot zones", ("int_page_click_cells",), judge_page_zones),
    Model("channel_effects", "attribution", ("metrics_monthly_path_steps",), weigh_channels),
)
