"""What employees record of visits on the store's tablet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import remarks
from simulation.channels.arrays import Bools, Floats, Ints, Objects, coded, lookup, numbered, pick
from simulation.channels.blanks import known
from simulation.channels.stores.visits import ONLY_BROWSING, REASON_SHARES, REASONS
from simulation.vocabulary import LANGUAGES

RECORDED_SHARE, RECORDED_SHARE_OF_BUYERS = 0.26, 0.05
STATED_SHARE = 0.55
# How often the recorded reason is the true one: customers are polite, employees guess.
TRUE_WHEN_STATED, TRUE_WHEN_OBSERVED, POLITE_SHARE = 0.8, 0.6, 0.6
CARD_SHOWN_SHARE, LOOKED_UP_SHARE, COMMENT_SHARE, CODED_LATER_SHARE = 0.5, 0.15, 0.5, 0.12
PURPOSES = ("browse", "buy", "collect", "return", "advice")
TOPICS = (
    "price", "stock", "size_fit", "waiting", "staff", "price", "general", "payment", "general",
    "price", "general",
)  # fmt: skip


def record_visits(block: Block, visits: pd.DataFrame) -> Objects:
    """Write `footfall/store_visits`; the number of the record of each visit, null where none."""
    rng = block.rng("stores.tablet")
    reason = visits["reason"].to_numpy()
    share = np.where(reason >= 0, RECORDED_SHARE, RECORDED_SHARE_OF_BUYERS)
    chosen = np.flatnonzero(rng.random(len(visits)) < share)
    seen = visits.iloc[chosen].reset_index(drop=True)
    ids = block.ids("SV", len(seen))
    day = np.maximum(seen["entered"].to_numpy() // 86400, block.first_day).astype(np.int64)
    final = _record(block, rng, seen, ids) | _reason_recorded(block, rng, seen)
    final |= _comments(block, rng, seen, ids, day)
    _emit(block, rng, seen, final, day)
    recorded = np.full(len(visits), None, dtype=object)
    recorded[chosen] = ids
    return recorded


def _record(
    block: Block, rng: np.random.Generator, seen: pd.DataFrame, ids: Objects
) -> dict[str, Any]:
    count, store = len(seen), seen["store"].to_numpy()
    bought = seen["receipt_id"].notna().to_numpy()
    purpose = np.where(bought, 1, pick(rng, (0.5, 0.25, 0.05, 0.08, 0.12), count))
    products = block.reference.products
    product_ids = products["product_id"].to_numpy(dtype=object)
    product = pick(rng, products["share"].to_numpy(), count)
    has_product = rng.random(count) < 0.7
    employees = store * 8 + rng.integers(0, 8, count)
    return {
        "visit_id": ids,
        "store_id": block.reference.stores["store_id"].to_numpy(dtype=object)[store],
        **_identified(block, rng, seen),
        "entered_at": block.at(0, seen["entered"].to_numpy()),
        "left_at": block.at(0, seen["left"].to_numpy()),
        "employee_id": numbered("E", 100 + employees),
        "purpose": coded(purpose, PURPOSES),
        "has_purchased": bought,
        "receipt_id": seen["receipt_id"].to_numpy(dtype=object),
        "product_id": coded(np.where(has_product, product, -1), product_ids),
    }


def _identified(block: Block, rng: np.random.Generator, seen: pd.DataFrame) -> dict[str, Objects]:
    """Card shown or account looked up, where the person has one by then."""
    accounts, person = block.facts["accounts"], seen["person"].to_numpy()
    row, entered = np.maximum(person, 0), seen["entered"].to_numpy()
    found = {}
    for name, since, share in (
        ("loyalty_id", "card_since", CARD_SHOWN_SHARE),
        ("customer_id", "account_since", LOOKED_UP_SHARE),
    ):
        has = (person >= 0) & (accounts[since].to_numpy()[row] <= entered)
        shown = has & (rng.random(len(row)) < share)
        found[name] = known(shown, accounts[name].to_numpy(dtype=object)[row])
    return found


def _reason_recorded(block: Block, rng: np.random.Generator, seen: pd.DataFrame) -> dict[str, Any]:
    """The reason as stated or observed, which is not always the true one."""
    count, truth = len(seen), seen["reason"].to_numpy()
    is_stated = rng.random(count) < STATED_SHARE
    signal = block.settings.preset.signal
    right = np.where(is_stated, TRUE_WHEN_STATED, TRUE_WHEN_OBSERVED) * (0.5 + 0.5 * signal)
    is_polite = is_stated & (rng.random(count) < POLITE_SHARE)
    wrong = np.where(is_polite, ONLY_BROWSING, pick(rng, REASON_SHARES, count))
    recorded = np.where(rng.random(count) < right, truth, wrong)
    recorded = np.where(truth < 0, -1, recorded)
    source = np.where(recorded < 0, -1, np.where(is_stated, 0, 1))
    return {
        "abandonment_reason": coded(recorded, REASONS),
        "reason_source": coded(source, ("customer", "employee")),
    }


def _comments(
    block: Block, rng: np.random.Generator, seen: pd.DataFrame, ids: Objects, day: Ints
) -> dict[str, Objects]:
    count, reason = len(seen), seen["reason"].to_numpy()
    country = block.reference.stores["country_code"].to_numpy()[seen["store"].to_numpy()]
    language = pd.Series(country).map(LANGUAGES).to_numpy(dtype=object)
    has_comment = np.flatnonzero(rng.random(count) < COMMENT_SHARE)
    left = reason[has_comment] >= 0
    topic = np.where(left, lookup(TOPICS, reason[has_comment], "general"), "product_quality")
    mild = (reason[has_comment] == ONLY_BROWSING) | (topic == "general")
    upset = -rng.integers(1, 4, len(left))
    sentiment = np.where(left, np.where(mild, 0, upset), rng.integers(1, 5, len(left)))
    remark = remarks.imagine(rng, language[has_comment], topic, sentiment)
    text = remarks.write(
        block, rng, "store_visit", remark, source="footfall/store_visits",
        keys=ids[has_comment], day=day[has_comment],
    )  # fmt: skip
    comment = np.full(count, None, dtype=object)
    spoken = comment.copy()
    comment[has_comment], spoken[has_comment] = text, language[has_comment]
    return {"comment": comment, "language": spoken}


def _emit(
    block: Block, rng: np.random.Generator, seen: pd.DataFrame, final: dict[str, Any], day: Ints
) -> None:
    """Most records stand the same day; some get their reason the next morning."""
    later = rng.random(len(seen)) < CODED_LATER_SHARE
    left = seen["left"].to_numpy()
    morning = (left // 86400 + 1) * 86400 + rng.uniform(7.5, 9, len(left)) * 3600
    updated: Floats = np.where(later, morning, left + 60)
    closed = pd.DataFrame(final)
    closed["updated_at"] = block.at(0, updated)
    block.emit("footfall/store_visits", closed, day=np.where(later, day + 1, day))
    opened = closed[later].assign(
        abandonment_reason=None, reason_source=None, comment=None, language=None,
        updated_at=block.at(0, left + 60)[later],
    )  # fmt: skip
    _emit_opened(block, opened, day, later)


def _emit_opened(block: Block, opened: pd.DataFrame, day: Ints, later: Bools) -> None:
    block.emit("footfall/store_visits", opened.reset_index(drop=True), day=day[later])
