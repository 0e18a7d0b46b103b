"""The value up to which a server was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

CursorValue: TypeAlias = dt.datetime | dt.date | int | Decimal | str
READ: dict[str, Callable[[str], CursorValue]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "int": int,
    "decimal": Decimal,
    "text": str,
}
DAY = 86_400


def kind_of(value: Any) -> str | None:
    """The kind of a cursor value, None for what has no order that can be relied on."""
    if isinstance(value, bool) or value is None:
        return None
    kinds = {dt.datetime: "datetime", dt.date: "date", int: "int", Decimal: "decimal", str: "text"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), None)


def to_json(value: CursorValue) -> list[str]:
    """A value as it is kept between fetches."""
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    return [str(kind_of(value)), text]


def from_json(kept: list[str]) -> CursorValue:
    """The value that was kept."""
    kind, text = kept
    return READ[kind](text)


def behind(value: CursorValue, lag: int) -> CursorValue:
    """`lag` seconds before a time, `lag` less than a number; a text has no distance."""
    if isinstance(value, dt.datetime):
        return value - dt.timedelta(seconds=lag)
    if isinstance(value, dt.date):
        return value - dt.timedelta(days=-(-lag // DAY))
    return value if isinstance(value, str) else value - lag


def highest(one: CursorValue | None, other: Any) -> CursorValue | None:
    """The higher of two values; what is of another kind than the first does not count."""
    kind = kind_of(other)
    if kind is None or (one is not None and kind != kind_of(one)):
        return one
    found: CursorValue = other
    try:
        return found if one is None or found > one else one  # type: ignore[operator]
    except TypeError:  # a time with and one without a zone
        return one


def not_after(value: CursorValue | None, now: dt.datetime) -> CursorValue | None:
    """A time of the future does not count: rows of today would be passed over until then.

    A time without a zone may be up to fourteen hours ahead of UTC.
    """
    if isinstance(value, dt.datetime):
        aware = now if now.tzinfo else now.replace(tzinfo=dt.UTC)
        if value.tzinfo is None:
            return min(value, (aware + dt.timedelta(hours=14)).replace(tzinfo=None))
        return min(value, aware)
    if isinstance(value, dt.date):
        return min(value, now.date() + dt.timedelta(days=1))
    return value
