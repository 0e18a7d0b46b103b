"""The events that funnels and journeys may name, and what `where` may look at in each."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

import yaml

from orchestration.workspace import CODE_ROOT

VOCABULARY = CODE_ROOT / "dbt_project" / "events.yml"
# The parts of the vocabulary that each unit of a funnel, and a journey, can have.
PARTS = {
    "session": ("session", "page", "browser"),
    "customer": ("browser", "touch", "page"),
    "visit": ("visit",),
    "journey": ("browser", "touch"),
}
NAMED = 3


@cache
def events_of(unit: str) -> dict[str, frozenset[str]]:
    """Every event that can be of a unit, with the columns and keys of `details` that it has."""
    vocabulary = yaml.safe_load(VOCABULARY.read_text("utf-8"))
    return {
        event: frozenset(vocabulary[part]["columns"]) | frozenset(details)
        for part in PARTS[unit]
        for event, details in vocabulary[part]["events"].items()
    }


def refuse_unknown(unit: str, events: str | list[str], columns: Iterable[str]) -> None:
    """Raise ValueError where a unit has no such event, or an event nothing of that name."""
    known = events_of(unit)
    for event in [events] if isinstance(events, str) else events:
        if event not in known:
            raise ValueError(f"a {unit} has no event {event}, {_nearest(event, known)}")
        for column in columns:
            if column not in known[event]:
                raise ValueError(
                    f"the event {event} of a {unit} has no {column},"
                    f" {_nearest(column, known[event])}"
                )


def _nearest(name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name, sorted(known), n=NAMED, cutoff=0)
    return f"the nearest are {', '.join(nearest)}"
