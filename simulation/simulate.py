"""From settings to the files of a company: `simulate`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.contracts import Contract
from orchestration.errors import ConfigurationError
from simulation import GENERATOR_VERSION
from simulation.company_life import live
from simulation.settings import BLOCK_DAYS, CompanySettings, Preset
from simulation.writing.extracts import Extracts

RECORD = "simulation.json"
DAILY_DAYS = 30


@dataclass(frozen=True)
class Span:
    """Which extract days are written: [first, until), daily from `daily_from` on."""

    until: int
    first: int = 0
    daily_from: int | None = None

    @property
    def history_days(self) -> int:
        """The days that the one history delivery covers."""
        return max(self.until - DAILY_DAYS, 1) if self.daily_from is None else self.daily_from


def simulate(
    settings: CompanySettings,
    contracts: Mapping[str, Contract],
    out: Path,
    span: Span,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write `landing/`, `truth/` and `simulation.json` below `out`.

    The company is lived through from its first day each time, so a continuation costs as much as
    the whole; only the days of `span` are written. `progress` is told blocks done and in all.
    """
    daily_from = span.history_days
    _refuse_impossible_days(settings, span)
    extracts = Extracts(settings, contracts, out, daily_from, (span.first, span.until))
    blocks = live(settings, extracts, span.until)
    total = -(-span.until // BLOCK_DAYS)
    for block in blocks:
        extracts.end_block(block.number, block.end_day)
        progress(block.number + 1, total)
    extracts.close()
    write_record(out, settings, span.until, daily_from)


def _refuse_impossible_days(settings: CompanySettings, span: Span) -> None:
    last = settings.date_of(span.until - 1)
    if span.until <= span.first:
        raise ConfigurationError(
            f"The company would end on {last}, before {settings.date_of(span.first)}, where it"
            " begins: give a later --to."
        )
    if not 0 < span.history_days <= span.until:
        raise ConfigurationError(
            f"--daily-from is {settings.date_of(span.history_days)}: give a date after the first"
            f" day, {settings.start}, and not after the last, {last}."
        )


def write_record(out: Path, settings: CompanySettings, until: int, daily_from: int) -> None:
    """Note beside the files what they are a function of."""
    record = dataclasses.asdict(settings) | {
        "start": settings.start.isoformat(),
        "generator_version": GENERATOR_VERSION,
        "until_day": until,
        "daily_from_day": daily_from,
    }
    (out / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")


def read_record(out: Path) -> tuple[CompanySettings, int, int]:
    """(settings, day after the last written, first daily day) of an earlier simulation."""
    path = out / RECORD
    if not path.exists():
        raise ConfigurationError(
            f"There is no {RECORD} in {out}, so no company was simulated there to its end: delete"
            " what is there and simulate one from its first day."
        )
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if record["generator_version"] != GENERATOR_VERSION:
        raise ConfigurationError(
            f"{path} was written by generator {record['generator_version']}, this is"
            f" {GENERATOR_VERSION}: simulate the company anew."
        )
    settings = CompanySettings(
        customers=record["customers"],
        seed=record["seed"],
        start=dt.date.fromisoformat(record["start"]),
        preset=Preset(**record["preset"]),
    )
    return settings, record["until_day"], record["daily_from_day"]
