"""What happens around the company: events, holidays, weather, the industry."""

from __future__ import annotations

from simulation.block import Block
from simulation.channels.context.industry import publish_industry_index
from simulation.channels.context.local_events import announce_local_events
from simulation.channels.context.public_holidays import publish_holidays
from simulation.channels.context.weather import measure_weather


def simulate(block: Block) -> None:
    """Write the block's context; leaves the facts `weather` and `local_events`."""
    measure_weather(block)
    announce_local_events(block)
    publish_holidays(block)
    publish_industry_index(block)
