"""What happens when a delivery is not quite as promised: chosen by each contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "onAddedColumn": ("keep", "refuse", "ignore"),
    "onDroppedColumn": ("warn", "refuse"),
    "onLate": ("warn", "quarantine"),
    "onChangedRow": ("block", "warn"),
    "onVolumeChange": ("warn", "block"),
    "onStale": ("warn", "block"),
    "freshBy": ("receipt", "event"),
    "onPlanBreach": ("warn", "block", "ignore"),
}
NUMBERS = ("lateAfter", "futureTolerance", "volumeChange", "volumeDeliveries")
SECONDS_OF_DAY = 86400


@dataclass(frozen=True)
class Policies:
    """The choices of one contract; the first of each is the default."""

    on_added_column: str = "keep"
    on_dropped_column: str = "warn"
    late_after_days: float | None = None
    on_late: str = "warn"
    future_days: float = 1
    on_changed_row: str = "block"
    volume_change: float | None = None
    volume_deliveries: int = 10
    on_volume_change: str = "warn"
    on_stale: str = "warn"
    fresh_by: str = "receipt"
    on_plan_breach: str = "warn"

    @property
    def future_seconds(self) -> int:
        """How far an event may lie after its receipt."""
        return round(self.future_days * SECONDS_OF_DAY)

    @property
    def late_seconds(self) -> int | None:
        """How far an event may lie before its receipt."""
        return (
            None if self.late_after_days is None else round(self.late_after_days * SECONDS_OF_DAY)
        )


def read_policies(properties: Mapping[str, Any]) -> Policies:
    """The policies among the custom properties; raise ValueError with the first fault."""
    chosen = {name: _choice(properties, name) for name in CHOICES}
    late, change = _number(properties, "lateAfter"), _number(properties, "volumeChange")
    future = _number(properties, "futureTolerance")
    deliveries = _number(properties, "volumeDeliveries")
    if late is None and "onLate" in properties:
        raise ValueError("`onLate` needs `lateAfter`, the days after which a row is late")
    if change is None and {"onVolumeChange", "volumeDeliveries"} & set(properties):
        raise ValueError("`onVolumeChange` and `volumeDeliveries` need `volumeChange`")
    if change == 0 or (deliveries is not None and (deliveries < 1 or deliveries % 1)):
        raise ValueError("`volumeChange` must be above 0, `volumeDeliveries` a whole number from 1")
    return Policies(
        on_added_column=chosen["onAddedColumn"],
        on_dropped_column=chosen["onDroppedColumn"],
        late_after_days=late,
        on_late=chosen["onLate"],
        future_days=Policies.future_days if future is None else future,
        on_changed_row=chosen["onChangedRow"],
        volume_change=change,
        volume_deliveries=int(deliveries or Policies.volume_deliveries),
        on_volume_change=chosen["onVolumeChange"],
        on_stale=chosen["onStale"],
        fresh_by=chosen["freshBy"],
        on_plan_breach=chosen["onPlanBreach"],
    )


def refuse_misspelt(names: Iterable[str], others: Iterable[str]) -> None:
    """Raise ValueError for a name that is nearly one of ours: it would have no effect, unseen."""
    known = [*CHOICES, *NUMBERS, *others]
    for name in names:
        close = [] if name in known else get_close_matches(name, known, n=1, cutoff=0.85)
        if close:
            raise ValueError(f"the property `{name}` is unknown, `{close[0]}` is meant")


def _choice(properties: Mapping[str, Any], name: str) -> str:
    allowed = CHOICES[name]
    value = properties.get(name, allowed[0])
    if value not in allowed:
        raise ValueError(f"`{name}` is `{value}`, it must be {' or '.join(allowed)}")
    return str(value)


def _number(properties: Mapping[str, Any], name: str) -> float | None:
    value = properties.get(name)
    if name not in properties:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise ValueError(f"`{name}` is `{value}`, it must be a number from 0")
    return float(value)
