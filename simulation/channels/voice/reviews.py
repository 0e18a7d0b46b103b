"""Reviews of bought products: the more extreme the experience, the likelier one is written."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects, pick
from simulation.channels.blanks import known
from simulation.channels.remarks import imagine, write
from simulation.channels.voice.subjects import main_topics
from simulation.experience import BASE_SCORE

SITES = ("own shop", "Trustline", "Open Opinions")
SITE_SHARES, BEST_RATINGS = (0.65, 0.25, 0.1), (5.0, 5.0, 10.0)
OWN_SHOP = 0
BASE_SHARE = 0.045
DAYS_UNTIL_REVIEW = 9.0
EDITED_SHARE, EDITED_AFTER_DAYS = 0.05, 12
TITLED_SHARE = 0.7
RATING_NOISE = 0.6


def write_reviews(block: Block) -> None:
    """Write reviews of the block's orders; some are edited later, milder than at first."""
    rng = block.rng("voice.reviews")
    reviews = _rated(_chosen(block, rng), rng)
    reviews["review_id"] = block.ids("RV", len(reviews))
    day = np.floor(reviews["written"].to_numpy()).astype(np.int64)
    rows = _rows(block, reviews, day, rng)
    block.emit("reviews/reviews", rows, day=day)
    _edit(block, rows, reviews["written"].to_numpy(), rng)
    truth = reviews[["review_id", "person", "true_score", "rating"]]
    block.truth("reviews", truth, day=day)
    record = reviews[["person"]].assign(source="reviews/reviews", record_key=reviews["review_id"])
    block.truth("records", record, day=day)


def _rated(reviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add site, rating on the site's scale, and what the text is about and feels like."""
    site = pick(rng, SITE_SHARES, len(reviews))
    best = np.array(BEST_RATINGS)[site]
    latent = reviews["true_score"].to_numpy() + rng.normal(0, RATING_NOISE, len(reviews))
    sentiment = np.clip(np.rint((latent - 6.2) * 1.4), -5, 5).astype(np.int64)
    return reviews.assign(
        site=site,
        best=best,
        rating=np.clip(np.rint(1 + (best - 1) * latent / 10), 1, best),
        sentiment=sentiment,
        topic=main_topics(reviews, sentiment, rng),
    )


def _rows(
    block: Block, reviews: pd.DataFrame, day: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Reviews as the sites show them; only the own shop ties them to a purchase."""
    language = block.people.column("language")[reviews["person"]].astype(object)
    review_id = reviews["review_id"].to_numpy(dtype=object)
    topic, sentiment = reviews["topic"].to_numpy(dtype=object), reviews["sentiment"].to_numpy()
    remark = imagine(rng, language, topic, sentiment)
    text = write(block, rng, "review", remark, source="reviews/reviews", keys=review_id, day=day)
    is_own = (reviews["site"] == OWN_SHOP).to_numpy()
    products = block.reference.products["product_id"].to_numpy(dtype=object)
    written_at = block.at(reviews["written"])
    return pd.DataFrame(
        {
            "review_id": review_id,
            "site": np.array(SITES, dtype=object)[reviews["site"]],
            "product_id": known(is_own, products[reviews["product"]]),
            "customer_id": known(is_own, reviews["customer_id"]),
            "author": _authors(block, reviews, rng),
            "order_id": known(is_own, reviews["touch_id"]),
            "rating": reviews["rating"],
            "rating_max": reviews["best"],
            "title": _titles(text, rng),
            "text": text,
            "language": language,
            "reviewed_at": written_at,
            "updated_at": written_at,
        }
    )


def _chosen(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """The orders that are reviewed, with one of their products and the moment of writing."""
    experiences = block.facts["satisfaction"]
    experiences = experiences[(experiences["kind"] == "order").to_numpy()]
    distance = np.abs(experiences["true_score"].to_numpy() - BASE_SCORE)
    online = np.where(experiences["channel"] == "store", 0.5, 1.3)
    writes = rng.random(len(experiences)) < BASE_SHARE * online * (1 + 0.25 * distance**1.3)
    chosen = experiences[writes].reset_index(drop=True)
    lines = block.facts["order_lines"].drop_duplicates("touch_id").set_index("touch_id")
    orders = block.facts["orders"].drop_duplicates("touch_id").set_index("touch_id")
    wait = 1 + rng.exponential(DAYS_UNTIL_REVIEW, len(chosen))
    return chosen.assign(
        product=lines["product"].reindex(chosen["touch_id"]).fillna(0).to_numpy(dtype=np.int64),
        customer_id=orders["customer_id"].reindex(chosen["touch_id"]).to_numpy(dtype=object),
        written=chosen["day"].to_numpy() + wait,
    )


def _authors(block: Block, reviews: pd.DataFrame, rng: np.random.Generator) -> Objects:
    """First name and the initial of the family name, or a name made up for the site."""
    people = block.people.frame.iloc[reviews["person"].to_numpy()]
    shown = people["first_name"].astype(str) + " " + people["last_name"].astype(str).str[0] + "."
    made_up = people["first_name"].astype(str).str.lower() + rng.integers(
        10, 99, len(people)
    ).astype(str)
    authors: Objects = np.where(rng.random(len(people)) < 0.75, shown, made_up).astype(object)
    return authors


def _titles(text: Objects, rng: np.random.Generator) -> Objects:
    """The first words of the review, where it has a title."""
    first = pd.Series(text, dtype=object).str.extract(r"^(.{8,60}?)(?:[.!?,;:\n]|$)")[0]
    has_title = (rng.random(len(text)) < TITLED_SHARE) & first.notna().to_numpy()
    return known(has_title, first)


def _edit(block: Block, rows: pd.DataFrame, written: np.ndarray, rng: np.random.Generator) -> None:
    """Some come back and give one star more, without another word."""
    edited = rng.random(len(rows)) < EDITED_SHARE
    moment = written[edited] + EDITED_AFTER_DAYS
    again = rows[edited].assign(updated_at=block.at(moment))
    again["rating"] = np.minimum(again["rating"] + 1, again["rating_max"])
    block.emit("reviews/reviews", again, day=np.floor(moment).astype(np.int64))
