"""What is posted about the company and its competitors in public, and who engages with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects, pick
from simulation.channels.blanks import known
from simulation.channels.remarks import imagine, write
from simulation.channels.voice.subjects import main_topics
from simulation.experience import BASE_SCORE

NETWORKS, NETWORK_SHARES = ("instagram", "facebook", "tiktok", "x"), (0.35, 0.3, 0.15, 0.2)
STRANGERS_PER_PERSON, SPONTANEOUS_PER_PERSON = 0.03, 0.012
EXPERIENCE_SHARE = 0.035
ABOUT_COMPANY_SHARE = 0.35  # of strangers' posts
REPLY_SHARE = 0.12
ENGAGEMENTS_PER_PERSON, STRANGERS_SHARE = 0.38, 0.45
KINDS = {"like": 0.52, "comment": 0.14, "share": 0.1, "follow": 0.08, "mention": 0.06, "click": 0.1}
TOPICS = ("product_quality", "price", "stock", "delivery", "staff", "website", "general")
COLLECTED_AGAIN_AFTER_DAYS = 7
COMPANY_POSTS = 40


def simulate(block: Block) -> None:
    """Write posts and engagements; whose each handle is stands in truth/records of the CRM."""
    rng = block.rng("social.posts")
    posts = pd.concat([_of_people(block, rng), _of_strangers(block, rng)], ignore_index=True)
    posts = posts.sort_values("posted", kind="stable", ignore_index=True)
    posts["post_id"] = block.ids("SP", len(posts))
    _emit_posts(block, posts, rng)
    _emit_engagements(block, posts, block.rng("social.engagements"))


def _of_people(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Posts of people with a profile, after something that moved them or out of the blue."""
    profiles = block.facts["handles"].drop_duplicates("person").set_index("person")
    experiences = block.facts["satisfaction"]
    experiences = experiences[experiences["person"].isin(profiles.index).to_numpy()]
    distance = np.abs(experiences["true_score"].to_numpy() - BASE_SCORE)
    moved = rng.random(len(experiences)) < EXPERIENCE_SHARE * (1 + distance)
    told = experiences[moved].reset_index(drop=True)
    sentiment = np.rint((told["true_score"] - 6.5) * 1.5 + rng.normal(0, 0.7, len(told)))
    after = told.assign(
        sentiment=sentiment,
        topic=main_topics(told, sentiment.to_numpy(), rng),
        posted=told["day"] + rng.exponential(0.8, len(told)),
    )[["person", "sentiment", "topic", "posted"]]
    posts = pd.concat([after, _out_of_the_blue(block, profiles, rng)], ignore_index=True)
    person = posts["person"].to_numpy()
    return posts.assign(
        network=profiles["network"].reindex(person).to_numpy(dtype=object),
        handle=profiles["handle"].reindex(person).to_numpy(dtype=object),
        language=block.people.column("language")[person].astype(object),
        is_about_company=True,
    )


def _out_of_the_blue(
    block: Block, profiles: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    joined = block.people.column("joined_day")[profiles.index.to_numpy()]
    here = profiles.index.to_numpy()[joined <= block.first_day]
    count = rng.poisson(SPONTANEOUS_PER_PERSON * len(block.people)) if len(here) else 0
    person = rng.choice(here, count) if count else np.empty(0, dtype=np.int64)
    mood = block.people.column("mood")[person]
    return pd.DataFrame(
        {
            "person": person,
            "sentiment": np.rint(1 + 1.5 * mood + rng.normal(0, 1.2, count)),
            "topic": rng.choice(np.array(TOPICS, dtype=object), count),
            "posted": rng.uniform(block.first_day, block.end_day, count),
        }
    )


def _of_strangers(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """People whom the company does not know; most of them speak of competitors."""
    count = rng.poisson(STRANGERS_PER_PERSON * len(block.people))
    number = rng.integers(0, 20 * len(block.people) + 1000, count)
    country_share = block.reference.places.groupby("country_code")["share"].sum()
    language = np.array(["es", "en", "hu", "pt"], dtype=object)  # in the order of their countries
    spoken = language[pick(rng, country_share.to_numpy(), count)]
    return pd.DataFrame(
        {
            "person": -1,
            "sentiment": np.rint(rng.normal(0.5, 2.2, count)),
            "topic": rng.choice(np.array(TOPICS, dtype=object), count),
            "posted": rng.uniform(block.first_day, block.end_day, count),
            "network": np.array(NETWORKS, dtype=object)[pick(rng, NETWORK_SHARES, count)],
            "handle": "user_" + pd.Series(number).astype(str).str.zfill(6),
            "language": spoken,
            "is_about_company": rng.random(count) < ABOUT_COMPANY_SHARE,
        }
    )


def _emit_posts(block: Block, posts: pd.DataFrame, rng: np.random.Generator) -> None:
    """As found on the day, and once more a week later with more likes."""
    count = len(posts)
    day = np.floor(posts["posted"]).astype(np.int64).to_numpy()
    remark = imagine(
        rng,
        posts["language"].to_numpy(dtype=object),
        posts["topic"].to_numpy(dtype=object),
        posts["sentiment"].to_numpy(),
    )
    keys: Objects = (posts["network"] + "/" + posts["post_id"]).to_numpy(dtype=object)
    text = write(block, rng, "post", remark, source="social/posts", keys=keys, day=day)
    is_ours = (posts["person"] >= 0).to_numpy()
    record = {"person": posts["person"], "source": "social/posts", "record_key": keys}
    block.truth("records", pd.DataFrame(record)[is_ours], day=day[is_ours])
    early, late = rng.poisson(1.5, count), rng.poisson(6.0 + posts["sentiment"].abs(), count)
    rows = posts[["network", "post_id", "handle", "language", "is_about_company"]].assign(
        text=text,
        reply_to_post_id=_replies(posts, rng),
        posted_at=block.at(posts["posted"]),
        like_count=early,
        share_count=rng.poisson(0.2, count),
        collected_at=block.at(posts["posted"] + 600 / 86400),
    )
    collected = np.floor(posts["posted"] + 600 / 86400).astype(np.int64).to_numpy()
    block.emit("social/posts", rows, day=collected)
    again = posts["posted"] + COLLECTED_AGAIN_AFTER_DAYS
    later = rows.assign(
        like_count=early + late,
        share_count=rows["share_count"] + rng.poisson(0.6, count),
        collected_at=block.at(again),
    )
    block.emit("social/posts", later, day=np.floor(again).astype(np.int64).to_numpy())


def _replies(posts: pd.DataFrame, rng: np.random.Generator) -> Objects:
    """Some posts answer the one before them in the same network."""
    before = posts.groupby("network")["post_id"].shift(1).to_numpy(dtype=object)
    answers = (rng.random(len(posts)) < REPLY_SHARE) & pd.notna(before)
    return known(answers, before)


def _emit_engagements(block: Block, posts: pd.DataFrame, rng: np.random.Generator) -> None:
    """Likes, comments and follows on the company's own posts and on those about it."""
    profiles = block.facts["handles"]
    joined = block.people.column("joined_day")[profiles["person"].to_numpy()]
    profiles = profiles[joined <= block.first_day].reset_index(drop=True)
    count = rng.poisson(ENGAGEMENTS_PER_PERSON * len(block.people))
    is_stranger = (rng.random(count) < STRANGERS_SHARE) | (len(profiles) == 0)
    weight = block.people.column("sociability")[profiles["person"].to_numpy()]
    row = pick(rng, weight if len(profiles) else (1.0,), count)
    stranger = "user_" + pd.Series(rng.integers(0, 10**6, count)).astype(str).str.zfill(6)
    own = profiles.iloc[row] if len(profiles) else pd.DataFrame(columns=["network", "handle"])
    networks = np.array(NETWORKS, dtype=object)[pick(rng, NETWORK_SHARES, count)]
    network = np.where(is_stranger, networks, own["network"]) if len(own) else networks
    handle = np.where(is_stranger, stranger, own["handle"]) if len(own) else stranger
    kind = np.array(list(KINDS), dtype=object)[pick(rng, list(KINDS.values()), count)]
    moment = rng.uniform(block.first_day, block.end_day, count)
    company_post = np.char.mod(f"BP{block.number:02d}-%03d", rng.integers(0, COMPANY_POSTS, count))
    rows = {
        "engagement_id": block.ids("SE", count),
        "network": network,
        "handle": handle,
        "post_id": known(kind != "follow", company_post),
        "kind": kind,
        "engaged_at": block.at(moment),
    }
    day = np.floor(moment).astype(np.int64)
    block.emit("social/engagements", pd.DataFrame(rows), day=day)
