"""The points account of loyalty cards, and the tiers that points lead to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints
from simulation.channels.blanks import known
from simulation.channels.customers.records import SECONDS

LIVES_BLOCKS = 4
REWARD, REWARD_SHARE = 200, 0.35
TIERS, TIER_FROM = ("basic", "silver", "gold"), (0, 150, 400)
STATE = "commerce.points"


def keep_points(block: Block, orders: pd.DataFrame, returns: pd.DataFrame) -> None:
    """Points for each euro paid with a card, rewards taken, what expires, and new tiers."""
    rng = block.rng("commerce.points")
    state = _grown(block)
    with_card = orders[orders["loyalty_id"].notna() & ~orders["is_canceled"]]
    earned = np.floor((with_card["net"] / 100 * with_card["euro_rate"]).to_numpy())
    entries = [
        _earned(with_card, earned),
        _expired(block, state, rng),
        _taken_back(with_card, earned, returns),
        _burned(block, state, with_card, rng),
    ]
    _remember(state, with_card, earned, entries)
    _emit(block, pd.concat(entries, ignore_index=True))
    _emit_tiers(block, state)


def _grown(block: Block) -> dict[str, Floats]:
    """By person: points earned in each of the last blocks, spent, lapsed; the present tier."""
    state: dict[str, Floats] = block.memory.setdefault(
        STATE, {"recent": np.zeros((LIVES_BLOCKS + 1, 0)), **_columns(0)}
    )
    missing = len(block.people) - state["balance"].shape[0]
    state["recent"] = np.pad(state["recent"], ((0, 0), (0, missing)))
    for name, fresh in _columns(missing).items():
        state[name] = np.concatenate([state[name], fresh])
    # The oldest block falls out; what is left of its points expires now.
    state["lapsing"] += state["recent"][0]
    state["recent"] = np.vstack([state["recent"][1:], np.zeros(len(block.people))])
    return state


def _columns(count: int) -> dict[str, Floats]:
    return {name: np.zeros(count) for name in ("balance", "used", "lapsing", "tier")}


def _entries(frame: pd.DataFrame, kind: str, points: Floats, moment: Floats | Ints) -> pd.DataFrame:
    """Entries of cards; touch_id and method where an order is the reason."""
    wanted = [name for name in ("person", "loyalty_id", "touch_id", "method") if name in frame]
    entries = frame[wanted].assign(entry_type=kind, points=points, moment=moment)
    return entries[entries["points"] != 0]


def _earned(orders: pd.DataFrame, earned: Floats) -> pd.DataFrame:
    """Booked at the till, or when the goods leave."""
    is_store = orders["method"] == "store"
    moment = orders["placed"].where(is_store, orders["shipped"]).to_numpy()
    return _entries(orders, "earned", earned, moment)


def _expired(block: Block, state: dict[str, Floats], rng: np.random.Generator) -> pd.DataFrame:
    """Points of a year ago that no reward has used up: first earned, first used."""
    due = np.maximum(state["lapsing"] - state["used"], 0)
    due = np.minimum(due, np.maximum(state["balance"], 0))
    person = np.flatnonzero(due > 0)
    card = block.facts["accounts"]["loyalty_id"].to_numpy(dtype=object)[person]
    frame = pd.DataFrame({"person": person, "loyalty_id": card})
    moment = block.first_day * SECONDS + rng.integers(0, 6 * 3600, len(person))
    return _entries(frame, "expired", -due[person], moment)


def _taken_back(orders: pd.DataFrame, earned: Floats, returns: pd.DataFrame) -> pd.DataFrame:
    """Goods that come back take a fair part of their points with them."""
    paid = orders[["touch_id", "person", "loyalty_id", "method", "basket_lines"]].assign(
        earned=earned
    )
    back = returns[["touch_id", "refunded"]].merge(paid, on="touch_id")
    part = np.floor((back["earned"] / back["basket_lines"]).to_numpy())
    return _entries(back, "adjusted", -part, back["refunded"].to_numpy())


def _burned(
    block: Block, state: dict[str, Floats], orders: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """A reward taken right after a purchase, by some who had enough points for it."""
    last = orders.drop_duplicates("person", keep="last")
    # What expires at the start of the block can no longer be spent.
    lapsed = np.maximum(state["lapsing"] - state["used"], 0)[last["person"].to_numpy()]
    enough = state["balance"][last["person"].to_numpy()] - lapsed >= REWARD
    takes = enough & (rng.random(len(last)) < REWARD_SHARE)
    chosen = last[takes]
    moment = chosen["placed"].to_numpy() + 60
    return _entries(chosen, "burned", np.full(len(chosen), -float(REWARD)), moment)


def _remember(
    state: dict[str, Floats], orders: pd.DataFrame, earned: Floats, entries: list[pd.DataFrame]
) -> None:
    np.add.at(state["recent"][-1], orders["person"].to_numpy(), earned)
    for frame in entries:
        person, points = frame["person"].to_numpy(), frame["points"].to_numpy()
        np.add.at(state["balance"], person, points)
        np.add.at(state["used"], person, np.maximum(-points, 0))


def _emit(block: Block, entries: pd.DataFrame) -> None:
    method = entries["method"]
    moment = entries["moment"].to_numpy().astype(np.int64)
    rows = entries[["loyalty_id", "entry_type", "points"]].assign(
        entry_id=block.ids("PT", len(entries)),
        order_id=known(method.notna() & (method != "store"), entries["touch_id"]),
        receipt_id=known(method == "store", entries["touch_id"]),
        booked_at=block.at(0, moment),
    )
    block.emit("loyalty/points", rows, day=moment // SECONDS)


def _emit_tiers(block: Block, state: dict[str, Floats]) -> None:
    """Judged at the end of each quarter by the points of a year; valid from the next day on."""
    reached = np.digitize(state["recent"][1:].sum(axis=0), TIER_FROM[1:])
    card = block.facts["accounts"]["loyalty_id"].to_numpy(dtype=object)
    changed = np.flatnonzero((reached != state["tier"]) & pd.notna(card))
    rises = reached[changed] > state["tier"][changed]
    day = np.full(len(changed), block.end_day)
    rows = {
        "loyalty_id": card[changed],
        "valid_from": block.settings.midnight.astype("datetime64[D]") + day,
        "tier": np.array(TIERS, dtype=object)[reached[changed]],
        "reason": np.where(rises, "points_reached", "points_missed").astype(object),
    }
    block.emit("loyalty/tiers", pd.DataFrame(rows), day=day)
    state["tier"] = reached.astype(float)
