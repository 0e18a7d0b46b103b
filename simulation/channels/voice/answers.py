"""Who answers, with which score and words; and the two biases of those who stay silent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Objects
from simulation.channels.blanks import known
from simulation.channels.identifiers import identifiers_of
from simulation.channels.marketing.choosing import has_dead_address
from simulation.channels.remarks import imagine, write
from simulation.channels.voice.subjects import main_topics
from simulation.experience import BASE_SCORE

# Log odds of an answer: those of everybody, and the two biases, which a weaker signal scales down.
# Age and online share are known to the company and can be corrected for; the weight of the score
# itself cannot be seen by those who know only the answers.
USUAL = {
    "intercept": -0.8,
    "method_web": -0.7,
    "method_store": -0.1,
    "method_phone": 0.4,
    "method_app": -0.2,
}
BIASES = {
    "age_per_15_years_from_45": 0.4,
    "online_share_from_half": -0.9,
    "answer_tendency_from_0.4": 1.2,
    "true_score_from_7.6": 0.28,
}
PARTIAL_SHARE, ABANDONED_SHARE = 0.08, 0.06
OPENED_SHARE_OF_SILENT = 0.3
COMMENT_SHARE = 0.42
LINKED_SHARE = {"store": 0.6}
DEFAULT_LINKED_SHARE = 0.95
SCALES = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0)}
SCORE_NOISE = 0.7
EASE_DRIVERS = ("site_ease", "staff_help", "waiting")


def answer_surveys(block: Block, invitations: pd.DataFrame) -> None:
    """Write invitations and answers; what is true of each invitation is truth."""
    rng = block.rng("voice.answers")
    own = identifiers_of(block, invitations["person"], invitations["invited"])
    asked = invitations.assign(customer_id=own["customer_id"], loyalty_id=own["loyalty_id"])
    asked["email"] = known(asked["method"] == "email", own["email"])
    # Without an address there is no e-mail; the question is put on the web instead.
    asked["method"] = np.where(
        (asked["method"] == "email") & own["email"].isna(), "web", asked["method"]
    )
    asked["probability"] = _response_probability(block, asked)
    asked = _with_course(block, asked, rng)
    _emit_invitations(block, asked)
    _emit_answers(block, asked[asked["is_answered"]].reset_index(drop=True), rng)
    _write_truth(block, asked)


def bias_of(block: Block) -> dict[str, float]:
    """Log odds of an answer, by term."""
    signal = block.settings.preset.signal
    return USUAL | {term: signal * weight for term, weight in BIASES.items()}


def _response_probability(block: Block, asked: pd.DataFrame) -> Floats:
    """Probability that the person, once reached, answers the question."""
    bias = bias_of(block)
    people = block.people.frame.iloc[asked["person"].to_numpy()]
    born = people["birth_date"].to_numpy().astype("datetime64[D]")
    age = (block.at(asked["invited"]).astype("datetime64[D]") - born).astype(np.int64) / 365.25
    terms = {
        "intercept": 1.0,
        "age_per_15_years_from_45": (age - 45) / 15,
        "online_share_from_half": people["online_share"].to_numpy() - 0.5,
        "answer_tendency_from_0.4": people["answer_tendency"].to_numpy() - 0.4,
        "true_score_from_7.6": asked["true_score"].to_numpy() - BASE_SCORE,
    }
    for method in ("web", "store", "phone", "app"):
        terms[f"method_{method}"] = (asked["method"] == method).to_numpy()
    odds = sum(bias[term] * value for term, value in terms.items())
    probability: Floats = 1 / (1 + np.exp(-np.asarray(odds)))
    return probability


def _with_course(block: Block, asked: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add bounced, opened, started, completed and answered (float days, NaN for never)."""
    count = len(asked)
    by_mail = (asked["method"] == "email").to_numpy()
    bounced = by_mail & has_dead_address(block, asked["person"].to_numpy())
    willing = ~bounced & (rng.random(count) < asked["probability"].to_numpy())
    draw = rng.random(count)
    # Of those who begin without being counted as willing, some leave before the question.
    abandoned = ~bounced & ~willing & (draw < ABANDONED_SHARE)
    partial = willing & (draw < PARTIAL_SHARE)
    opened = willing | abandoned | (~bounced & (rng.random(count) < OPENED_SHARE_OF_SILENT))
    wait = np.where(by_mail, rng.exponential(0.9, count), rng.exponential(0.004, count))
    opened_at = asked["invited"].to_numpy() + wait + 20 / 86400
    started_at = opened_at + rng.uniform(5, 60, count) / 86400
    answered_at = started_at + rng.gamma(2.0, 70.0, count) / 86400
    return asked.assign(
        bounced=np.where(bounced, asked["invited"] + 15 / 86400, np.nan),
        opened=np.where(opened, opened_at, np.nan),
        started=np.where(willing | abandoned, started_at, np.nan),
        answered=np.where(willing, answered_at, np.nan),
        is_partial=partial,
        is_answered=willing,
    )


def _times(block: Block, days: pd.Series) -> np.ndarray:
    known = days.notna().to_numpy()
    moments = block.at(np.where(known, days.to_numpy(), 0.0))
    return np.where(known, moments, np.datetime64("NaT", "us"))


def _emit_invitations(block: Block, asked: pd.DataFrame) -> None:
    """As sent, and again on the day of its last step."""
    rows = asked[
        ["invitation_id", "customer_id", "email", "survey_type", "touchpoint", "touch_id"]
    ].assign(
        collection_method=asked["method"],
        invited_at=block.at(asked["invited"]),
        bounced_at=_times(block, asked["bounced"]),
    )
    block.emit("survey/invitations", rows, day=np.floor(asked["invited"]).astype(np.int64))
    opened = asked["opened"].notna().to_numpy()
    completed = asked["answered"].where(~asked["is_partial"])
    later = rows.assign(
        opened_at=_times(block, asked["opened"]),
        started_at=_times(block, asked["started"]),
        completed_at=_times(block, completed),
    )[opened]
    last = asked[["opened", "started", "answered"]].max(axis=1)[opened]
    block.emit("survey/invitations", later, day=np.floor(last).astype(np.int64))


def _emit_answers(block: Block, answers: pd.DataFrame, rng: np.random.Generator) -> None:
    count = len(answers)
    day = np.floor(answers["answered"]).astype(np.int64).to_numpy()
    response_id = block.ids("SR", count)
    share = answers["method"].map(LINKED_SHARE).fillna(DEFAULT_LINKED_SHARE).to_numpy()
    is_linked = rng.random(count) < share
    scales = np.array([SCALES[name] for name in answers["survey_type"]]).reshape(count, 2)
    is_order = (answers["kind"] == "order").to_numpy()
    rows = {
        "response_id": response_id,
        "customer_id": known(is_linked, answers["customer_id"]),
        "loyalty_id": known(is_linked, answers["loyalty_id"]),
        "order_id": known(is_order, answers["touch_id"]),
        "touch_id": answers["touch_id"],
        "email": answers["email"],
        "survey_type": answers["survey_type"],
        "touchpoint": answers["touchpoint"],
        "channel": answers["method"],
        "score": _scores(answers, scales, rng),
        "scale_min": scales[:, 0],
        "scale_max": scales[:, 1],
        "comment": _comments(block, answers, response_id, day, rng),
        "language": answers["language"],
        "invited_at": block.at(answers["invited"]),
        "answered_at": block.at(answers["answered"]),
        "is_partial": answers["is_partial"],
    }
    block.emit("survey/responses", pd.DataFrame(rows), day=day)
    record = {"person": answers["person"], "source": "survey/responses", "record_key": response_id}
    block.truth("records", pd.DataFrame(record), day=day)


def _scores(answers: pd.DataFrame, scales: np.ndarray, rng: np.random.Generator) -> Floats:
    """The latent score on the scale of the question; effort rests on what made it easy."""
    noisy = answers["true_score"].to_numpy() + rng.normal(0, SCORE_NOISE, len(answers))
    ease = answers[list(EASE_DRIVERS)].assign(waiting=-answers["waiting"]).mean(axis=1).fillna(0)
    easy = 7.0 + 1.6 * ease.to_numpy() + 0.5 * (noisy - BASE_SCORE)
    latent = np.where(answers["survey_type"] == "ces", easy, noisy)
    low, high = scales.T
    scores: Floats = np.clip(np.rint(low + (high - low) * latent / 10), low, high)
    return scores


def _comments(
    block: Block,
    answers: pd.DataFrame,
    response_id: Objects,
    day: np.ndarray,
    rng: np.random.Generator,
) -> Objects:
    """Words of those who leave any, more often where the experience was extreme."""
    score = answers["true_score"].to_numpy()
    share = COMMENT_SHARE * (1 + 0.12 * np.abs(score - BASE_SCORE))
    writes: Bools = (rng.random(len(answers)) < share) & ~answers["is_partial"].to_numpy()
    chosen = answers[writes]
    sentiment = np.rint((score[writes] - 6.8) * 1.2 + rng.normal(0, 0.6, len(chosen)))
    remark = imagine(
        rng,
        chosen["language"].to_numpy(dtype=object),
        main_topics(chosen, sentiment, rng),
        sentiment,
    )
    comments = np.full(len(answers), None, dtype=object)
    comments[writes] = write(
        block, rng, "comment", remark,
        source="survey/responses", keys=response_id[writes], day=day[writes],
    )  # fmt: skip
    return comments


def _write_truth(block: Block, asked: pd.DataFrame) -> None:
    day = np.floor(asked["invited"]).astype(np.int64)
    truth = asked[["invitation_id", "person", "true_score"]].assign(
        response_probability=asked["probability"], responded=asked["is_answered"]
    )
    block.truth("survey_invitations", truth, day=day)
    if block.number == 0:
        bias = pd.DataFrame(bias_of(block).items(), columns=["term", "log_odds"])
        block.truth("survey_bias", bias, day=np.zeros(len(bias), dtype=np.int64))
