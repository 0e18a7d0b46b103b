"""The days of the invented company; moments are UTC, days are its own."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TIME_ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 6, 30)
DELIVERY_DAYS = (date(2025, 7, 1), date(2026, 1, 1), date(2026, 7, 1))


def midnight(day: date) -> datetime:
    """The moment at which a day of the company begins."""
    return datetime.combine(day, time(), TIME_ZONE).astimezone(UTC)


def days_after(moment: datetime, days: float) -> datetime:
    """Add days to a moment, to the second."""
    return (moment + timedelta(days=float(days))).replace(microsecond=0)


def at_opening_hours(moment: datetime, fraction: float) -> datetime:
    """Move a moment to between nine and eight of its day, as far in as the fraction says."""
    day = moment.astimezone(TIME_ZONE).date()
    opening = datetime.combine(day, time(9), TIME_ZONE).astimezone(UTC)
    return days_after(opening, fraction * 11 / 24)


BEGIN = midnight(FIRST_DAY)
END = midnight(DELIVERY_DAYS[-1])
"""The first moment that no delivery knows."""
