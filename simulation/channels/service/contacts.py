"""From issues to contacts: channel, moment, queue, agent, outcome, feeling, next attempt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Ints, Objects, pick, pick_by_row, uniform

CHANNELS = ("phone", "service_email", "chat", "messaging")
PHONE, EMAIL, CHAT, MESSAGING = range(4)
PENDING = "service.pending"
MOST_ATTEMPTS = 4
# Opening hours of each channel; nobody answers the telephone on Sundays.
OPENS, CLOSES = np.array([8.0, 0.0, 8.0, 0.0]), np.array([20.0, 24.0, 22.0, 24.0])
HOURS = np.array([0.2, 0.1, 0.05, 0.05, 0.05, 0.1, 0.3, 0.8, 2.0, 3.6, 4.2, 3.8, 2.9, 2.6, 2.7, 2.9,
                  3.3, 3.6, 3.0, 2.1, 1.6, 1.3, 0.8, 0.4])  # fmt: skip
STAFF = np.array([0.3] * 8 + [2.2, 3.0, 3.4, 3.4, 3.2, 3.0, 3.0, 3.0, 3.1, 3.1, 2.7, 2.2, 1.6, 1.3,
                             0.8, 0.5])  # fmt: skip
USUAL_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 34.0, 1500.0
MEAN_PATIENCE_SECONDS, RETRY_SHARE, REPEAT_SHARE = 420.0, 0.7, 0.78
RESOLVED = {
    "bill_run": 0.66, "delivery_delay": 0.58, "release": 0.5, "incident": 0.55, "return": 0.65,
    "product_question": 0.86, "other": 0.75,
}  # fmt: skip
EMOTIONS = (
    "anger", "frustration", "disappointment", "confusion", "anxiety", "sadness", "joy", "gratitude",
    "surprise", "none",
)  # fmt: skip
# Weight of each emotion at the start, by cause.
FEELINGS = {
    "bill_run": (0.22, 0.22, 0.12, 0.22, 0.08, 0.01, 0.0, 0.0, 0.05, 0.08),
    "delivery_delay": (0.18, 0.28, 0.24, 0.04, 0.12, 0.02, 0.0, 0.0, 0.02, 0.1),
    "release": (0.15, 0.42, 0.1, 0.2, 0.03, 0.0, 0.0, 0.0, 0.03, 0.07),
    "incident": (0.22, 0.34, 0.14, 0.1, 0.08, 0.01, 0.0, 0.0, 0.03, 0.08),
    "return": (0.1, 0.22, 0.3, 0.1, 0.06, 0.02, 0.0, 0.02, 0.02, 0.16),
    "product_question": (0.01, 0.04, 0.03, 0.14, 0.02, 0.0, 0.06, 0.04, 0.02, 0.64),
    "other": (0.05, 0.13, 0.1, 0.13, 0.04, 0.02, 0.04, 0.05, 0.02, 0.42),
}
FEELING_AFTER_HELP = (0.01, 0.03, 0.02, 0.02, 0.01, 0.0, 0.17, 0.38, 0.04, 0.32)
INTENSITIES = ("low", "medium", "high")
CAUSES = tuple(RESOLVED)
# What an issue hands on from one attempt to the next.
ISSUE_COLUMNS = [
    "person", "wanted", "cause", "cause_key", "topic", "root_cause", "order_id", "is_order",
    "attempt",
    "issue_id", "channel", "at", "ticket_id", "ticket_created", "ticket_replied",
    "opened_by", "reopened",
]  # fmt: skip
# Share of the contacts that open a ticket, when resolved and when not, by channel.
TICKET_SHARES = np.array([[0.3, 0.8], [0.85, 1.0], [0.25, 0.75], [0.4, 0.8]])
MEDIAN_REPLY_DAYS = np.array([0.0, 0.3, 0.0, 0.08])


def contacts_of(block: Block, issues: pd.DataFrame) -> pd.DataFrame:
    """Every attempt of the block to reach the service, in order of time.

    Adds to the columns of an issue: issue_id, attempt (0 first), channel (index), at (float days),
    load (1 usual), wait_seconds (NaN where nobody waits), is_abandoned, agent (-1 none),
    is_resolved, emotion_start, emotion_end, intensity, has_next, next_at (float days).
    What falls after the block waits for the next one.
    """
    rng = block.rng("service.contacts")
    issues = issues.assign(
        attempt=0, issue_id=block.ids("Q", len(issues)), channel=-1, at=np.nan,
        ticket_id=None, ticket_created=np.nan, ticket_replied=np.nan, opened_by=-1, reopened=0,
    )  # fmt: skip
    waiting = block.memory.get(PENDING, issues.iloc[:0])
    open_issues = _placed(block, rng, pd.concat([waiting, issues], ignore_index=True))
    busy = _busy(block, open_issues["at"].to_numpy())
    done: list[pd.DataFrame] = []
    left = [open_issues.iloc[:0]]
    while len(open_issues) or not done:
        later = open_issues["at"].to_numpy() >= block.end_day
        left.append(open_issues[later])
        handled = _handled(block, rng, open_issues[~later].reset_index(drop=True), busy)
        done.append(handled)
        open_issues = _placed(block, rng, _next_attempts(handled))
    block.memory[PENDING] = pd.concat(left, ignore_index=True)[ISSUE_COLUMNS]
    contacts = pd.concat(done, ignore_index=True)
    return contacts.sort_values("at", kind="stable", ignore_index=True)


def _placed(block: Block, rng: np.random.Generator, issues: pd.DataFrame) -> pd.DataFrame:
    """Choose channel and moment: the wish, moved into the channel's opening hours."""
    channel, count = _channels(block, rng, issues), len(issues)
    wanted = issues["wanted"].to_numpy(dtype=float)
    hour = wanted % 1 * 24
    opens, closes = OPENS[channel], CLOSES[channel]
    is_open = (hour >= opens) & (hour < closes)
    is_first = issues["attempt"].to_numpy() == 0
    # Nobody waits with an order: it is placed when the telephone is answered.
    is_order = issues["is_order"].to_numpy(dtype=bool)
    drawn = pick(rng, HOURS, count) + rng.random(count)
    fits = (drawn >= opens) & (drawn < closes)
    middle = opens + rng.random(count) * (closes - opens)
    chosen = np.where(fits, drawn, middle)
    today = np.floor(wanted) + chosen / 24
    tomorrow = today + 1
    at = np.where(is_order & is_first, wanted, np.where(today >= wanted, today, tomorrow))
    at = np.where(~is_first & is_open, wanted, at)
    at = np.where((channel == PHONE) & _is_sunday(block, at) & ~is_order, at + 1, at)
    placed = issues["at"].to_numpy(dtype=float)
    is_new = np.isnan(placed)
    before = issues["channel"].to_numpy(dtype=np.int64)
    return issues.assign(channel=np.where(is_new, channel, before), at=np.where(is_new, at, placed))


def _channels(block: Block, rng: np.random.Generator, issues: pd.DataFrame) -> Ints:
    """The young write, the old call; whoever comes back mostly takes the same way again."""
    born = block.people.frame["birth_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    start = np.datetime64(block.settings.start, "D").astype(np.int64)
    age = ((start - born) / 365.25)[issues["person"].to_numpy()]
    band = np.clip((age - 18) // 18, 0, 2).astype(np.int64)
    weights = np.array([[0.34, 0.18, 0.3, 0.18], [0.5, 0.24, 0.17, 0.09], [0.66, 0.22, 0.08, 0.04]])
    drawn = pick_by_row(rng, weights, band)
    before = issues["channel"].to_numpy(dtype=np.int64)
    stays = (before >= 0) & (rng.random(len(issues)) < 0.65)
    is_order = issues["is_order"].to_numpy(dtype=bool)
    return np.where(is_order, PHONE, np.where(stays, before, drawn))


def _is_sunday(block: Block, at: Floats) -> Bools:
    monday = (np.datetime64(block.settings.start, "D").astype(np.int64) + 3) % 7
    found: Bools = (np.floor(at).astype(np.int64) + monday) % 7 == 6
    return found


def _handled(
    block: Block, rng: np.random.Generator, contacts: pd.DataFrame, busy: Floats
) -> pd.DataFrame:
    """Wait, agent, outcome and feelings of each attempt, and whether another one follows."""
    count, channel = len(contacts), contacts["channel"].to_numpy(dtype=np.int64)
    load = _load(block, contacts["at"].to_numpy(dtype=float), busy)
    waits = (channel == PHONE) | (channel == CHAT)
    mean = np.minimum(USUAL_WAIT_SECONDS * np.exp(2.0 * (load - 1)), 700)
    wait = np.minimum(rng.exponential(mean) + 2, LONGEST_WAIT_SECONDS)
    patience = 15 + rng.exponential(MEAN_PATIENCE_SECONDS, count)
    is_order = contacts["is_order"].to_numpy(dtype=bool)
    is_abandoned = waits & (wait > patience) & ~is_order
    agent = _agents(block, rng, contacts)
    cause = (
        contacts["cause"]
        .map({name: n for n, name in enumerate(CAUSES)})
        .to_numpy()
        .astype(np.int64)
    )
    skill = 0.2 * (uniform(block.settings.seed, agent, 51) - 0.5) * block.settings.preset.signal
    chance = np.array(list(RESOLVED.values()))[cause] + skill
    chance = chance + 0.06 * np.minimum(contacts["attempt"].to_numpy(dtype=float), 2)
    is_resolved = is_order | (~is_abandoned & (rng.random(count) < chance))
    wait = np.where(waits, np.round(np.minimum(wait, patience), 1), np.nan)
    contacts = contacts.assign(
        load=load,
        wait_seconds=wait,
        is_abandoned=is_abandoned,
        agent=np.where(is_abandoned, -1, agent),
        is_resolved=is_resolved,
    )
    contacts = _with_sequel(rng, _with_feelings(rng, contacts, cause))
    return _with_ticket(rng, contacts)


def _with_sequel(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """When the customer is answered, and whether and when the customer tries again."""
    count, channel = len(contacts), contacts["channel"].to_numpy(dtype=np.int64)
    abandoned = contacts["is_abandoned"].to_numpy(dtype=bool)
    at = contacts["at"].to_numpy(dtype=float)
    waited = np.nan_to_num(contacts["wait_seconds"].to_numpy(dtype=float)) / 86400
    written = MEDIAN_REPLY_DAYS[channel] * np.exp(rng.normal(0, 0.8, count))
    replied = at + waited + written * contacts["load"].to_numpy(dtype=float)
    share = np.where(abandoned, RETRY_SHARE, REPEAT_SHARE)
    may_repeat = contacts["attempt"].to_numpy(dtype=np.int64) < MOST_ATTEMPTS - 1
    unresolved = ~contacts["is_resolved"].to_numpy(dtype=bool)
    has_next = unresolved & may_repeat & (rng.random(count) < share)
    pause = np.where(abandoned, rng.exponential(0.15, count), 0.5 + rng.exponential(1.4, count))
    next_at = np.minimum(np.maximum(at, replied) + np.clip(pause, 0.02, 4.9), at + 4.9)
    return contacts.assign(replied=replied, has_next=has_next, next_at=next_at)


def _with_ticket(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """Some contacts open a ticket; later attempts of the issue go on with it."""
    channel = contacts["channel"].to_numpy(dtype=np.int64)
    unresolved = 1 - contacts["is_resolved"].to_numpy(dtype=np.int64)
    opens = rng.random(len(contacts)) < TICKET_SHARES[channel, unresolved]
    opens &= ~contacts["is_abandoned"].to_numpy(dtype=bool)
    opens &= contacts["ticket_id"].isna().to_numpy()
    goes_on = contacts["ticket_id"].notna() & ~contacts["is_abandoned"].astype(bool)
    number = "T" + contacts["issue_id"].astype(object).str[1:]
    created = contacts["at"] + np.nan_to_num(contacts["wait_seconds"].to_numpy(float)) / 86400
    return contacts.assign(
        opens_ticket=opens,
        opened_by=np.where(opens, channel, contacts["opened_by"].to_numpy(dtype=np.int64)),
        reopened=contacts["reopened"].to_numpy(dtype=np.int64) + goes_on,
        ticket_id=np.where(opens, number, contacts["ticket_id"].to_numpy(dtype=object)),
        ticket_created=np.where(opens, created + 20 / 86400, contacts["ticket_created"]),
        ticket_replied=np.where(
            opens, np.maximum(contacts["replied"], created) + 90 / 86400, contacts["ticket_replied"]
        ),
    )


def _busy(block: Block, at: Floats) -> Floats:
    """Contacts of each day of the block against a usual day; few customers make few waves."""
    by_day = np.bincount(np.floor(at).astype(np.int64) - block.first_day, minlength=1)
    by_day = by_day[: block.end_day - block.first_day]
    found: Floats = (by_day + 4) / (max(by_day.mean(), 1.0) + 4)
    return found


def _load(block: Block, at: Floats, busy: Floats) -> Floats:
    """Contacts against agents at work: by hour, and by how busy the day turned out."""
    day = np.clip(np.floor(at).astype(np.int64) - block.first_day, 0, len(busy) - 1)
    by_hour = HOURS / HOURS.sum() * STAFF.sum() / STAFF
    found: Floats = np.sqrt(busy[day]) * by_hour[(at % 1 * 24).astype(np.int64)]
    return found


def _agents(block: Block, rng: np.random.Generator, contacts: pd.DataFrame) -> Ints:
    """One of the agents who speak the customer's language."""
    spoken = block.people.column("language")[contacts["person"].to_numpy(dtype=np.int64)]
    codes = np.select([spoken == name for name in ("en", "es", "pt")], [0, 1, 2], 3)
    team = max(4, 2 * (block.settings.customers // 8000))
    found: Ints = codes * team + rng.integers(0, team, len(contacts))
    return found


def _with_feelings(rng: np.random.Generator, contacts: pd.DataFrame, cause: Ints) -> pd.DataFrame:
    """The cause, the wait and every further attempt make it worse; help makes it better."""
    count = len(contacts)
    felt = pick_by_row(rng, np.array(list(FEELINGS.values())), cause)
    tried = contacts["attempt"].to_numpy(dtype=np.int64)
    wait = np.nan_to_num(contacts["wait_seconds"].to_numpy(dtype=float))
    worse = rng.random(count) < 0.25 * np.minimum(tried, 2) + 0.0006 * np.minimum(wait, 600)
    felt = np.where(worse, pick(rng, (0.55, 0.45), count), felt)
    after = pick(rng, FEELING_AFTER_HELP, count)
    lingers = np.where(rng.random(count) < 0.3, pick(rng, (0.3, 0.3, 0.4), count), felt)
    ended = np.where(contacts["is_resolved"].to_numpy(dtype=bool), after, lingers)
    strength = pick(rng, (0.35, 0.42, 0.23), count)
    strength = np.minimum(strength + (tried > 0) * (rng.random(count) < 0.5), 2)
    names: Objects = np.array(EMOTIONS, dtype=object)
    return contacts.assign(
        emotion_start=names[felt],
        emotion_end=names[ended],
        intensity=np.array(INTENSITIES, dtype=object)[strength],
    )


def _next_attempts(handled: pd.DataFrame) -> pd.DataFrame:
    following = handled[handled["has_next"]]
    following = following.assign(
        attempt=following["attempt"] + 1, wanted=following["next_at"], at=np.nan
    )
    return following[ISSUE_COLUMNS].reset_index(drop=True)
