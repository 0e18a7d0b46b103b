"""What a simulated company is a function of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np

PresetName = Literal["default", "hard"]
DAYS_OF_YEAR = 365
BLOCK_DAYS = 91


@dataclass(frozen=True)
class Preset:
    """How dirty the extracts are, and how plainly behaviour shows what causes it.

    Shares are of rows (`dirt_share`: planted bad rows; `repeat_share`, `late_share`,
    `corrected_share`: good rows delivered twice, late, or first in a wrong version), or of records
    (`typo_share`). `signal` (0 to 1] scales every planted effect, `text_difficulty` [0, 1] the
    irony, typing errors and mixed statements of texts.
    """

    dirt_share: float = 0.002
    repeat_share: float = 0.005
    late_share: float = 0.01
    corrected_share: float = 0.01
    typo_share: float = 0.05
    signal: float = 1.0
    text_difficulty: float = 0.0

    def without_dirt(self) -> Preset:
        """The same company, delivered cleanly."""
        return Preset(0.0, 0.0, 0.0, 0.0, self.typo_share, self.signal, self.text_difficulty)


PRESETS: dict[str, Preset] = {
    "default": Preset(),
    "hard": Preset(
        dirt_share=0.01,
        repeat_share=0.03,
        late_share=0.04,
        corrected_share=0.04,
        typo_share=0.15,
        signal=0.6,
        text_difficulty=0.7,
    ),
}


@dataclass(frozen=True)
class CompanySettings:
    """A company; any of its days depends on these and on the days before, on nothing later.

    `customers` is the number of persons known after two years: half of them from the first day on,
    the other half joining evenly, and so on at the same pace.
    """

    customers: int = 1000
    seed: int = 1
    start: dt.date = dt.date(2024, 7, 1)
    preset: Preset = PRESETS["default"]

    def people_by(self, day: int) -> int:
        """How many persons have joined before a day (counted from `start`)."""
        base = self.customers - self.customers // 2
        return base + int(self.customers // 2 * day / (2 * DAYS_OF_YEAR))

    def date_of(self, day: int) -> dt.date:
        """The date of a day counted from `start`."""
        return self.start + dt.timedelta(days=day)

    def day_of(self, date: dt.date) -> int:
        """The number of a date, counted from `start`."""
        return (date - self.start).days

    @property
    def midnight(self) -> np.datetime64:
        """The first moment, in microseconds UTC."""
        return np.datetime64(self.start.isoformat(), "us")
