"""Public holidays by rule, so that no library's version changes a company.

England's bank holidays with their substitute days, and the national and regional holidays of
Spain, Portugal and Hungary, as the law stood in 2024.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd

from simulation.block import Block

MONDAY = 0


class Holiday(NamedTuple):
    """A holiday: a day (month, day) of the year, or days counted from Easter Sunday."""

    country_code: str
    name: str
    month: int = 0
    day: int = 0
    easter_offset: int | None = None
    region: str | None = None
    is_shop_closed: bool = False


FIXED = (
    Holiday("ES", "Año Nuevo", 1, 1, is_shop_closed=True),
    Holiday("ES", "Epifanía del Señor", 1, 6, is_shop_closed=True),
    Holiday("ES", "Día de Andalucía", 2, 28, region="Andalucía"),
    Holiday("ES", "Jueves Santo", easter_offset=-3, region="Andalucía;Madrid"),
    Holiday("ES", "Viernes Santo", easter_offset=-2),
    Holiday("ES", "Fiesta del Trabajo", 5, 1, is_shop_closed=True),
    Holiday("ES", "Fiesta de la Comunidad de Madrid", 5, 2, region="Madrid"),
    Holiday("ES", "Asunción de la Virgen", 8, 15),
    Holiday("ES", "Fiesta Nacional de España", 10, 12),
    Holiday("ES", "Todos los Santos", 11, 1),
    Holiday("ES", "Día de la Constitución", 12, 6),
    Holiday("ES", "Inmaculada Concepción", 12, 8),
    Holiday("ES", "Navidad", 12, 25, is_shop_closed=True),
    Holiday("PT", "Ano Novo", 1, 1, is_shop_closed=True),
    Holiday("PT", "Sexta-Feira Santa", easter_offset=-2),
    Holiday("PT", "Páscoa", easter_offset=0),
    Holiday("PT", "Dia da Liberdade", 4, 25),
    Holiday("PT", "Dia do Trabalhador", 5, 1),
    Holiday("PT", "Corpo de Deus", easter_offset=60),
    Holiday("PT", "Dia de Portugal", 6, 10),
    Holiday("PT", "Assunção de Nossa Senhora", 8, 15),
    Holiday("PT", "Implantação da República", 10, 5),
    Holiday("PT", "Dia de Todos os Santos", 11, 1),
    Holiday("PT", "Restauração da Independência", 12, 1),
    Holiday("PT", "Imaculada Conceição", 12, 8),
    Holiday("PT", "Natal", 12, 25, is_shop_closed=True),
    Holiday("HU", "Újév", 1, 1, is_shop_closed=True),
    Holiday("HU", "Nemzeti ünnep", 3, 15, is_shop_closed=True),
    Holiday("HU", "Nagypéntek", easter_offset=-2, is_shop_closed=True),
    Holiday("HU", "Húsvéthétfő", easter_offset=1, is_shop_closed=True),
    Holiday("HU", "A munka ünnepe", 5, 1, is_shop_closed=True),
    Holiday("HU", "Pünkösdhétfő", easter_offset=50, is_shop_closed=True),
    Holiday("HU", "Az államalapítás ünnepe", 8, 20, is_shop_closed=True),
    Holiday("HU", "Az 1956-os forradalom ünnepe", 10, 23, is_shop_closed=True),
    Holiday("HU", "Mindenszentek", 11, 1, is_shop_closed=True),
    Holiday("HU", "Karácsony", 12, 25, is_shop_closed=True),
    Holiday("HU", "Karácsony másnapja", 12, 26, is_shop_closed=True),
    Holiday("GB", "Good Friday", easter_offset=-2),
    Holiday("GB", "Easter Monday", easter_offset=1),
)


def publish_holidays(block: Block) -> None:
    """Write the calendars that are published in the block: each year's, a year ahead."""
    first, end = block.first_day, block.end_day
    start = block.settings.start
    if block.number == 0:
        _publish(block, start.year, 0)
        _publish(block, start.year + 1, 0)
    for year in range(start.year + 1, block.settings.date_of(end).year + 1):
        day = block.settings.day_of(dt.date(year, 1, 1))
        if max(first, 1) <= day < end:
            _publish(block, year + 1, day)


def _publish(block: Block, year: int, day: int) -> None:
    rows = pd.DataFrame(
        _rows(year), columns=["country_code", "holiday_date", "name", "region", "is_shop_closed"]
    )
    block.emit("context/public_holidays", rows, day=[day] * len(rows))


def _rows(year: int) -> list[tuple[str, dt.date, str, str | None, bool]]:
    rows = [
        (item.country_code, _date(item, year), item.name, item.region, item.is_shop_closed)
        for item in FIXED
    ]
    return rows + [("GB", date, name, None, name == "Christmas Day") for date, name in _bank(year)]


def _date(holiday: Holiday, year: int) -> dt.date:
    if holiday.easter_offset is None:
        return dt.date(year, holiday.month, holiday.day)
    return easter_sunday(year) + dt.timedelta(days=holiday.easter_offset)


def _bank(year: int) -> list[tuple[dt.date, str]]:
    """England's bank holidays but for Easter; those on a weekend have a substitute day too."""
    new_year, christmas = dt.date(year, 1, 1), dt.date(year, 12, 25)
    boxing = christmas + dt.timedelta(days=1)
    days = [
        (new_year, "New Year's Day"),
        (_first_monday(dt.date(year, 5, 1)), "Early May bank holiday"),
        (_first_monday(dt.date(year, 5, 25)), "Spring bank holiday"),
        (_first_monday(dt.date(year, 8, 25)), "Summer bank holiday"),
        (christmas, "Christmas Day"),
        (boxing, "Boxing Day"),
    ]
    # Weekday of the day itself (5 Saturday, 6 Sunday): days until its substitute.
    moved = [
        (new_year, "New Year's Day", {5: 2, 6: 1}),
        (christmas, "Christmas Day", {5: 2, 6: 2}),
        (boxing, "Boxing Day", {5: 2, 6: 2}),
    ]
    return days + [
        (date + dt.timedelta(days=shifts[date.weekday()]), f"{name} (substitute day)")
        for date, name, shifts in moved
        if date.weekday() in shifts
    ]


def _first_monday(date: dt.date) -> dt.date:
    """The first Monday on or after a date."""
    return date + dt.timedelta(days=(MONDAY - date.weekday()) % 7)


def easter_sunday(year: int) -> dt.date:
    """Easter of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century + 8) // 25
    moon = (19 * golden + century - century // 4 - (century - correction + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)
