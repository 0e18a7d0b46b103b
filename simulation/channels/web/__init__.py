"""Visits to the website: events, comments, and what is true of each visit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import giving_up, remarks
from simulation.channels.arrays import Objects, lookup, mixed, pick
from simulation.channels.blanks import known_moments
from simulation.channels.visitors import visitor_ids
from simulation.channels.web import events, export, sessions, troubles
from simulation.channels.web.pages import Pages, pages_of

COMMENT_SHARE = 0.01
VISITORS = "web.visitors"
# What site comments are about.
COMMENT_TOPICS = {
    "website": 0.3, "stock": 0.15, "price": 0.15, "size_fit": 0.15, "product_quality": 0.15,
    "delivery": 0.1,
}  # fmt: skip


def simulate(block: Block) -> None:
    """Leave `visits`: person (-1 unknown), channel, session (key), start, has_ordered,
    abandonment_reason, campaign_id; of the website also visitor_id, source and medium.
    """
    visits, pages = pages_of(block, sessions.sessions_of(block))
    visits["session"] = block.ids("W", len(visits))
    visits["visitor_id"] = visitor_ids(visits["visitor"].to_numpy())
    scene = events.scene_of(block, visits, pages)
    for add in (
        events.add_attention,
        events.add_clicks,
        events.add_purchase_path,
        troubles.add_rage,
        troubles.add_troubles,
    ):
        add(scene)
    export.emit_events(scene)
    _comment(block, visits)
    _tell_truth(block, visits)
    _tell_attention(block, visits, pages)


def _comment(block: Block, visits: pd.DataFrame) -> None:
    """A few visitors leave a comment, most of them a complaint."""
    rng = block.rng("web.comments")
    human = visits["kind"].to_numpy() <= sessions.ANONYMOUS
    moved = visits["reason"].to_numpy() >= 0
    chosen = np.flatnonzero(human & (rng.random(len(visits)) < COMMENT_SHARE * (1 + 4 * moved)))
    count = len(chosen)
    person = visits["person"].to_numpy()[chosen]
    guess = np.array(("en", "es", "pt", "hu"), dtype=object)[rng.integers(0, 4, count)]
    spoken = lookup(block.people.column("language"), person)
    language = np.where(person >= 0, spoken, guess)
    topic = np.array(list(COMMENT_TOPICS), dtype=object)
    topic = topic[pick(rng, list(COMMENT_TOPICS.values()), count)]
    sentiment = np.where(rng.random(count) < 0.7, -1, 1) * rng.integers(1, 5, count)
    day = np.maximum(visits["end"].to_numpy()[chosen] // 86400, block.first_day).astype(np.int64)
    keys = block.ids("WC", count)
    remark = remarks.imagine(rng, language, topic, sentiment)
    text = remarks.write(
        block, rng, "site_comment", remark, source="web/comments", keys=keys, day=day
    )
    products = block.reference.products
    product = products["product_id"].to_numpy(dtype=object)
    product = product[pick(rng, products["share"].to_numpy(), count)]
    block.emit(
        "web/comments",
        {
            "comment_id": keys,
            "visitor_id": visits["visitor_id"].to_numpy()[chosen],
            "customer_id": visits["customer_id"].to_numpy()[chosen],
            "page_url": f"{export.SITE}/product/" + product,
            "product_id": product,
            "language": language,
            "comment": text,
            "commented_at": block.at(0, visits["end"].to_numpy()[chosen]),
        },
        day=day,
    )


def _tell_truth(block: Block, visits: pd.DataFrame) -> None:
    reason = lookup(giving_up.REASONS, visits["reason"].to_numpy())
    has_ordered = visits["intent"].to_numpy() == giving_up.ORDER
    kind = visits["kind"].to_numpy()
    day = np.maximum(visits["start"].to_numpy() // 86400, block.first_day).astype(np.int64)
    truth = visits[["session", "visitor_id", "person", "page_count", "rage_click_count"]].assign(
        dead_click_count=visits["dead_click_count"],
        cart_at=known_moments(block, visits["cart_at"].to_numpy()),
        basket_eur=visits["basket_eur"],
        channel="website",
        start=block.at(0, visits["start"].to_numpy()),
        end=block.at(0, visits["end"].to_numpy()),
        intent=lookup(giving_up.INTENTS, visits["intent"]),
        has_ordered=has_ordered,
        abandonment_reason=reason,
        campaign_id=visits["campaign_id"],
        is_bot=kind == sessions.BOT,
        is_internal=kind == sessions.INTERNAL,
    )
    block.truth("sessions", truth, day=day)
    human = kind <= sessions.ANONYMOUS
    sources = [source for source, *_ in sessions.SOURCES]
    media = [medium for _, medium, _ in sessions.SOURCES]
    told = truth.assign(
        source=lookup(sources, visits["source"].to_numpy()),
        medium=lookup(media, visits["source"].to_numpy()),
    )
    block.facts["visits"] = told.loc[
        human, ["person", "channel", "session", "start", "has_ordered", "abandonment_reason",
                "campaign_id", "visitor_id", "source", "medium"],
    ].reset_index(drop=True)  # fmt: skip
    _tell_visitors(block, visits[human & (visits["person"].to_numpy() >= 0)])
    if block.number == 0:
        export.tell_layout(block)


def _tell_attention(block: Block, visits: pd.DataFrame, pages: Pages) -> None:
    """Seconds that each visit looked at its pages, and the pings that tell of them."""
    pings = pages.engaged // events.HEARTBEAT_SECONDS
    count = len(visits)
    block.truth(
        "attention",
        {
            "session": visits["session"].to_numpy(),
            "engaged_seconds": np.bincount(pages.session, pages.engaged, count),
            "ping_count": np.bincount(pages.session, pings, count).astype(np.int64),
        },
        day=np.maximum(visits["start"].to_numpy() // 86400, block.first_day).astype(np.int64),
    )


def _tell_visitors(block: Block, visits: pd.DataFrame) -> None:
    """Who is behind each browser, once for each pair."""
    pairs = visits.assign(key=mixed(visits["visitor"].astype(np.int64), visits["person"]))
    pairs = pairs.drop_duplicates("key")
    seen = block.memory.get(VISITORS, np.empty(0, dtype=np.uint64))
    new = pairs[~np.isin(pairs["key"].to_numpy(), seen)]
    block.memory[VISITORS] = np.concatenate([seen, new["key"].to_numpy()])
    devices: Objects = lookup(("desktop", "mobile", "tablet"), new["device"].to_numpy())
    block.truth(
        "visitors",
        {
            "visitor_id": new["visitor_id"].to_numpy(),
            "person": new["person"].to_numpy(),
            "device_class": devices,
            "first_seen_at": block.at(0, new["start"].to_numpy()),
        },
        day=np.maximum(new["start"].to_numpy() // 86400, block.first_day).astype(np.int64),
    )
