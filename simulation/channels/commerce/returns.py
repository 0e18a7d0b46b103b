"""What comes back and why: return slips, negative lines, refunds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import remarks
from simulation.channels.arrays import Floats, Ints, lookup, pick_by_row, uniform
from simulation.channels.blanks import known
from simulation.channels.commerce.baskets import line_columns
from simulation.channels.commerce.till import emit_headers
from simulation.channels.customers.records import SECONDS

REASONS = (
    "size_fit", "damaged", "wrong_item", "not_as_described", "late", "changed_mind", "other",
)  # fmt: skip
# Weights of the true reasons: of clothes and shoes, then of the rest.
REASON_WEIGHTS = ((0.5, 0.07, 0.06, 0.12, 0.0, 0.2, 0.05), (0.02, 0.28, 0.1, 0.25, 0.0, 0.28, 0.07))
LATE_WEIGHT = 0.8
WORN = ("Clothing", "Shoes")
RETURN_SHARES = {"worn": (0.13, 0.035), "rest": (0.05, 0.015)}  # by parcel, at the till
LATE_SHARE, LATE_FROM_DAYS = 0.06, 2.0
STATED_OTHERWISE_SHARE, COMMENT_SHARE = 0.15, 0.35
TO_STORE_SHARE = 0.2
SLOW_REFUND_SHARE = 0.08
# What a slip says: topic and root cause of each reason.
SUBJECTS = {
    "size_fit": ("size_fit", "runs_small"),
    "damaged": ("delivery", "damaged"),
    "wrong_item": ("size_fit", "wrong_size_sent"),
    "not_as_described": ("product_quality", "not_as_described"),
    "late": ("delivery", "late"),
    "changed_mind": ("general", "none"),
    "other": ("general", "none"),
}


def emit_returns(block: Block, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Slips in every version, negative lines, refunds; gives the facts of returns."""
    rng = block.rng("commerce.returns")
    back = _what_comes_back(block, orders, lines, rng)
    back = _with_moments(back, rng)
    back = _with_identity(block, orders, back, rng)
    _emit_negative_lines(block, orders, lines, back)
    slips = back[back["method"] != "marketplace"].reset_index(drop=True)
    _emit_refunds(block, slips[slips["is_shop"]])
    _emit_slips(block, slips, rng)
    return _facts(block, slips)


def _what_comes_back(
    block: Block, orders: pd.DataFrame, lines: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Lines of orders that arrived, with the true reason; some products are faulty more often."""
    order = lines["order"].to_numpy()
    own = orders.iloc[order].reset_index(drop=True)
    department = block.reference.products["department"].to_numpy(dtype=object)[lines["product"]]
    is_worn = np.isin(department.astype(str), WORN)
    late = own["delay_days"].fillna(0).to_numpy() > LATE_FROM_DAYS
    share = _shares(block, own, lines["product"].to_numpy(), is_worn, late)
    comes = (rng.random(len(lines)) < share) & ~own["is_canceled"].to_numpy()
    rows = np.flatnonzero(comes)
    back = own.iloc[rows].reset_index(drop=True)
    for name in ("order", "line_number", "product", "quantity", "price"):
        back[name] = lines[name].to_numpy()[rows]
    for name in ("gross", "discount", "tax"):
        back[name] = lines[name].to_numpy()[rows]
    weights = np.repeat(np.array(REASON_WEIGHTS), 2, axis=0)
    weights[1::2, REASONS.index("late")] = LATE_WEIGHT * block.settings.preset.signal
    reason = pick_by_row(rng, weights, 2 * ~is_worn[rows] + late[rows])
    back["reason"] = np.array(REASONS, dtype=object)[reason]
    return back


def _shares(
    block: Block, own: pd.DataFrame, product: Ints, is_worn: np.ndarray, late: np.ndarray
) -> Floats:
    is_till = (own["method"] == "store").to_numpy().astype(int)
    worn, rest = (np.array(RETURN_SHARES[name])[is_till] for name in ("worn", "rest"))
    faulty = 0.4 + 1.2 * uniform(block.settings.seed, product, 51) ** 3
    share: Floats = np.where(is_worn, worn, rest) * faulty
    return share + LATE_SHARE * block.settings.preset.signal * late


def _with_moments(back: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Announced within three weeks; parcels travel, and the money takes a few days, some weeks."""
    count = len(back)
    is_till = (back["method"] == "store").to_numpy()
    back["in_store"] = is_till | (back["is_shop"] & (rng.random(count) < TO_STORE_SHARE))
    since = np.where(is_till, back["placed"], back["delivered"])
    day = since // SECONDS + rng.integers(1, 22, count)
    requested = day * SECONDS + rng.integers(9 * 3600 + 900, 20 * 3600, count)
    arrives = day + rng.integers(3, 9, count)
    received = arrives * SECONDS + rng.integers(8 * 3600, 17 * 3600, count)
    wait = rng.integers(1, 5, count) + (rng.random(count) < SLOW_REFUND_SHARE) * rng.integers(
        8, 26, count
    )
    refunded = (arrives + wait) * SECONDS + rng.integers(6 * 3600, 18 * 3600, count)
    back["requested"] = requested
    back["received"] = np.where(back["in_store"], requested, received)
    back["refunded"] = np.where(back["in_store"], requested, refunded)
    return back


def _with_identity(
    block: Block, orders: pd.DataFrame, back: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Ids, stores, stated reasons; a return's line follows those of its order."""
    sold = orders["basket_lines"].to_numpy()[back["order"]]
    back["return_line"] = sold + 1 + back.groupby("order").cumcount().to_numpy()
    back["return_id"] = block.ids("RT", len(back))
    store = np.where(back["store"] >= 0, back["store"], back["home_store"])
    back["return_store"] = np.where(back["in_store"], store, -1)
    restated = rng.choice(np.array(["changed_mind", "other"], dtype=object), len(back))
    otherwise = rng.random(len(back)) < STATED_OTHERWISE_SHARE
    back["stated"] = np.where(otherwise, restated, back["reason"]).astype(object)
    truth = back[["return_id", "person", "touch_id", "reason", "stated"]]
    block.truth("returns", truth, day=back["requested"] // SECONDS)
    return back


def _emit_negative_lines(
    block: Block, orders: pd.DataFrame, lines: pd.DataFrame, back: pd.DataFrame
) -> None:
    """A further line of the order on the day the goods arrive; at the till a receipt of its own."""
    day = back["received"].to_numpy() // SECONDS
    negative = back.assign(quantity=-back["quantity"], line_number=back["return_line"])
    for slug, chosen in (
        ("shop/order_lines", back["is_shop"].to_numpy()),
        ("marketplace/order_lines", (back["method"] == "marketplace").to_numpy()),
    ):
        rows = line_columns(block, negative[chosen]).assign(order_id=back["touch_id"][chosen])
        block.emit(slug, rows, day=day[chosen])
    earned = (back["gross"] - back["discount"] - back["tax"]) / 100
    revenue = back[["touch_id", "method", "currency"]].assign(kind="returned", net_amount=-earned)
    block.truth("revenue", revenue, day=day)
    at_till = (back["method"] == "store").to_numpy()
    receipts = back[at_till].assign(
        touch_id=block.ids("RR", int(at_till.sum())),
        placed=back["received"][at_till],
        day=day[at_till],
    )
    emit_headers(block, receipts, block.rng("commerce.returns.till"))
    single = line_columns(block, negative[at_till].assign(line_number=1))
    block.emit("pos/receipt_lines", single.assign(receipt_id=receipts["touch_id"]), receipts["day"])
    record = receipts[["person"]].assign(source="pos/receipts", record_key=receipts["touch_id"])
    block.truth("records", record, day=receipts["day"])


def _emit_refunds(block: Block, back: pd.DataFrame) -> None:
    """Paid back by bank transfer, numbered after the payments of the order."""
    moment = back["refunded"].to_numpy()
    rows = back[["currency"]].assign(
        order_id=back["touch_id"],
        # An order is paid in two parts at most; its refunds are numbered from ten on.
        payment_number=9 + back["return_line"],
        payment_method="refund",
        payment_amount=-(back["gross"] - back["discount"]) / 100,
        paid_at=block.at(0, moment),
    )
    block.emit("shop/payments", rows, day=moment // SECONDS)


def _emit_slips(block: Block, slips: pd.DataFrame, rng: np.random.Generator) -> None:
    """As announced, as received, as refunded; over the counter all of it at once."""
    stores = block.reference.stores["store_id"]
    products = block.reference.products["product_id"].to_numpy(dtype=object)
    at_till = slips["method"] == "store"
    row = slips[["return_id", "line_number", "customer_id", "loyalty_id", "currency"]].assign(
        order_id=known(~at_till, slips["touch_id"]),
        receipt_id=known(at_till, slips["touch_id"]),
        product_id=products[slips["product"]],
        store_id=lookup(stores, slips["return_store"]),
        return_method=np.where(slips["in_store"], "store", "parcel").astype(object),
        reason=slips["stated"],
        comment=_comments(block, slips, rng),
        quantity=slips["quantity"],
        refund_amount=(slips["gross"] - slips["discount"]) / 100,
    )
    steps = {"requested_at": "requested", "received_back_at": "received", "refunded_at": "refunded"}
    by_parcel = ~slips["in_store"].to_numpy()
    for number, (name, column) in enumerate(steps.items()):
        moment = slips[column].to_numpy()
        row[name] = block.at(0, moment)
        chosen = by_parcel | (number == len(steps) - 1)
        version = row[chosen].assign(updated_at=block.at(0, moment[chosen]))
        block.emit("shop/returns", version, day=moment[chosen] // SECONDS)
    record = slips[["person"]].assign(source="shop/returns", record_key=slips["return_id"])
    block.truth("records", record, day=slips["requested"] // SECONDS)


def _comments(block: Block, slips: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """What some write on the slip, in their language, about the true reason."""
    writes = rng.random(len(slips)) < COMMENT_SHARE
    who = slips[writes]
    topic, cause = (
        who["reason"].map({reason: subject[part] for reason, subject in SUBJECTS.items()})
        for part in (0, 1)
    )
    language = block.people.column("language")[who["person"].to_numpy()]
    is_mild = (topic == "general").to_numpy()
    sentiment = np.where(is_mild, rng.integers(-1, 2, len(who)), rng.integers(-4, 0, len(who)))
    remark = remarks.imagine(
        rng, language.astype(object), topic.to_numpy(dtype=object), sentiment.astype(np.int64)
    )
    named = known(sentiment < 0, cause)
    named[sentiment >= 0] = remarks.NO_CAUSE
    remark = remarks.Remark(remark.language, remark.topic, remark.sentiment, remark.emotion, named)
    comments = known(~writes, None)
    comments[writes] = remarks.write(
        block, rng, "return", remark, source="shop/returns",
        keys=who["return_id"].to_numpy(dtype=object),
        day=who["requested"].to_numpy() // SECONDS,
    )  # fmt: skip
    return comments


def _facts(block: Block, slips: pd.DataFrame) -> pd.DataFrame:
    refund_days = (slips["refunded"] - slips["requested"]) / SECONDS
    return slips[
        ["return_id", "touch_id", "person", "product", "reason", "method", "refunded"]
    ].assign(
        at=block.at(0, slips["requested"]),
        day=slips["requested"] // SECONDS,
        refunded_at=block.at(0, slips["refunded"]),
        refund_days=refund_days,
    )
