"""Uses of the mobile app: events, and what is true of each use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import searches, visitors
from simulation.channels.app.events import (
    ADD_TO_CART,
    CHECKOUT_STEP,
    ERROR_CODES,
    EVENT_TYPES,
    ORDERED,
    events_of,
)  # fmt: skip
from simulation.channels.app.uses import SCREENS, place_in_time, screens_of, uses_of
from simulation.channels.arrays import Ints, coded, lookup, numbered, uniform
from simulation.channels.blanks import known_moments
from simulation.channels.giving_up import CHECKOUT_STEPS, INTENTS, ORDER, REASONS
from simulation.channels.operations import version_at, version_name


def simulate(block: Block) -> None:
    """Add one row per use of the app to `visits`."""
    rng = block.rng("app")
    uses = uses_of(block, rng)
    uses, screens = place_in_time(uses, screens_of(rng, uses))
    uses["session"] = block.ids("M", len(uses))
    events = events_of(block, rng, uses, screens)
    _emit(block, uses, events)
    _tell(block, _with_carts(block, uses, events))


def _emit(block: Block, uses: pd.DataFrame, events: pd.DataFrame) -> None:
    seed, person = block.settings.seed, uses["person"].to_numpy()
    day = np.maximum(events["at"].to_numpy() // 86400, block.first_day).astype(np.int64)
    use, kind = events["use"].to_numpy(), events["kind"].to_numpy()
    uses["device_id"] = numbered(
        "d", visitors.app_device_numbers(seed, person, uses["at"].to_numpy())
    )
    version, names = _versions(block, uses)
    in_cart = np.isin(kind, (ADD_TO_CART, CHECKOUT_STEP, ORDERED))
    carts = numbered("cart-", uses["session"].to_numpy(dtype=object))
    ordered = np.where(kind == ORDERED, use, -1)
    products = block.reference.products["product_id"].to_numpy(dtype=object)
    platform = np.where(visitors.app_platform(seed, person), 0, 1)
    columns = {
        "event_id": block.ids("ME", len(events)),
        "device_id": uses["device_id"].to_numpy(dtype=object)[use],
        "customer_id": uses["customer_id"].to_numpy(dtype=object)[use],
        "event_at": block.at(0, events["at"].to_numpy()),
        "event_type": coded(kind, EVENT_TYPES),
        "screen": coded(events["shown"], SCREENS),
        "product_id": coded(events["product"], products),
        "search_term": lookup(searches.TERMS, events["term"]),
        "cart_id": lookup(carts, np.where(in_cart, use, -1)),
        "order_id": lookup(uses["order_id"].to_numpy(dtype=object), ordered),
        "checkout_step": coded(events["step"], CHECKOUT_STEPS),
        "app_version": coded(version[use], names),
        "platform": coded(platform[use], ("ios", "android")),
        "error_code": coded(events["error"], ERROR_CODES),
    }
    block.emit("app/events", columns, day=day)


def _versions(block: Block, uses: pd.DataFrame) -> tuple[Ints, list[str]]:
    """The version on each telephone: the newest, for most people some days after its release."""
    patience = 5 * uniform(block.settings.seed, uses["person"].to_numpy(), 42) ** 2
    moment = np.maximum(uses["at"].to_numpy() - patience, block.first_day)
    number = version_at(block, "app", moment)
    return number, [version_name("app", n) for n in range(int(number.max(initial=0)) + 1)]


def _with_carts(block: Block, uses: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """When each use filled its cart, and what was put in, at list price."""
    prices = block.reference.products["list_price"].to_numpy()
    filled = events[(events["kind"] == ADD_TO_CART).to_numpy()].set_index("use")
    basket = pd.Series(prices[filled["product"].to_numpy()], index=filled.index)
    return uses.assign(cart_at=filled["at"], basket_eur=basket)


def _tell(block: Block, uses: pd.DataFrame) -> None:
    """Truth of each use and of each installation; `visits` for the modules below."""
    day = np.maximum(uses["start"].to_numpy() // 86400, block.first_day).astype(np.int64)
    told = uses[["session", "person", "campaign_id"]].assign(
        intent=lookup(INTENTS, uses["intent"]),
        visitor_id=uses["device_id"],
        channel="mobile_app",
        start=block.at(0, uses["start"].to_numpy()),
        end=block.at(0, uses["end"].to_numpy()),
        has_ordered=uses["intent"] == ORDER,
        cart_at=known_moments(block, uses["cart_at"].to_numpy()),
        basket_eur=uses["basket_eur"],
        abandonment_reason=lookup(REASONS, uses["reason"].to_numpy()),
        is_bot=False,
        is_internal=False,
    )
    block.truth("sessions", told, day=day)
    wanted = ["person", "channel", "session", "start", "has_ordered", "abandonment_reason",
              "campaign_id"]  # fmt: skip
    before = block.facts.get("visits", told.iloc[:0][wanted])
    block.facts["visits"] = pd.concat([before, told[wanted]], ignore_index=True)
    _tell_devices(block, uses)


def _tell_devices(block: Block, uses: pd.DataFrame) -> None:
    first = uses.sort_values("start", kind="stable").drop_duplicates("device_id")
    seen: set[str] = block.memory.setdefault("app.devices", set())
    new = first[~first["device_id"].isin(seen)]
    seen.update(new["device_id"])
    block.truth(
        "visitors",
        {
            "visitor_id": new["device_id"].to_numpy(dtype=object),
            "person": new["person"].to_numpy(),
            "device_class": np.full(len(new), "app", dtype=object),
            "first_seen_at": block.at(0, new["start"].to_numpy()),
        },
        day=np.maximum(new["start"].to_numpy() // 86400, block.first_day).astype(np.int64),
    )
