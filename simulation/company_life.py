"""A company's life, block after block: which modules act, and in which order."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from simulation.block import Block, Sink, stream
from simulation.people import PERSONAS, People
from simulation.reference import build_reference
from simulation.settings import BLOCK_DAYS, CompanySettings

# A module may read the facts of those above it.
MODULES = (
    "simulation.channels.assortment",
    "simulation.channels.customers",
    "simulation.channels.marketing",
    "simulation.purchases",
    "simulation.channels.commerce",
    "simulation.channels.subscriptions",
    "simulation.channels.operations",
    "simulation.channels.context",
    "simulation.channels.web",
    "simulation.channels.app",
    "simulation.channels.stores",
    "simulation.channels.attribution",
    "simulation.channels.service",
    "simulation.experience",
    "simulation.channels.voice",
    "simulation.channels.social",
    "simulation.channels.market",
)


def live(
    settings: CompanySettings, sink: Sink, until_day: int, modules: Sequence[str] = MODULES
) -> Iterator[Block]:
    """Live through every block that begins before `until_day`; yields each when it is over."""
    reference = build_reference(settings)
    people = People()
    memory: dict[str, Any] = {}
    acts = [importlib.import_module(name).simulate for name in modules]
    for number in range(-(-until_day // BLOCK_DAYS)):
        known = len(people)
        people.join(settings, number, reference, stream(settings.seed, "people", number))
        block = Block(settings, number, people, reference, sink, memory)
        _tell_people(block, known)
        for act in acts:
            act(block)
        yield block


def _tell_people(block: Block, known: int) -> None:
    """The latent truth about everyone who joined in this block."""
    joined = block.people.frame.iloc[known:]
    latent = joined.assign(
        person=joined.index,
        persona=np.array(PERSONAS, dtype=object)[joined["persona"].to_numpy()],
    )
    block.truth("people", latent, day=np.maximum(joined["joined_day"].to_numpy(), 0))
