"""Who visits the site, when, on which device, with which intent and what stops them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import visitors
from simulation.channels.arrays import Floats, Ints, mixed, pick, uniform
from simulation.channels.blanks import known
from simulation.channels.giving_up import LOOK, ORDER, PRODUCT, reasons_online
from simulation.channels.moments import moments, visit_days

KNOWN, ANONYMOUS, INTERNAL, BOT = range(4)
IP_CLASSES = ("residential", "residential", "office", "data_centre")
INTENTS_OF_BROWSING = (0.5, 0.14, 0.2, 0.1, 0.06)
INTENTS_OF_RESEARCH = (0.1, 0.15, 0.4, 0.25, 0.1)
SOURCES = (
    ("(direct)", None, None), ("google", "organic", "www.google.com"),
    ("google", "cpc", "www.google.com"), ("newsletter", "email", None),
    ("facebook", "social", "www.facebook.com"), ("partner", "affiliate", "deals.example"),
    ("chatgpt.com", "referral", "chatgpt.com"), ("bing", "organic", "www.bing.com"),
)  # fmt: skip
SOURCE_SHARES = (0.33, 0.27, 0.12, 0.08, 0.09, 0.05, 0.02, 0.04)
NEWSLETTER = 3
VISITS_A_DAY, VISITS_PER_PURCHASE, INTEREST_AFTER_DROPOUT = 0.0024, 0.42, 0.1
ANONYMOUS_SHARE, BOT_SHARE, INTERNAL_SHARE = 0.28, 0.025, 0.012
STAYS_IN_SHARE, SECOND_ACCOUNT_USE = 0.15, 0.3
LOGIN_SHARE = np.array([0.12, 0.12, 0.16, 0.3, 0.55, 0.92])


def sessions_of(block: Block) -> pd.DataFrame:
    """Every visit of the block, in no order yet.

    Columns: kind (KNOWN to BOT), person (-1 unknown), at (float days; the order's moment for an
    order, else the start), intent (LOOK to ORDER), reason (index into REASONS, -1), source,
    device, visitor (number of the cookie), has_login, stays_in, customer_id, order_id, campaign_id,
    product (index of the one ordered, or -1).
    """
    rng = block.rng("web.sessions")
    visits = [_orders(block, rng), _browsing(block, rng), _research(block, rng), _clicks(block)]
    customers = pd.concat(visits, ignore_index=True)
    others = _others(block, rng, len(customers))
    sessions = pd.concat([customers, others], ignore_index=True)
    _choose_ways(block, sessions, rng)
    sessions["reason"] = reasons_online(
        block,
        rng,
        sessions["at"].to_numpy(),
        sessions["person"].to_numpy(),
        sessions["intent"].to_numpy(),
        product="web",
        is_human=sessions["kind"].to_numpy() <= ANONYMOUS,
    )
    return sessions


def _visit(person: Ints, at: Floats, intent: Ints | int) -> pd.DataFrame:
    frame = pd.DataFrame({"kind": KNOWN, "person": person, "at": at, "intent": intent})
    return frame.assign(source=-1, order_id=None, campaign_id=None, product=-1)


def _orders(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """The visits in which web orders are placed."""
    orders = block.facts["orders"]
    orders = orders[(orders["method"] == "web").to_numpy()]
    placed = orders["placed_at"].to_numpy().astype("datetime64[us]")
    at = (placed - block.settings.midnight).astype(np.int64) / 86_400e6
    visits = _visit(orders["person"].to_numpy(), at, ORDER)
    visits["order_id"] = orders["touch_id"].to_numpy()
    occasions = block.facts["occasions"].set_index("occasion_id")["campaign_id"]
    visits["campaign_id"] = occasions.reindex(orders["occasion_id"]).to_numpy(dtype=object)
    visits["source"] = np.where(visits["campaign_id"].notna(), NEWSLETTER, -1)
    visits["product"] = _first_products(block, orders["touch_id"])
    return visits


def _first_products(block: Block, order_ids: pd.Series) -> Ints:
    """The product in the first line of each order; -1 where no line is known."""
    lines = block.facts.get("order_lines")
    if lines is None:
        return np.full(len(order_ids), -1)
    first = lines.drop_duplicates("touch_id").set_index("touch_id")["product"]
    return first.reindex(order_ids).fillna(-1).to_numpy().astype(np.int64)


def _browsing(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Visits without a purchase in mind: the more, the more one buys online."""
    people = block.people
    begin, end = visit_days(block)
    rest = INTEREST_AFTER_DROPOUT * (block.end_day - end)
    days = (end - begin) + rest
    online = people.column("online_share") * (1 - 0.7 * people.column("app_share"))
    rate = VISITS_A_DAY + VISITS_PER_PURCHASE * people.column("daily_rate") * online
    count = rng.poisson(rate * days)
    person = np.repeat(np.arange(len(people)), count)
    is_after = rng.random(len(person)) * days[person] < rest[person]
    first = np.where(is_after, end[person], begin[person])
    at = moments(block, rng, first, np.where(is_after, block.end_day, end[person]))
    return _visit(person, at, pick(rng, INTENTS_OF_BROWSING, len(person)))


def _research(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Visits in the days before a purchase in any channel."""
    occasions = block.facts["occasions"]
    is_online = (occasions["method"] != "store").to_numpy()
    count = rng.poisson(np.where(is_online, 0.4, 0.2) * block.settings.preset.signal)
    row = np.repeat(np.arange(len(occasions)), count)
    person = occasions["person"].to_numpy()[row]
    bought = (occasions["day"] + occasions["second"] / 86400).to_numpy()[row]
    at = bought - 0.06 - rng.exponential(2.2, len(row))
    joined = block.people.column("joined_day")[person]
    chosen = at >= np.maximum(joined, block.first_day)
    intent = pick(rng, INTENTS_OF_RESEARCH, len(row))
    return _visit(person[chosen], at[chosen], intent[chosen])


def _clicks(block: Block) -> pd.DataFrame:
    """Visits that a click in a campaign's message led to."""
    clicks = block.facts.get("campaign_clicks")
    if clicks is None or clicks.empty:
        return _visit(np.empty(0, np.int64), np.empty(0), LOOK)
    clicks = clicks[(clicks["channel"] != "push").to_numpy()]
    moment = clicks["at"].to_numpy().astype("datetime64[us]") - block.settings.midnight
    visits = _visit(clicks["person"].to_numpy(), moment.astype(np.int64) / 86_400e6, PRODUCT)
    visits["campaign_id"] = clicks["campaign_id"].to_numpy(dtype=object)
    visits["source"] = NEWSLETTER
    inside = (visits["at"] >= block.first_day) & (visits["at"] < block.end_day)
    return visits[inside]


def _others(block: Block, rng: np.random.Generator, customers: int) -> pd.DataFrame:
    """Strangers, staff and machines."""
    shares = {ANONYMOUS: ANONYMOUS_SHARE, INTERNAL: INTERNAL_SHARE, BOT: BOT_SHARE}
    counts = rng.poisson([customers * share for share in shares.values()])
    kind = np.repeat(list(shares), counts)
    first, end = np.full(len(kind), block.first_day), np.full(len(kind), block.end_day)
    at = moments(block, rng, first, end)
    visits = _visit(np.full(len(kind), -1), at, pick(rng, INTENTS_OF_BROWSING, len(kind)))
    visits["kind"] = kind
    working = np.floor(at) + (8.5 + 9 * rng.random(len(kind))) / 24
    any_hour = np.floor(at) + rng.random(len(kind))
    visits["at"] = np.select([kind == INTERNAL, kind == BOT], [working, any_hour], at)
    return visits


def _choose_ways(block: Block, sessions: pd.DataFrame, rng: np.random.Generator) -> None:
    """Device, cookie, source of the visit, and whether it logs in."""
    seed, count = block.settings.seed, len(sessions)
    kind, person = sessions["kind"].to_numpy(), sessions["person"].to_numpy()
    has_name = person >= 0
    device = np.where(kind == INTERNAL, visitors.DESKTOP, pick(rng, (0.36, 0.57, 0.07), count))
    device[has_name] = visitors.device_used(rng, seed, person[has_name])
    day = sessions["at"].to_numpy().astype(np.int64)
    visitor = mixed(seed, block.number, np.arange(count), 21)
    owner = visitors.owner_of(block.people, person[has_name], device[has_name])
    visitor[has_name] = visitors.visitor_numbers(seed, owner, device[has_name], day[has_name])
    staff = max(4, block.settings.customers // 1000)
    internal = kind == INTERNAL
    visitor[internal] = mixed(seed, rng.integers(0, staff, internal.sum()), 22)
    source = pick(rng, SOURCE_SHARES, count)
    given = sessions["source"].to_numpy()
    sessions["source"] = np.where(given >= 0, given, np.where(kind >= INTERNAL, 0, source))
    sessions["device"], sessions["visitor"] = device, visitor
    _log_in(block, sessions, rng)


def _log_in(block: Block, sessions: pd.DataFrame, rng: np.random.Generator) -> None:
    """Account of those who log in; `stays_in`: the browser was logged in from the start."""
    accounts, person = block.facts["accounts"], sessions["person"].to_numpy()
    second = sessions["at"].to_numpy() * 86400
    row = np.maximum(person, 0)
    has_first = (person >= 0) & (accounts["account_since"].to_numpy()[row] <= second)
    has_second = (person >= 0) & (accounts["second_since"].to_numpy()[row] <= second)
    uses_second = has_second & (rng.random(len(row)) < SECOND_ACCOUNT_USE)
    ids = np.where(
        uses_second,
        accounts["second_id"].to_numpy(dtype=object)[row],
        accounts["customer_id"].to_numpy(dtype=object)[row],
    )
    wants = rng.random(len(row)) < LOGIN_SHARE[sessions["intent"].to_numpy()]
    stays_in = uniform(block.settings.seed, row, 23) < STAYS_IN_SHARE
    sessions["has_login"] = has_first & (wants | stays_in)
    sessions["stays_in"] = sessions["has_login"] & stays_in
    sessions["customer_id"] = known(sessions["has_login"], ids)
