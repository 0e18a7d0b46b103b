"""Invent the orders of the online shop, their way to the customer, payments and coupons."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import numpy as np

from examples.sample.baskets import Line, Shelf, fill_basket
from examples.sample.clock import days_after
from examples.sample.deliveries import Row, Version
from examples.sample.marketing import Campaign, Message
from examples.sample.people import Person
from examples.sample.reference import cents

SALES_METHODS = ("web", "app", "phone")
SALES_METHOD_SHARES = (0.6, 0.34, 0.06)
PAYMENT_METHODS = ("credit_card", "paypal", "invoice")
PAYMENT_METHOD_SHARES = (0.5, 0.35, 0.15)
COUPON_USE_SHARE = 0.7
CANCEL_SHARE, LATE_CANCEL_SHARE, RETURN_SHARE, VOUCHER_SHARE = 0.04, 0.01, 0.06, 0.05
FREE_SHIPPING_FROM = 50


@dataclass(frozen=True)
class Order:
    """An order with the moments of its way; those that never come are None."""

    order_id: str
    person: Person
    sales_method: str
    ordered_at: datetime
    lines: list[Line]
    campaign: Campaign | None
    canceled_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    returns: dict[int, datetime] = field(default_factory=dict)

    @property
    def has_lines(self) -> bool:
        """Whether the shop keeps the order's lines; of phone orders it keeps totals only."""
        return self.sales_method != "phone"

    @property
    def gross(self) -> Decimal:
        """List price times quantity of everything ordered."""
        return sum((line.gross for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        """All discounts of the order."""
        return sum((line.discount for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal | None:
        """The tax contained in gross less discount; none where prices are without tax."""
        taxes = [line.tax for line in self.lines if line.tax is not None]
        return sum(taxes, Decimal(0)) if taxes else None

    @property
    def shipping(self) -> Decimal:
        """Shipping as charged to the customer."""
        return Decimal(0) if self.gross >= FREE_SHIPPING_FROM else Decimal("4.90")


def invent_orders(
    moments: list[tuple[datetime, Person]],
    shelf: Shelf,
    messages: list[Message],
    rng: np.random.Generator,
) -> list[Order]:
    """Turn each purchase into an order, with a coupon where a message brought one."""
    campaigns: dict[int, list[Campaign]] = {}
    for message in messages:
        campaigns.setdefault(message.person.number, []).append(message.campaign)
    orders: list[Order] = []
    for ordered_at, person in moments:
        usable = [
            campaign
            for campaign in campaigns.get(person.number, [])
            if campaign.has_coupon and campaign.is_running(ordered_at)
        ]
        campaign = usable[0] if usable and rng.random() < COUPON_USE_SHARE else None
        lines = fill_basket(
            shelf, person.habits.further_lines, person.market, rng, campaign is not None
        )
        order_id = f"O{100000 + len(orders)}"
        orders.append(_invent_order(order_id, person, ordered_at, lines, campaign, rng))
    return orders


def _invent_order(
    order_id: str,
    person: Person,
    ordered_at: datetime,
    lines: list[Line],
    campaign: Campaign | None,
    rng: np.random.Generator,
) -> Order:
    fate = rng.random()
    is_canceled_early = fate < CANCEL_SHARE
    is_canceled_late = CANCEL_SHARE <= fate < CANCEL_SHARE + LATE_CANCEL_SHARE
    delivered_at = days_after(ordered_at, rng.uniform(2, 8))
    canceled_at = None
    if is_canceled_early:
        canceled_at = days_after(ordered_at, rng.uniform(0.05, 0.9))
    elif is_canceled_late:
        canceled_at = days_after(delivered_at, rng.uniform(30, 90))
    returns = {
        index: days_after(delivered_at, rng.uniform(4, 20))
        for index in range(len(lines))
        if canceled_at is None and rng.random() < RETURN_SHARE
    }
    return Order(
        order_id=order_id,
        person=person,
        sales_method=SALES_METHODS[rng.choice(3, p=SALES_METHOD_SHARES)],
        ordered_at=ordered_at,
        lines=lines,
        campaign=campaign,
        canceled_at=canceled_at,
        shipped_at=None if is_canceled_early else days_after(ordered_at, 1),
        delivered_at=None if is_canceled_early else delivered_at,
        returns=returns,
    )


def order_versions(orders: list[Order]) -> list[Version]:
    """Describe each order again at every step of its way."""
    return [version for order in orders for version in _describe_steps(order)]


def _describe_steps(order: Order) -> list[Version]:
    header: Row = {
        "order_id": order.order_id,
        "customer_id": order.person.customer_id,
        "loyalty_id": order.person.loyalty_id,
        "sales_method": order.sales_method,
        "ordered_at": order.ordered_at,
        "currency": order.person.market.currency,
        "gross_amount": order.gross,
        "discount_amount": order.discount,
        "tax_amount": order.tax,
        "shipping_amount": order.shipping,
        "coupon_code": order.campaign.coupon_code if order.campaign else None,
        "estimated_delivery_at": days_after(order.ordered_at, 5),
    }
    steps = (
        ("processing", order.ordered_at),
        ("shipped", order.shipped_at),
        ("delivered", order.delivered_at),
        ("canceled", order.canceled_at),
    )
    versions = []
    for status, moment in steps:
        if moment is not None:
            if status == "delivered":
                header = {**header, "delivered_at": moment}
            versions.append(Version(moment, {**header, "status": status, "updated_at": moment}))
    return versions


def order_line_versions(orders: list[Order]) -> list[Version]:
    """Describe the lines of each order, shipping on the first, returns as further lines."""
    versions = []
    for order in orders:
        if not order.has_lines:
            continue
        for number, line in enumerate(order.lines, start=1):
            shipping = order.shipping if number == 1 else Decimal(0)
            row = _describe_line(order, number, line, shipping)
            versions.append(Version(order.ordered_at, row))
        for number, (index, moment) in enumerate(order.returns.items(), len(order.lines) + 1):
            row = _describe_line(order, number, order.lines[index].returned(), Decimal(0))
            versions.append(Version(moment, row))
    return versions


def _describe_line(order: Order, number: int, line: Line, shipping: Decimal) -> Row:
    key: Row = {"order_id": order.order_id, "line_number": number}
    return {**key, **line.as_row(), "shipping_amount": shipping}


def payment_versions(orders: list[Order], rng: np.random.Generator) -> list[Version]:
    """Pay each order that was shipped, some in part by voucher, invoices after ten days."""
    versions = []
    for order in orders:
        if order.shipped_at is None:
            continue
        amount = order.gross - order.discount + order.shipping
        method = PAYMENT_METHODS[rng.choice(3, p=PAYMENT_METHOD_SHARES)]
        parts = [(method, amount)]
        if rng.random() < VOUCHER_SHARE and amount > 20:
            parts = [("voucher", Decimal(10)), (method, amount - 10)]
        for number, (part_method, part_amount) in enumerate(parts, start=1):
            paid_at = days_after(order.ordered_at, 10 if part_method == "invoice" else 0.002)
            row: Row = {
                "order_id": order.order_id,
                "payment_number": number,
                "payment_method": part_method,
                "installment_count": 3 if part_method == "credit_card" and amount > 400 else 1,
                "payment_amount": cents(part_amount),
                "currency": order.person.market.currency,
                "paid_at": paid_at,
            }
            versions.append(Version(paid_at, row))
    return versions


def redemption_versions(orders: list[Order]) -> list[Version]:
    """Describe the coupon of each order that used one and was shipped."""
    versions = []
    for order in orders:
        if order.campaign is None or order.shipped_at is None:
            continue
        row: Row = {
            "redemption_id": f"{order.campaign.campaign_id}-{order.order_id}",
            "offer_id": order.campaign.coupon_code,
            "campaign_id": order.campaign.campaign_id,
            "customer_id": order.person.customer_id,
            "loyalty_id": order.person.loyalty_id,
            "order_id": order.order_id,
            "redeemed_at": order.ordered_at,
            "redeemed_amount": sum((line.coupon_amount for line in order.lines), Decimal(0)),
            "currency": order.person.market.currency,
        }
        versions.append(Version(order.ordered_at, row))
    return versions
