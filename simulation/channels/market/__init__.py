"""What the market does: competitors' prices and offers, mystery visits, benchmarks."""

from __future__ import annotations

from simulation.block import Block
from simulation.channels.market.benchmarks import publish_benchmarks
from simulation.channels.market.mystery import visit_in_disguise
from simulation.channels.market.prices import watch_competitors


def simulate(block: Block) -> None:
    """Write what price watch, mystery shoppers and the benchmarking club saw in the block."""
    watch_competitors(block)
    visit_in_disguise(block)
    publish_benchmarks(block)
