"""What customers and the market say when they are asked, and in reviews."""

from __future__ import annotations

from simulation.block import Block
from simulation.channels.voice.answers import answer_surveys
from simulation.channels.voice.brand_tracker import track_brands
from simulation.channels.voice.invitations import invite
from simulation.channels.voice.panel import ask_panel
from simulation.channels.voice.psychographics import ask_psychographics
from simulation.channels.voice.reviews import write_reviews


def simulate(block: Block) -> None:
    """Write surveys, reviews and research; reads the facts `satisfaction` and `accounts`."""
    invitations = invite(block)
    answer_surveys(block, invitations)
    write_reviews(block)
    ask_panel(block)
    ask_psychographics(block)
    track_brands(block)
