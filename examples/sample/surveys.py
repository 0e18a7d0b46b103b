"""Invent what customers answer when they are asked, as happy as their habits and a late parcel."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from examples.sample.clock import BEGIN, END, days_after
from examples.sample.deliveries import Row, Version
from examples.sample.orders import Order
from examples.sample.people import Person
from examples.sample.receipts import Receipt
from examples.sample.vocabulary import COMPLAINT, NEUTRAL, PRAISE

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "review": (1, 5)}
RESPONSE_SHARES = {"nps": 0.08, "csat": 0.16, "ces": 0.5, "review": 0.07}
STORE_RESPONSE_SHARE = 0.06
LATE_AFTER_DAYS = 6
COMMENT_SHARE = 0.45


@dataclass(frozen=True)
class Invitation:
    """A question that was put to a person and will be answered."""

    survey_type: str
    touchpoint: str | None
    channel: str
    person: Person
    order_id: str | None
    invited_at: datetime
    is_late: bool = False


def response_versions(
    people: list[Person],
    orders: list[Order],
    receipts: list[Receipt],
    rng: np.random.Generator,
) -> list[Version]:
    """Answer the relationship survey, and surveys after orders and store visits."""
    invitations = [
        *_ask_about_relationship(people, rng),
        *_ask_about_orders(orders, rng),
        *_ask_about_visits(receipts, rng),
    ]
    invitations.sort(key=lambda invitation: invitation.invited_at)
    return [
        _answer(f"Q{300000 + number}", invitation, rng)
        for number, invitation in enumerate(invitations)
    ]


def _ask_about_relationship(people: list[Person], rng: np.random.Generator) -> list[Invitation]:
    """Ask a share of the reachable customers in the middle of every quarter."""
    moments = [days_after(BEGIN, day) for day in range(46, (END - BEGIN).days, 91)]
    return [
        Invitation("nps", None, "email", person, None, moment)
        for moment in moments
        for person in people
        if person.may_be_mailed(moment) and rng.random() < RESPONSE_SHARES["nps"]
    ]


def _ask_about_orders(orders: list[Order], rng: np.random.Generator) -> list[Invitation]:
    return [
        invitation
        for order in orders
        if order.delivered_at is not None
        for invitation in _possible_invitations(order, order.delivered_at)
        if rng.random() < RESPONSE_SHARES[invitation.survey_type]
    ]


def _possible_invitations(order: Order, delivered_at: datetime) -> list[Invitation]:
    """Ask about the delivery, the product and, after a phone order, the effort."""
    surveys = [("csat", "delivery", "email"), ("review", "product", "web")]
    if order.sales_method == "phone":
        surveys.append(("ces", "phone order", "sms"))
    invited_at = days_after(delivered_at, 1)
    is_late = (delivered_at - order.ordered_at).days >= LATE_AFTER_DAYS
    return [
        Invitation(kind, touchpoint, channel, order.person, order.order_id, invited_at, is_late)
        for kind, touchpoint, channel in surveys
    ]


def _ask_about_visits(receipts: list[Receipt], rng: np.random.Generator) -> list[Invitation]:
    return [
        Invitation(
            "csat",
            "store",
            "web",
            receipt.person,
            receipt.receipt_id,
            days_after(receipt.sold_at, 0.1),
        )
        for receipt in receipts
        if receipt.person and receipt.loyalty_id and rng.random() < STORE_RESPONSE_SHARE
    ]


def _answer(response_id: str, invitation: Invitation, rng: np.random.Generator) -> Version:
    lowest, highest = SCALES[invitation.survey_type]
    penalty = 0.25 if invitation.is_late else 0.0
    mood = float(np.clip(rng.normal(invitation.person.habits.satisfaction - penalty, 0.15), 0, 1))
    answered_at = days_after(invitation.invited_at, rng.exponential(0.8))
    row: Row = {
        "response_id": response_id,
        "customer_id": invitation.person.customer_id,
        "loyalty_id": invitation.person.loyalty_id,
        "order_id": invitation.order_id,
        "survey_type": invitation.survey_type,
        "touchpoint": invitation.touchpoint,
        "channel": invitation.channel,
        "score": lowest + round(mood * (highest - lowest)),
        "scale_min": lowest,
        "scale_max": highest,
        "scale_direction": "higher_is_better",
        "invited_at": invitation.invited_at,
        "answered_at": answered_at,
    }
    return Version(answered_at, {**row, **_comment(invitation.survey_type, mood, rng)})


def _comment(survey_type: str, mood: float, rng: np.random.Generator) -> Row:
    is_review = survey_type == "review"
    if not is_review and rng.random() >= COMMENT_SHARE:
        return {}
    texts = PRAISE if mood > 0.7 else NEUTRAL if mood > 0.45 else COMPLAINT
    language, text = texts[rng.integers(len(texts))]
    title = text.split(",")[0].split(".")[0] if is_review else None
    return {"title": title, "comment": text, "language": language}
