"""What makes people turn to the service: bills, late parcels, releases, incidents, returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Objects, pick
from simulation.channels.moments import busy_days, visit_days
from simulation.purchases import STANDARD_DELIVERY_DAYS
from simulation.texts import ROOT_CAUSES

# With two more days until somebody answers, at most, the cause lies within a week.
LONGEST_LAG_DAYS = 5.0
BILL_RATE, WRONG_BILL_RATE = 0.14, 0.6
LATE_RATE, LATE_RATE_PER_DAY, MOST_LATE_RATE = 0.4, 0.08, 0.85
RETURN_RATE, FAULTY_RELEASE_RATE = 0.2, 0.9
QUESTIONS_A_YEAR, OTHERS_A_YEAR = 0.6, 0.5
QUESTION_TOPICS = {"stock": 0.3, "size_fit": 0.25, "product_quality": 0.25, "price": 0.2}
OTHER_TOPICS = {
    "general": 0.34,
    "loyalty": 0.3,
    "payment": 0.16,
    "staff": 0.08,
    "subscription": 0.12,
}
# kind of incident: topic, root cause, share of the people in reach who turn to the service.
INCIDENTS = {
    "website_outage": ("website", "slow_page", 0.008),
    "payment_failure": ("payment", "declined", 0.008),
    "app_crash": ("app", "crash", 0.008),
    "delivery_strike": ("delivery", "late", 0.025),
    "billing_error": ("billing", "double_charge", 0.02),
    "store_system_outage": ("waiting", "long_queue", 0.008),
}
RELEASES = {
    "mobile_app": ("app", ("update_broke", "crash", "login_fails")),
    "website": ("website", ("checkout_error", "slow_page", "search_fails")),
}


def issues_of(block: Block) -> pd.DataFrame:
    """Every reason to turn to the service that arises in the block.

    Columns: person, wanted (float days), cause, cause_key (what caused it), topic, root_cause,
    order_id, is_order (a purchase by telephone). The cause lies at most seven days back.
    """
    rng = block.rng("service.causes")
    parts = [
        part(block, rng)
        for part in (_bills, _late_parcels, _returns, _releases, _incidents, _phone_orders)
    ]
    parts += [
        _from_life(block, rng, "product_question", QUESTIONS_A_YEAR, QUESTION_TOPICS),
        _from_life(block, rng, "other", OTHERS_A_YEAR, OTHER_TOPICS),
    ]
    issues = pd.concat(parts, ignore_index=True)
    issues = issues.astype({"person": np.int64, "wanted": np.float64})
    return issues[issues["person"] >= 0].reset_index(drop=True)


def _issue(person: Any, wanted: Any, cause: str, key: Any, topic: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"person": person, "wanted": wanted, "cause_key": key})
    return frame.assign(cause=cause, topic=topic, root_cause="none", order_id=None, is_order=False)


def _eagerness(block: Block, person: np.ndarray) -> Floats:
    """How readily people complain, one on average."""
    found: Floats = 0.4 + 1.8 * block.people.column("complaint_tendency")[person]
    return found


def _lag(rng: np.random.Generator, mean: float, count: int) -> Floats:
    found: Floats = np.minimum(0.05 + rng.exponential(mean, count), LONGEST_LAG_DAYS - 0.05)
    return found


def _one_of(rng: np.random.Generator, values: tuple[str, ...], count: int) -> Objects:
    return np.array(values, dtype=object)[rng.integers(0, len(values), count)]


def _when(block: Block, moments: pd.Series) -> Floats:
    passed = moments.to_numpy().astype("datetime64[us]") - block.settings.midnight
    found: Floats = passed.astype(np.int64) / 86_400e6
    return found


def _bills(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    bills = block.facts.get("bills", pd.DataFrame())
    if bills.empty:
        return _issue([], [], "bill_run", None, "billing")
    is_wrong = bills["is_wrong"].to_numpy(dtype=bool)
    rate = np.where(is_wrong, WRONG_BILL_RATE, BILL_RATE * block.settings.preset.signal)
    calls = rng.random(len(bills)) < rate * _eagerness(block, bills["person"].to_numpy())
    bills, is_wrong = bills[calls], is_wrong[calls]
    wanted = _when(block, bills["issued_at"]) + _lag(rng, 1.8, len(bills))
    issue = _issue(
        bills["person"].to_numpy(), wanted, "bill_run", bills["invoice_id"].to_numpy(), "billing"
    )
    wrong = _one_of(rng, ("wrong_amount", "double_charge"), len(bills))
    unclear = _one_of(rng, ("unclear_bill", "price_increase"), len(bills))
    return issue.assign(root_cause=np.where(is_wrong, wrong, unclear))


def _late_parcels(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Where is my order? Asked once the promised day is over."""
    orders = block.facts["orders"]
    delay = orders["delay_days"].to_numpy(dtype=float)
    rate = np.minimum(LATE_RATE + LATE_RATE_PER_DAY * np.nan_to_num(delay), MOST_LATE_RATE)
    rate = rate * block.settings.preset.signal * _eagerness(block, orders["person"].to_numpy())
    is_open = (delay > 0) & ~orders["is_canceled"].to_numpy(dtype=bool)
    asks = is_open & (rng.random(len(orders)) < rate)
    late, delay = orders[asks], delay[asks]
    promised = _when(block, late["placed_at"]) + STANDARD_DELIVERY_DAYS
    wanted = promised + 0.3 + np.minimum(_lag(rng, 1.3, len(late)), 4.6)
    key = late["touch_id"].to_numpy(dtype=object)
    issue = _issue(late["person"].to_numpy(), wanted, "delivery_delay", key, "delivery")
    lost = np.where(delay > 6, "lost", _one_of(rng, ("late", "late", "wrong_address"), len(late)))
    return issue.assign(root_cause=lost, order_id=key)


def _returns(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    returns = block.facts.get("returns", pd.DataFrame())
    if returns.empty:
        return _issue([], [], "return", None, "returns")
    asks = rng.random(len(returns)) < RETURN_RATE * _eagerness(block, returns["person"].to_numpy())
    returns = returns[asks]
    wanted = _when(block, returns["at"]) + _lag(rng, 2.0, len(returns))
    issue = _issue(
        returns["person"].to_numpy(), wanted, "return", returns["return_id"].to_numpy(), "returns"
    )
    cause = _one_of(rng, ROOT_CAUSES["returns"], len(returns))
    return issue.assign(root_cause=cause, order_id=returns["touch_id"].to_numpy(dtype=object))


def _releases(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """People who used a faulty version."""
    visits, parts = block.facts["visits"], []
    moment = _when(block, visits["start"])
    for release in block.facts["releases"].to_dict("records"):
        channel = "mobile_app" if release["product"] == "app" else "website"
        used = (visits["channel"] == channel).to_numpy() & (visits["person"] >= 0).to_numpy()
        last = release["start"] + LONGEST_LAG_DAYS
        used &= (moment >= release["start"]) & (moment < last)
        rate = FAULTY_RELEASE_RATE * (release["error_rate"] - 0.002) * block.settings.preset.signal
        asks = np.flatnonzero(used & (rng.random(len(visits)) < rate))
        topic, causes = RELEASES[channel]
        lag = 0.02 + rng.exponential(0.7, len(asks))
        wanted = np.maximum(np.minimum(moment[asks] + lag, last), moment[asks])
        person = visits["person"].to_numpy()[asks]
        issue = _issue(person, wanted, "release", release["release_id"], topic)
        parts.append(issue.assign(root_cause=_one_of(rng, causes, len(asks))))
    return pd.concat(parts, ignore_index=True)


def _incidents(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Some of the people in the region of an incident, or of all where it has none."""
    people = block.people
    regions = block.reference.regions["region"].to_numpy()
    region = block.reference.places["region"].to_numpy()[people.column("place")]
    parts = [_issue(np.empty(0, np.int64), np.empty(0), "incident", None, "general")]
    joined, leaves = people.column("joined_day"), people.column("dropout_day")
    eagerness = _eagerness(block, np.arange(len(people)))
    for incident in block.facts["incidents"].to_dict("records"):
        start, end = incident["start"], incident["end"]
        if start < block.first_day:
            continue
        near = (incident["region"] < 0) | (region == regions[incident["region"]])
        near &= (joined <= start) & (leaves >= start)
        topic, cause, share = INCIDENTS[incident["kind"]]
        rate = share * (0.5 + incident["severity"]) * block.settings.preset.signal
        hit = np.flatnonzero(near & (rng.random(len(people)) < rate * eagerness))
        lag = rng.random(len(hit)) * min(end - start, 5.0) + rng.exponential(0.3, len(hit))
        wanted = start + np.minimum(lag, LONGEST_LAG_DAYS - 0.05)
        issue = _issue(hit, wanted, "incident", incident["incident_id"], topic)
        parts.append(issue.assign(root_cause=cause))
    return pd.concat(parts, ignore_index=True)


def _phone_orders(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Whoever orders by telephone calls."""
    orders = block.facts["orders"]
    orders = orders[(orders["method"] == "phone").to_numpy()]
    key = orders["touch_id"].to_numpy(dtype=object)
    wanted = _when(block, orders["placed_at"])
    issue = _issue(orders["person"].to_numpy(), wanted, "product_question", key, "general")
    return issue.assign(order_id=key, is_order=True)


def _from_life(
    block: Block, rng: np.random.Generator, cause: str, rate: float, topics: dict[str, float]
) -> pd.DataFrame:
    """Questions that nothing in particular causes."""
    begin, end = visit_days(block)
    every = np.arange(len(begin))
    count = rng.poisson(rate / 365 * (end - begin) * _eagerness(block, every))
    person = np.repeat(every, count)
    wanted = busy_days(block, rng, begin[person], end[person]) + rng.random(len(person))
    topic = np.array(list(topics), dtype=object)[pick(rng, list(topics.values()), len(person))]
    issue = _issue(person, wanted, cause, None, topic)
    issue["root_cause"] = _everyday_causes(rng, topic, cause)
    return issue


def _everyday_causes(rng: np.random.Generator, topic: Objects, cause: str) -> Objects:
    """Questions have no root cause; other contacts mostly have one."""
    causes = np.full(len(topic), "none", dtype=object)
    named = rng.random(len(topic)) < (0.25 if cause == "product_question" else 0.75)
    for name, known in ROOT_CAUSES.items():
        rows = np.flatnonzero(named & (topic == name))
        if known and len(rows):
            causes[rows] = _one_of(rng, known, len(rows))
    return causes
