"""Invent when people buy and what is in their baskets."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from examples.sample.clock import END, at_opening_hours, days_after
from examples.sample.deliveries import Row
from examples.sample.people import Person
from examples.sample.reference import Product, cents
from examples.sample.vocabulary import Market

PRICE_FACTORS = {"EUR": Decimal(1), "USD": Decimal("1.09"), "GBP": Decimal("0.86")}
PROMOTION_SHARE = 0.15
COUPON_DISCOUNT = Decimal("0.10")


@dataclass(frozen=True)
class Line:
    """One article of a basket; a negative quantity is a return."""

    product_id: str
    quantity: int
    list_price: Decimal
    tax_rate: Decimal
    promotion_discount: Decimal = Decimal(0)
    coupon_discount: Decimal = Decimal(0)

    @property
    def gross(self) -> Decimal:
        """List price times quantity."""
        return self.list_price * self.quantity

    @property
    def coupon_amount(self) -> Decimal:
        """What the coupon takes off."""
        return cents(self.gross * self.coupon_discount)

    @property
    def discount(self) -> Decimal:
        """What promotion and coupon take off together."""
        return cents(self.gross * self.promotion_discount) + self.coupon_amount

    @property
    def tax(self) -> Decimal | None:
        """The tax contained in the price after discounts; none where prices are without tax."""
        if not self.tax_rate:
            return None
        return cents((self.gross - self.discount) * self.tax_rate / (1 + self.tax_rate))

    def returned(self) -> "Line":
        """The line that takes one piece back at the price it was sold for."""
        return replace(self, quantity=-1)

    def as_row(self) -> Row:
        """The columns that order lines and receipt lines share."""
        return {
            "product_id": self.product_id,
            "quantity": self.quantity,
            "list_price_amount": self.list_price,
            "gross_amount": self.gross,
            "discount_amount": self.discount,
            "tax_amount": self.tax,
        }


class Shelf:
    """The products to choose from; the dearer one is, the less often it is taken."""

    def __init__(self, products: list[Product]) -> None:
        self.products = products
        weights = np.array([float(product.list_price) for product in products]) ** -0.5
        self.chances = weights / weights.sum()


def purchase_moments(person: Person, rng: np.random.Generator) -> list[datetime]:
    """Buy first in the days after joining, then at the person's rate until they leave.

    The process is that of BG/NBD: exponential gaps, and a chance to leave after each purchase.
    """
    moments = []
    moment = days_after(person.created_at, 1 + rng.exponential(3.0))
    while not person.is_prospect and moment < END:
        moments.append(at_opening_hours(moment, rng.uniform()))
        if rng.random() < person.habits.leave_probability:
            break
        moment = days_after(moment, 7 * rng.exponential(1 / person.habits.weekly_rate))
    return moments


def fill_basket(
    shelf: Shelf,
    further_lines: float,
    market: Market,
    rng: np.random.Generator,
    has_coupon: bool = False,
) -> list[Line]:
    """Take one article and, on average, as many further ones as given."""
    products = shelf.products
    count = min(1 + int(rng.poisson(further_lines)), len(products))
    picks = rng.choice(len(products), size=count, replace=False, p=shelf.chances)
    return [_pick(products[index], market, rng, has_coupon) for index in picks]


def _pick(product: Product, market: Market, rng: np.random.Generator, has_coupon: bool) -> Line:
    has_promotion = rng.random() < PROMOTION_SHARE
    return Line(
        product_id=product.product_id,
        quantity=2 if rng.random() < 0.12 else 1,
        list_price=cents(product.list_price * PRICE_FACTORS[market.currency]),
        tax_rate=Decimal(market.tax_rate),
        promotion_discount=Decimal(int(rng.integers(2, 7))) / 20 if has_promotion else Decimal(0),
        coupon_discount=COUPON_DISCOUNT if has_coupon else Decimal(0),
    )
