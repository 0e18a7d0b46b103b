"""Campaigns: who is chosen, who is kept out, what it does to them, and what they do with it."""

from __future__ import annotations

from simulation.block import Block
from simulation.channels.marketing.choosing import choose_people, tell_effects
from simulation.channels.marketing.messages import send_messages
from simulation.channels.marketing.offers import make_offers
from simulation.channels.marketing.plan import plan_campaigns


def simulate(block: Block) -> None:
    """Leave `campaigns`, `campaign_pushes`, `campaign_clicks`, `unsubscribes` and `open_offers`.

    campaigns: one row per campaign of the block (its position is the campaign's index).
    campaign_pushes: person, campaign (index), day, uplift of those who were sent something.
    campaign_clicks: person, campaign_id, channel, at. unsubscribes: person, channel, at, day.
    open_offers: offer_id, campaign_id, person, discount_share, sent, expires (float days).
    """
    campaigns = plan_campaigns(block)
    block.facts["campaigns"] = campaigns
    everyone = choose_people(block, campaigns)
    messages = send_messages(block, campaigns, everyone[everyone["chosen"]])
    tell_effects(block, campaigns, everyone)
    make_offers(block, campaigns, messages)
