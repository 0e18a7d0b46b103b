"""Invent campaigns, the messages they send and how customers react to them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from examples.sample.clock import FIRST_DAY, LAST_DAY, at_opening_hours, days_after, midnight
from examples.sample.deliveries import Row, Version
from examples.sample.people import Person
from examples.sample.vocabulary import CAMPAIGN_THEMES

CAMPAIGN_LENGTH = timedelta(days=14)
DAYS_BETWEEN_CAMPAIGNS = 40
RECIPIENT_SHARE = 0.55
BOUNCE_SHARE, OPEN_SHARE, CLICK_SHARE, UNSUBSCRIBE_SHARE = 0.02, 0.38, 0.25, 0.01


@dataclass(frozen=True)
class Campaign:
    """A fortnight's campaign; two of three bring a coupon."""

    campaign_id: str
    name: str
    channel: str
    campaign_type: str
    start_date: date
    has_coupon: bool

    @property
    def coupon_code(self) -> str | None:
        """The code that a customer enters, where the campaign brings a coupon."""
        return f"SAVE{self.campaign_id[1:]}" if self.has_coupon else None

    def is_running(self, moment: datetime) -> bool:
        """Whether a coupon of the campaign is taken at a moment."""
        start = midnight(self.start_date)
        return start <= moment < start + CAMPAIGN_LENGTH


@dataclass(frozen=True)
class Message:
    """One message of a campaign to one person."""

    campaign: Campaign
    person: Person
    sent_at: datetime


def invent_campaigns() -> list[Campaign]:
    """Plan a campaign every forty days, the themes in turn."""
    campaigns: list[Campaign] = []
    start_date = FIRST_DAY + timedelta(days=20)
    while start_date + CAMPAIGN_LENGTH <= LAST_DAY:
        number = len(campaigns)
        name, channel, campaign_type = CAMPAIGN_THEMES[number % len(CAMPAIGN_THEMES)]
        campaigns.append(
            Campaign(
                campaign_id=f"C{100 + number}",
                name=f"{name} {start_date:%Y}",
                channel=channel,
                campaign_type=campaign_type,
                start_date=start_date,
                has_coupon=number % 3 != 1,
            )
        )
        start_date += timedelta(days=DAYS_BETWEEN_CAMPAIGNS)
    return campaigns


def campaign_versions(campaigns: list[Campaign], rng: np.random.Generator) -> list[Version]:
    """Describe each campaign, known a week before it starts."""
    versions = []
    for campaign in campaigns:
        row: Row = {
            "campaign_id": campaign.campaign_id,
            "name": campaign.name,
            "campaign_type": campaign.campaign_type,
            "channel": campaign.channel,
            "start_date": campaign.start_date,
            "end_date": campaign.start_date + CAMPAIGN_LENGTH - timedelta(days=1),
            "cost_amount": int(rng.integers(200, 1500)),
            "currency": "EUR",
        }
        versions.append(Version(days_after(midnight(campaign.start_date), -7), row))
    return versions


def invent_messages(
    campaigns: list[Campaign], people: list[Person], rng: np.random.Generator
) -> list[Message]:
    """Send each campaign to about half of the people whose consent holds on its first day."""
    messages = []
    for campaign in campaigns:
        start = midnight(campaign.start_date)
        for person in people:
            if person.may_be_mailed(start) and rng.random() < RECIPIENT_SHARE:
                sent_at = at_opening_hours(start, rng.uniform(0, 0.3))
                messages.append(Message(campaign, person, sent_at))
    return messages


def message_versions(messages: list[Message], rng: np.random.Generator) -> list[Version]:
    """Describe each message as sent, and again with what the customer did within three days."""
    versions = []
    for message in messages:
        campaign, person = message.campaign, message.person
        row: Row = {
            "message_id": f"{campaign.campaign_id}-{person.customer_id}",
            "campaign_id": campaign.campaign_id,
            "customer_id": person.customer_id,
            "loyalty_id": person.loyalty_id,
            "channel": campaign.channel,
            "sent_at": message.sent_at,
        }
        versions.append(Version(message.sent_at, row))
        reaction = _react(message, rng)
        versions.append(Version(days_after(message.sent_at, 4), {**row, **reaction}))
    return versions


def _react(message: Message, rng: np.random.Generator) -> Row:
    """Bounce, or arrive and perhaps be opened; a letter tells nothing after it was sent."""
    if message.campaign.channel == "mail":
        return {}
    if rng.random() < BOUNCE_SHARE:
        return {"bounced_at": days_after(message.sent_at, 0.001)}
    reaction: Row = {"delivered_at": days_after(message.sent_at, 0.0005)}
    if rng.random() >= OPEN_SHARE:
        return reaction
    opened_at = days_after(message.sent_at, 0.001 + rng.exponential(0.4) % 3)
    reaction["opened_at"] = opened_at
    if rng.random() < CLICK_SHARE:
        reaction["clicked_at"] = days_after(opened_at, rng.uniform(0.0005, 0.005))
    if rng.random() < UNSUBSCRIBE_SHARE:
        reaction["unsubscribed_at"] = days_after(opened_at, 0.01)
    return reaction
