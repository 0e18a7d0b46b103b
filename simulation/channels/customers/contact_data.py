"""E-mail addresses, telephone numbers and streets as people have them, and as they are typed."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from simulation.block import numbered
from simulation.channels import arrays
from simulation.channels.arrays import Bools, Objects, mixed
from simulation.channels.blanks import known
from simulation.vocabulary import DIAL_CODES, MAIL_HOSTS, PHONE_DIGITS, STREETS

ADDRESS_STYLES = ("{first}.{last}", "{initial}{last}", "{first}_{last}", "{last}{initial}")
COUNTRY_PREFIXES = {"GB": ("+44", "0"), "ES": ("+34", ""), "PT": ("+351", ""), "HU": ("+36", "06")}


def emails(people: pd.DataFrame, which: int) -> Objects:
    """The person's address number `which`: the name and a number of their own."""
    person = people.index.to_numpy()
    first, last = _plain(people["first_name"]), _plain(people["last_name"])
    style = mixed(person, which, 31) % np.uint64(len(ADDRESS_STYLES))
    host = mixed(person, which, 32) % np.uint64(len(MAIL_HOSTS))
    parts = {"{first}": first, "{last}": last, "{initial}": first.str[:1]}
    local = _choose(style, [_filled(style_text, parts) for style_text in ADDRESS_STYLES])
    number = arrays.numbered("", person * 3 + which + 11)
    found: Objects = local + number + "@" + np.array(MAIL_HOSTS, dtype=object)[host]
    return found


def _filled(style: str, parts: dict[str, pd.Series]) -> Objects:
    head, tail = style.split("}", 1)
    middle, last = tail.split("{")
    joined = parts[head + "}"] + middle + parts["{" + last]
    return joined.to_numpy(dtype=object)


def _choose(which: Any, texts: list[Objects]) -> Objects:
    chosen: Objects = np.stack(texts)[which, np.arange(len(texts[0]))]
    return chosen


def _plain(names: pd.Series) -> pd.Series:
    """Lower case without accents; of two family names the first."""
    spelt = {name: _ascii(name.split()[0]) for name in pd.unique(names)}
    return names.map(spelt).astype(object)


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters.lower() if letter.isalpha())


def phones(people: pd.DataFrame) -> Objects:
    """Everyone's own mobile number, in E.164."""
    person, country = people.index.to_numpy(), people["country_code"].to_numpy(dtype=object)
    found = np.empty(len(people), dtype=object)
    for code, dial in DIAL_CODES.items():
        chosen = country == code
        width = PHONE_DIGITS[code]
        found[chosen] = numbered(dial, (person[chosen] * 7_919 + 1_234_567) % 10**width, width)
    return found


def typed_phones(numbers: Objects, countries: Objects, rng: np.random.Generator) -> Objects:
    """Numbers as people write them: mostly international, with spaces, some without a prefix."""
    series, draw = pd.Series(numbers, dtype=object), rng.random(len(numbers))
    spaced = series.str[:3] + " " + series.str[3:7] + " " + series.str[7:]
    national = series.copy()
    for code, (prefix, trunk) in COUNTRY_PREFIXES.items():
        own = (countries == code) & series.str.startswith(prefix).fillna(False).to_numpy(bool)
        national[own] = trunk + series[own].str[len(prefix) :]
    zeros = "00" + series.str[1:]
    written = _choose(
        np.digitize(draw, [0.55, 0.83, 0.93]),
        [column.to_numpy(dtype=object) for column in (series, spaced, zeros, national)],
    )
    return known(series.notna(), written)


def streets(countries: Objects, rng: np.random.Generator) -> Objects:
    """A street and a house number, in the order of the country."""
    number = arrays.numbered("", rng.integers(1, 160, len(countries)))
    found = np.empty(len(countries), dtype=object)
    for code, names in STREETS.items():
        chosen = np.flatnonzero(countries == code)
        street = rng.choice(np.array(names.split("|"), dtype=object), len(chosen))
        house = number[chosen]
        found[chosen] = house + " " + street if code == "GB" else street + " " + house
    return found


def with_typing_errors(texts: Objects, chosen: Bools, rng: np.random.Generator) -> Objects:
    """Texts of which the chosen have two letters swapped, one left out, or one doubled."""
    typed, is_given = texts.copy(), pd.notna(texts)
    position, kind = rng.integers(1, 4, len(texts)), rng.integers(0, 3, len(texts))
    for at in range(1, 4):
        for fault in range(3):
            rows = np.flatnonzero(chosen & (position == at) & (kind == fault) & is_given)
            typed[rows] = _spoiled(pd.Series(texts[rows], dtype=object), at, fault)
    return typed


def _spoiled(texts: pd.Series, at: int, fault: int) -> Objects:
    before, here, there, after = (
        texts.str[:at],
        texts.str[at : at + 1],
        texts.str[at + 1 : at + 2],
        texts.str[at + 2 :],
    )
    middle = (there + here, there, here + here + there)[fault]
    spoiled: Objects = (before + middle + after).to_numpy(dtype=object)
    return spoiled
