"""Invent the receipts of the stores, with a loyalty card, without one, and of passers-by."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from examples.sample.baskets import Line, Shelf, fill_basket
from examples.sample.clock import BEGIN, END, at_opening_hours, days_after
from examples.sample.deliveries import Row, Version
from examples.sample.people import Person
from examples.sample.reference import STORE_COUNT, store_id
from examples.sample.vocabulary import MARKETS

PASSER_BY_COUNT = 450
CARD_SHOWN_SHARE = 0.9
RETURN_SHARE = 0.05
VOID_SHARE = 0.01


@dataclass(frozen=True)
class Receipt:
    """A till receipt; of a return it holds only what was taken back."""

    receipt_id: str
    store_number: int
    person: Person | None
    sold_at: datetime
    lines: list[Line]
    is_void: bool
    payment_method: str

    @property
    def loyalty_id(self) -> str | None:
        """The card that was shown, if any."""
        return self.person.loyalty_id if self.person else None


def invent_receipts(
    moments: list[tuple[datetime, Person]], shelf: Shelf, rng: np.random.Generator
) -> list[Receipt]:
    """Turn purchases of known people and of passers-by into receipts, returns a week later."""
    baskets: list[tuple[datetime, Person | None, int, list[Line]]] = []
    for sold_at, person in [*moments, *_passers_by(rng)]:
        is_known = person is not None and rng.random() < CARD_SHOWN_SHARE
        further_lines = person.habits.further_lines if person else 0.8
        store_number = person.number % STORE_COUNT if person else int(rng.integers(STORE_COUNT))
        lines = fill_basket(shelf, further_lines, MARKETS["DE"], rng)
        shown_person = person if is_known else None
        baskets.append((sold_at, shown_person, store_number, lines))
        if rng.random() < RETURN_SHARE:
            returned_at = at_opening_hours(days_after(sold_at, rng.uniform(1, 14)), rng.uniform())
            baskets.append((returned_at, shown_person, store_number, [lines[0].returned()]))
    baskets.sort(key=lambda basket: basket[0])
    return [
        Receipt(
            receipt_id=f"R{200000 + number}",
            store_number=store_number,
            person=person,
            sold_at=sold_at,
            lines=lines,
            is_void=bool(rng.random() < VOID_SHARE),
            payment_method="card" if rng.random() < 0.7 else "cash",
        )
        for number, (sold_at, person, store_number, lines) in enumerate(baskets)
    ]


def _passers_by(rng: np.random.Generator) -> list[tuple[datetime, None]]:
    days = rng.uniform(0, (END - BEGIN).days, PASSER_BY_COUNT)
    return [(at_opening_hours(days_after(BEGIN, day), rng.uniform()), None) for day in days]


def receipt_versions(receipts: list[Receipt]) -> list[Version]:
    """Describe each receipt; its amounts stand on its lines."""
    versions = []
    for receipt in receipts:
        row: Row = {
            "receipt_id": receipt.receipt_id,
            "store_id": store_id(receipt.store_number),
            "till_id": f"T{1 + len(receipt.lines) % 2}",
            "loyalty_id": receipt.loyalty_id,
            "sold_at": receipt.sold_at,
            "status": "canceled" if receipt.is_void else "completed",
            "payment_method": receipt.payment_method,
            "currency": "EUR",
        }
        versions.append(Version(receipt.sold_at, row))
    return versions


def receipt_line_versions(receipts: list[Receipt]) -> list[Version]:
    """Describe the lines of each receipt."""
    return [
        Version(
            receipt.sold_at,
            {"receipt_id": receipt.receipt_id, "line_number": number, **line.as_row()},
        )
        for receipt in receipts
        for number, line in enumerate(receipt.lines, start=1)
    ]
