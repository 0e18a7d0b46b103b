"""What linkage is asked to do for one company."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.metadata import version

from orchestration.errors import ConfigurationError
from orchestration.linkage.attributes import Attribute, check_attributes, has_work
from orchestration.linkage.blocking import BlockingLimits

FORMAT = 2


@dataclass(frozen=True)
class LinkageSettings:
    """What is compared, and from which probability on a pair is kept.

    `entity` names a column: records that have the same value are known to be one person, and are
    not compared. `numbered` names another: of records that have the same value it is known by
    something that is not compared, such as numbers; from them is learned what two records of one
    person look like.
    """

    attributes: tuple[Attribute, ...]
    entity: str | None = None
    numbered: str | None = None
    least_probability: float = 0.60
    limits: BlockingLimits = field(default_factory=BlockingLimits)

    def __post_init__(self) -> None:
        check_attributes(self.attributes)
        if not 0 < self.least_probability < 1:
            raise ConfigurationError(
                "linkage needs a probability between 0 and 1 from which a pair is kept."
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
        columns = [name is not None for name in (self.entity, self.numbered)]
        text = repr((FORMAT, tools, asked, columns, self.limits))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
