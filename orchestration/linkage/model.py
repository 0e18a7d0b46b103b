"""The trained parameters of linkage: plain JSON, with a card, without a value in clear.

Shares of values are kept only where several entities have the value, under a hash of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.linkage.blocking import Rule


@dataclass(frozen=True)
class LevelWeights:
    """How often a level of agreement is met among matches (m) and among other pairs (u)."""

    m: float
    u: float


@dataclass(frozen=True)
class ValueShares:
    """Column → hash of a value → its share; column → the share of every other value."""

    common: Mapping[str, Mapping[str, float]]
    rare: Mapping[str, float]


@dataclass(frozen=True)
class LinkageModel:
    """What was learned: blocking rules, weights of every level, shares of values, the prior."""

    trained_for: str
    prior: float
    rules: Sequence[Rule]
    weights: Mapping[str, Sequence[LevelWeights]]
    shares: ValueShares
    card: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The model as plain JSON."""
        state: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return state

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> LinkageModel:
        """The model that `to_dict` wrote."""
        rules = tuple(
            Rule(tuple(rule["keys"]), rule["pairs"], tuple(rule["crowded"]))
            for rule in state["rules"]
        )
        weights = {
            name: tuple(LevelWeights(**level) for level in levels)
            for name, levels in state["weights"].items()
        }
        return cls(
            **{
                **state,
                "rules": rules,
                "weights": weights,
                "shares": ValueShares(**state["shares"]),
            }
        )

    @property
    def version(self) -> str:
        """A hash of all that was learned."""
        text = json.dumps({**self.to_dict(), "card": None}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
