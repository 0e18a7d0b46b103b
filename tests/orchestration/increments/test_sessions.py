"""Sessions made anew by touched dates equal those made in full, however long somebody stays."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from orchestration.workspace import Workspace
from tests.orchestration.increments.web import TABLES, Event, Site

MARCH = dt.datetime(2026, 3, 1)
SILENT = (
    *("page_view", "page_view", "click", "scroll", "app_error", "login"),
    *("add_to_cart", "checkout_step", "form_field", "pointer_rest", "search"),
)
TYPES = (*SILENT, "heartbeat")
# so that a change of a visitor who never leaves decides whether a day has a ping at all
SELDOM = (*(SILENT * 8), "heartbeat")
ACCOUNTS = ("a1", "a2", "a3")


def stay(
    chance: random.Random,
    visitor: str,
    start: dt.datetime,
    hours: float,
    types: Sequence[str] = TYPES,
    pauses: float = 0.01,
) -> list[Event]:
    """Events of a visitor; a share of them is followed by a pause of more than half an hour."""
    events: list[Event] = []
    at = start
    while at < start + dt.timedelta(hours=hours):
        event_type = chance.choice(types)
        campaign = chance.choice([None, None, None, "c1", "c2"])
        account = chance.choice(ACCOUNTS) if event_type == "login" else None
        number = f"{visitor} {at:%d %H:%M:%S.%f}"
        events.append(Event(number, visitor, at, event_type, campaign, account))
        at += dt.timedelta(seconds=chance.choice([0.5, 60, 900, 1700, 1800, 1800, 1790]))
        at += dt.timedelta(hours=5 if chance.random() < pauses else 0)
    return events


def by_day(events: list[Event]) -> dict[str, list[Event]]:
    """The events by their date in UTC, as a site delivers them."""
    days: dict[str, list[Event]] = {}
    for event in events:
        days.setdefault(f"{event.event_at:%Y-%m-%d}", []).append(event)
    return days


def visits(seed: int) -> tuple[random.Random, dict[str, list[Event]]]:
    """Ten days: two who never leave, and others who come and go, also around midnight.

    On a site that sends pings only now and then, where the seed is odd.
    """
    chance = random.Random(seed)
    lasting, passing = (SELDOM, SILENT) if seed % 2 else (TYPES, TYPES)
    noon = MARCH + dt.timedelta(hours=12)
    events = stay(chance, "probe", noon, 220, lasting, pauses=0)
    events += stay(chance, "tab", noon, 140, lasting, pauses=0.002)
    for number in range(25):
        start = MARCH + dt.timedelta(hours=chance.choice([22, 23, chance.randrange(24)]))
        start += dt.timedelta(days=chance.randrange(9))
        events += stay(chance, f"v{number % 8}", start, chance.choice([0.2, 2, 9, 30]), passing)
    return chance, by_day(list({event.event_id: event for event in events}.values()))


def assert_is_full(site: Site) -> None:
    kept, full = site.kept(), site.full()
    for name in TABLES:
        assert kept[name] == full[name], name


@pytest.mark.parametrize(
    ("seed", "settings", "alone"),
    [
        (1, {}, 1),
        pytest.param(2, {"is_session_split_by_campaign": True}, 6, marks=pytest.mark.nightly),
        pytest.param(3, {"session_gap_minutes": 300}, 6, marks=pytest.mark.nightly),
        pytest.param(4, {"longest_session_hours": 60}, 6, marks=pytest.mark.nightly),
        *(pytest.param(seed, {}, 6, marks=pytest.mark.nightly) for seed in range(5, 9)),
    ],
)
def test_days_in_any_order_late_withdrawn_and_repeated_give_what_a_full_build_gives(
    tmp_path: Path, seed: int, settings: dict[str, object], alone: int
) -> None:
    site = Site(tmp_path, settings)
    chance, days = visits(seed)
    names = sorted(days)
    chance.shuffle(names)
    for day in names[:-alone]:
        site.deliver(day, days[day])
    site.run()
    site.give("a1", "c1")
    for day in names[-alone:]:
        is_late = chance.random() < 0.5
        cut = len(days[day]) // 2 if is_late else len(days[day])
        chance.shuffle(days[day])
        site.deliver(day, days[day][:cut])
        site.give(chance.choice(ACCOUNTS), chance.choice([None, "c1", "c2"]))
        site.run(is_killed=is_late)
        if is_late:
            site.deliver(f"{day} late", days[day][cut:])
            site.run()
    # in the middle of stays that last for days: all that follows begins at other moments
    third = sorted(names)[2]
    site.withdraw(third)
    site.run()
    assert_is_full(site)
    site.deliver(third, days[third])
    site.as_of = dt.date(2026, 3, 6)
    site.run()
    assert_is_full(site)


@pytest.mark.nightly
def test_models_that_spill_to_disk_are_followed_by_others(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    settings = site.workspace.settings_file
    settings.write_text(settings.read_text("utf-8") + "resources: {memory_limit: 90MB}\n", "utf-8")
    site.workspace = Workspace(site.root)
    with duckdb.connect(str(site.workspace.warehouse)) as connection:
        connection.execute(
            "insert into raw.web_events (event_id, visitor_id, event_at, event_type, _delivery_id,"
            " _row_number, _received_at) select n, n % 997, timestamp '2026-03-01' + to_seconds(n),"
            " 'page_view', 'd', n, timestamp '2026-03-20' from range(300000) as events (n)"
        )
    site.run()
    assert len(site.kept()["intermediate.int_web_events_sessionised"]) == 300_000
