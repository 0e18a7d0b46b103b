"""Mystery shoppers: what service is truly like in each place, and what a visit shows of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, stream
from simulation.channels.arrays import pick
from simulation.channels.market.prices import COMPETITORS
from simulation.channels.remarks import imagine, write
from simulation.vocabulary import LANGUAGES

OWN = "Sample Outfitters"
VISITS_A_BLOCK = 40
OWN_SHARE = 0.6
CHANNELS = ("store", "phone", "web", "chat")
CHANNEL_SHARES = (0.7, 0.15, 0.08, 0.07)
# Criterion: weight in the total, own true mean, true mean at competitors, topic of a remark.
CRITERIA = {
    "greeting": (1.0, 3.7, 3.5, "staff"),
    "waiting time": (1.5, 3.2, 3.6, "waiting"),
    "needs analysis": (1.0, 3.4, 3.3, "staff"),
    "product advice": (2.0, 3.9, 3.4, "product_quality"),
    "availability": (1.5, 3.3, 3.5, "stock"),
    "appearance": (0.5, 4.1, 3.8, "general"),
    "checkout": (1.0, 3.6, 3.7, "payment"),
    "farewell": (0.5, 3.8, 3.4, "staff"),
}
BEST_SCORE = 5
PLACE_SPREAD, VISIT_SPREAD, ITEM_SPREAD = 0.45, 0.35, 0.8
SKIPPED_SHARE = 0.05
REPORT_DAYS = 5


def visit_in_disguise(block: Block) -> None:
    """Write visits and their scores; the true mean of each place and criterion is truth."""
    rng = block.rng("market.mystery")
    sites = _sites(block)
    means = _true_means(block, sites)
    _write_truth(block, sites, means)
    visits = _visits(block, sites, rng)
    shown = means[visits["site"]] + rng.normal(0, VISIT_SPREAD, (len(visits), 1))
    scores = np.clip(np.rint(shown + rng.normal(0, ITEM_SPREAD, shown.shape)), 0, BEST_SCORE)
    applies = rng.random(scores.shape) >= SKIPPED_SHARE
    _write_scores(block, visits, scores, applies)
    _write_visits(block, visits, scores, applies, rng)


def _sites(block: Block) -> pd.DataFrame:
    """Every own store and every competitor's region that a shopper may visit."""
    own = block.reference.stores[["store_id", "region", "country_code"]].assign(company=OWN)
    rivals = block.reference.regions.merge(pd.DataFrame({"company": COMPETITORS}), how="cross")
    return pd.concat([own, rivals], ignore_index=True)


def _true_means(block: Block, sites: pd.DataFrame) -> np.ndarray:
    """Site × criterion: the company's mean and what is peculiar to the site, for good."""
    table = np.array([values[1:3] for values in CRITERIA.values()])
    company = (sites["company"] != OWN).to_numpy().astype(int)
    rng = stream(block.settings.seed, "market.service")
    peculiar = rng.normal(0, PLACE_SPREAD, (len(sites), 1))
    own: np.ndarray = np.clip(table[:, company].T + peculiar, 0.5, 4.9)
    return own


def _write_truth(block: Block, sites: pd.DataFrame, means: np.ndarray) -> None:
    if block.number:
        return
    truth = sites[["company", "store_id", "region"]].merge(
        pd.DataFrame({"criterion": list(CRITERIA)}), how="cross"
    )
    truth["true_mean"] = means.ravel()
    block.truth("mystery_service", truth, day=np.zeros(len(truth), dtype=np.int64))


def _visits(block: Block, sites: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    is_own_site = (sites["company"] == OWN).to_numpy()
    own, rival = np.flatnonzero(is_own_site), np.flatnonzero(~is_own_site)
    is_own = rng.random(VISITS_A_BLOCK) < OWN_SHARE
    drawn = np.where(is_own, rng.choice(own, VISITS_A_BLOCK), rng.choice(rival, VISITS_A_BLOCK))
    channel = pick(rng, CHANNEL_SHARES, VISITS_A_BLOCK)
    return pd.DataFrame(
        {
            "site": drawn,
            "visit_id": block.ids("MV", VISITS_A_BLOCK),
            "channel": np.array(CHANNELS, dtype=object)[channel],
            "is_own": is_own,
            "day": np.sort(rng.integers(block.first_day, block.end_day, VISITS_A_BLOCK)),
            "second": np.floor(rng.uniform(9.5, 19.0, VISITS_A_BLOCK) * 60) * 60,
            "shopper": rng.integers(1, 16, VISITS_A_BLOCK),
        }
    )


def _write_scores(
    block: Block, visits: pd.DataFrame, scores: np.ndarray, applies: np.ndarray
) -> None:
    weights = np.array([values[0] for values in CRITERIA.values()])
    visit, criterion = np.nonzero(applies)
    rows = {
        "visit_id": visits["visit_id"].to_numpy()[visit],
        "criterion": np.array(list(CRITERIA), dtype=object)[criterion],
        "score": scores[visit, criterion],
        "score_max": float(BEST_SCORE),
        "weight": weights[criterion],
    }
    reported = visits["day"].to_numpy()[visit] + REPORT_DAYS
    block.emit("market/mystery_scores", pd.DataFrame(rows), day=reported)


def _write_visits(
    block: Block,
    visits: pd.DataFrame,
    scores: np.ndarray,
    applies: np.ndarray,
    rng: np.random.Generator,
) -> None:
    sites = _sites(block).iloc[visits["site"]].reset_index(drop=True)
    language = sites["country_code"].map(LANGUAGES).to_numpy(dtype=object)
    in_store = (visits["channel"] == "store").to_numpy()
    reported = visits["day"].to_numpy() + REPORT_DAYS
    rows = {
        "visit_id": visits["visit_id"],
        "company": sites["company"],
        "is_own": visits["is_own"],
        "store_id": sites["store_id"].where(in_store, None),
        "region": sites["region"],
        "channel": visits["channel"],
        "visited_at": block.at(visits["day"], visits["second"]),
        "shopper_id": "MS" + visits["shopper"].astype(str).str.zfill(2),
        "total_score": (scores * applies).sum(axis=1),
        "score_max": applies.sum(axis=1) * float(BEST_SCORE),
        "comment": _comments(block, visits, scores, applies, language, rng),
        "language": language,
        "updated_at": block.at(reported, 12 * 3600),
    }
    block.emit("market/mystery_visits", pd.DataFrame(rows), day=reported)


def _comments(
    block: Block,
    visits: pd.DataFrame,
    scores: np.ndarray,
    applies: np.ndarray,
    language: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """A remark on the criterion that stood out."""
    gap = np.where(applies, scores - BEST_SCORE * 0.7, 0.0)
    striking = np.abs(gap).argmax(axis=1)
    sentiment = np.rint(gap[np.arange(len(gap)), striking] * 2.2)
    topic = np.array([values[3] for values in CRITERIA.values()], dtype=object)[striking]
    remark = imagine(rng, language, topic, sentiment)
    return write(
        block,
        rng,
        "comment",
        remark,
        source="market/mystery_visits",
        keys=visits["visit_id"].to_numpy(),
        day=visits["day"].to_numpy() + REPORT_DAYS,
    )
