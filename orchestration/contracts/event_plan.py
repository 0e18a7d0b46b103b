"""The tracking plan of a contract of events: what each type of event must and may carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEYS = {"eventType", "release", "everyEvent", "events", "types"}


@dataclass(frozen=True)
class PlannedEvent:
    """The properties that one type of event must carry, and those it may."""

    must: frozenset[str]
    may: frozenset[str]


@dataclass(frozen=True)
class EventPlan:
    """The plan: its types of event, and the types of keys that are no column of the contract."""

    type_column: str
    release_column: str | None
    events: Mapping[str, PlannedEvent]
    extra_types: Mapping[str, str]


def read_event_plan(
    value: Any,
    columns: Mapping[str, tuple[bool, tuple[str, ...]]],
    is_json: bool,
    types: Sequence[str],
) -> EventPlan | None:
    """The plan as the contract gives it; raise ValueError with the first fault.

    `columns` are those of the contract, each with whether it is required and its agreed values.
    What the contract requires of every row, every event must carry.
    """
    if value is None:
        return None
    document = _mapping(value, "`eventPlan`")
    _refuse_unknown(document, KEYS, "`eventPlan`")
    extra = {str(name): str(kind) for name, kind in _mapping(document.get("types")).items()}
    _check_extra(extra, set(columns), is_json, types)
    type_column, release = document.get("eventType"), document.get("release")
    for role, name in (("eventType", type_column), ("release", release or type_column)):
        if name not in columns:
            raise ValueError(f"`{role}` of `eventPlan` is `{name}`, which is no column")
    events = _events(document, {*columns, *extra}, {n for n, (must, _) in columns.items() if must})
    agreed = columns[str(type_column)][1]
    if agreed and set(agreed) != set(events):
        apart = ", ".join(sorted(set(agreed) ^ set(events)))
        raise ValueError(f"`eventPlan` and the `enum` of `{type_column}` differ in {apart}")
    return EventPlan(str(type_column), release, events, extra)


def _events(
    document: Mapping[str, Any], known: set[str], required: set[str]
) -> dict[str, PlannedEvent]:
    common = _event(document.get("everyEvent"), known, "everyEvent")
    planned = _mapping(document.get("events"), "`events` of `eventPlan`")
    if not planned:
        raise ValueError("`eventPlan` names no `events`")
    return {
        str(name): PlannedEvent(
            (event := _event(value, known, str(name))).must | common.must | required,
            event.may | common.may,
        )
        for name, value in planned.items()
    }


def _event(value: Any, known: set[str], name: str) -> PlannedEvent:
    document = _mapping(value, f"`{name}` of `eventPlan`")
    _refuse_unknown(document, {"must", "may"}, f"`{name}` of `eventPlan`")
    must, may = (frozenset(map(str, document.get(key) or ())) for key in ("must", "may"))
    if unknown := (must | may) - known:
        raise ValueError(
            f"`{name}` of `eventPlan` names {', '.join(sorted(unknown))}, which is no column"
            " and has no type in its `types`"
        )
    return PlannedEvent(must, may)


def _check_extra(
    extra: Mapping[str, str], columns: set[str], is_json: bool, types: Sequence[str]
) -> None:
    if extra and not is_json:
        raise ValueError("`types` of `eventPlan` are for json: make columns of the properties")
    for name, kind in extra.items():
        if name in columns or kind not in types:
            raise ValueError(
                f"`types` of `eventPlan` gives `{name}` the type `{kind}`: it must be one of"
                f" {', '.join(sorted(types))}, and of no column"
            )


def _mapping(value: Any, name: str = "`types` of `eventPlan`") -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a mapping")
    return value


def _refuse_unknown(document: Mapping[str, Any], known: set[str], name: str) -> None:
    if unknown := set(map(str, document)) - known:
        raise ValueError(f"{name} has the unknown key {', '.join(sorted(unknown))}")
