"""What linkage is asked to do for one company."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.metadata import version

from orchestration.errors import ConfigurationError
from orchestration.linkage.attributes import Attribute, check_attributes, has_work
from orchestration.linkage.blocking import BlockingLimits

FORMAT = 1


@dataclass(frozen=True)
class LinkageSettings:
    """What is compared, when two records are one person, and what a cluster must not hold.

    Pairs from `auto` on are linked, those from `review` on are shown to a person. A cluster has at
    most `largest_cluster` entities, and one value at most of each of the `conflicts` columns.
    """

    attributes: tuple[Attribute, ...]
    conflicts: tuple[str, ...] = ()
    entity: str | None = None
    auto: float = 0.95
    review: float = 0.60
    largest_cluster: int = 50
    limits: BlockingLimits = field(default_factory=BlockingLimits)

    def __post_init__(self) -> None:
        check_attributes(self.attributes)
        if not 0 < self.review <= self.auto < 1:
            raise ConfigurationError(
                "linkage needs 0 < review <= auto < 1: change the thresholds of linkage."
            )

    @property
    def has_work(self) -> bool:
        """Whether there is anything that keys alone do not link."""
        return has_work(self.attributes)

    @property
    def training_hash(self) -> str:
        """What a model is trained for; another hash means that it has to be trained again."""
        tools = [version("splink"), version("duckdb")]  # their hashes choose samples and blocks
        asked = [(item.column, item.kind.value) for item in self.attributes]
        text = repr((FORMAT, tools, asked, self.entity is not None, self.limits))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
