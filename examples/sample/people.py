"""Invent the customers: who they are, and the habits that drive what they do."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from examples.sample.clock import BEGIN, END, days_after
from examples.sample.deliveries import Row, Version
from examples.sample.vocabulary import (
    FIRST_NAMES,
    FOREIGN_PLACES,
    GERMAN_PLACES,
    HOME_OWNERSHIPS,
    INCOME_BANDS,
    LAST_NAMES,
    MARITAL_STATUSES,
    MARKETS,
    PLACES,
    STREETS,
    Market,
    Place,
)

ACCOUNT_COUNT = 600
CARD_ONLY_COUNT = 40
PROSPECT_SHARE = 0.1
FOREIGN_SHARE = 0.15
CARD_SHARE = 0.7
WITHDRAWAL_SHARE = 0.1
MOVE_SHARE = 0.08


@dataclass(frozen=True)
class Habits:
    """Planted behaviour: purchases per week, chance to leave after each, basket and mood."""

    weekly_rate: float
    leave_probability: float
    further_lines: float
    online_share: float
    satisfaction: float


@dataclass(frozen=True)
class Person:
    """A customer with an account, a loyalty card, or both."""

    number: int
    customer_id: str | None
    loyalty_id: str | None
    place: Place
    created_at: datetime
    has_consent: bool
    withdrew_at: datetime | None
    is_prospect: bool
    habits: Habits

    @property
    def market(self) -> Market:
        """The market of the person's country."""
        return MARKETS[self.place.country_code]

    def may_be_mailed(self, moment: datetime) -> bool:
        """Whether the person's consent holds at a moment."""
        is_withdrawn = self.withdrew_at is not None and self.withdrew_at <= moment
        return self.has_consent and self.created_at <= moment and not is_withdrawn


def invent_people(rng: np.random.Generator) -> list[Person]:
    """Invent account holders first, then people known by a loyalty card alone."""
    return [_invent_person(number, rng) for number in range(ACCOUNT_COUNT + CARD_ONLY_COUNT)]


def _invent_person(number: int, rng: np.random.Generator) -> Person:
    has_account = number < ACCOUNT_COUNT
    is_foreign = has_account and rng.random() < FOREIGN_SHARE
    places = FOREIGN_PLACES if is_foreign else GERMAN_PLACES
    has_card = not has_account or (not is_foreign and rng.random() < CARD_SHARE)
    created_at = days_after(BEGIN, rng.uniform(0, (END - BEGIN).days - 60))
    has_consent = has_account and bool(rng.random() < 0.65)
    withdraws = has_consent and rng.random() < WITHDRAWAL_SHARE
    return Person(
        number=number,
        customer_id=f"A{10000 + number}" if has_account else None,
        loyalty_id=f"L{700000 + 7 * number}" if has_card else None,
        place=places[rng.integers(len(places))],
        created_at=created_at,
        has_consent=has_consent,
        withdrew_at=days_after(created_at, rng.uniform(30, 400)) if withdraws else None,
        is_prospect=has_account and bool(rng.random() < PROSPECT_SHARE),
        habits=_invent_habits(has_account, is_foreign, rng),
    )


def _invent_habits(has_account: bool, is_foreign: bool, rng: np.random.Generator) -> Habits:
    online_share = 1.0 if is_foreign else float(rng.beta(0.8, 0.8))
    return Habits(
        weekly_rate=float(rng.gamma(shape=0.9, scale=0.25)),
        leave_probability=float(rng.beta(1.1, 8.0)),
        further_lines=float(rng.gamma(shape=2.0, scale=0.6)),
        online_share=online_share if has_account else 0.0,
        satisfaction=float(rng.beta(4.0, 2.0)),
    )


def customer_versions(people: list[Person], rng: np.random.Generator) -> list[Version]:
    """Describe each account as created and, for some, as changed later."""
    versions = []
    for person in people:
        if person.customer_id is not None:
            versions += _describe_history(person, rng)
    return versions


def _describe_history(person: Person, rng: np.random.Generator) -> list[Version]:
    """Follow an account from its creation over a move and a withdrawn consent, by chance."""
    changes: list[tuple[datetime, Row]] = []
    if rng.random() < MOVE_SHARE:
        places = [place for place in PLACES if place.country_code == person.place.country_code]
        new_place = places[rng.integers(len(places))]
        changes.append((days_after(person.created_at, rng.uniform(5, 400)), _address(new_place)))
    if person.withdrew_at is not None:
        changes.append((person.withdrew_at, {"has_marketing_consent": False}))
    row = _describe(person, rng)
    versions = [Version(person.created_at, row)]
    for changed_at, change in sorted(changes, key=lambda entry: entry[0]):
        row = {**row, **change, "updated_at": changed_at}
        versions.append(Version(changed_at, row))
    return versions


def _describe(person: Person, rng: np.random.Generator) -> Row:
    gender = "f" if rng.random() < 0.55 else "m"
    first_name = FIRST_NAMES[gender][rng.integers(len(FIRST_NAMES[gender]))]
    last_name = LAST_NAMES[rng.integers(len(LAST_NAMES))]
    is_known = rng.random(4) < 0.8
    mailbox = "Customer" if rng.random() < 0.05 else "customer"
    return {
        "customer_id": person.customer_id,
        "loyalty_id": person.loyalty_id,
        "email": f"{mailbox}.{person.number}@example.com" if is_known[0] else None,
        "is_email_verified": bool(is_known[0] and rng.random() < 0.8),
        "phone": person.market.phone(person.number) if is_known[1] else None,
        "first_name": first_name,
        "last_name": last_name,
        "birth_date": _invent_birth_date(rng) if is_known[2] else None,
        "gender": gender if is_known[3] else None,
        "street": f"{STREETS[rng.integers(len(STREETS))]} {rng.integers(1, 120)}",
        **_address(person.place),
        "language": person.market.language,
        "household_size": int(rng.integers(1, 6)),
        "household_income_band": _sometimes(INCOME_BANDS, rng),
        "marital_status": _sometimes(MARITAL_STATUSES, rng),
        "home_ownership": _sometimes(HOME_OWNERSHIPS, rng),
        "has_marketing_consent": person.has_consent,
        "created_at": person.created_at,
        "updated_at": person.created_at,
    }


def _sometimes(choices: tuple[str, ...], rng: np.random.Generator) -> str | None:
    return choices[rng.integers(len(choices))] if rng.random() < 0.5 else None


def _address(place: Place) -> Row:
    columns = ("postcode", "city", "region", "country_code")
    return {column: getattr(place, column) for column in columns}


def _invent_birth_date(rng: np.random.Generator) -> date:
    return date(1945, 1, 1) + timedelta(days=int(rng.integers(365 * 60)))
