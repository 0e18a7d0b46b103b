"""A quarter of the company's life: what every channel module reads, draws from and writes to."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from simulation.people import People
from simulation.reference import Reference
from simulation.settings import BLOCK_DAYS, CompanySettings

Days = npt.NDArray[Any]
Columns = pd.DataFrame | Mapping[str, Any]


class Sink(Protocol):
    """Where emitted rows go."""

    def add(self, slug: str, columns: Columns, day: Days) -> None:
        """Take rows of an extract with the day on which each stands in it."""

    def add_truth(self, name: str, columns: Columns, day: Days) -> None:
        """Take rows of latent truth with the day on which each becomes true."""


@dataclass
class Block:
    """The days [first_day, end_day) of a company, always generated whole.

    A draw may depend on the block and on what earlier blocks left in `memory`, never on how long
    the company is simulated: so each day's rows are the same however far the simulation goes.
    """

    settings: CompanySettings
    number: int
    people: People
    reference: Reference
    sink: Sink
    memory: dict[str, Any]
    facts: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def first_day(self) -> int:
        """The first day of the block, counted from the company's start."""
        return self.number * BLOCK_DAYS

    @property
    def end_day(self) -> int:
        """The day after the last one."""
        return self.first_day + BLOCK_DAYS

    def rng(self, name: str) -> np.random.Generator:
        """A stream of random numbers of its own for each name and block."""
        return stream(self.settings.seed, name, self.number)

    def at(self, day: Any, second: Any = 0.0) -> npt.NDArray[np.datetime64]:
        """Moments (datetime64[us], whole milliseconds, UTC) from days and seconds of the day."""
        seconds = np.asarray(day, dtype=np.float64) * 86400 + np.asarray(second, dtype=np.float64)
        milliseconds = np.rint(seconds * 1000).astype(np.int64)
        return self.settings.midnight + (milliseconds * 1000).astype("timedelta64[us]")

    def date(self, day: Any) -> npt.NDArray[np.datetime64]:
        """Dates (datetime64[D]) of days counted from the company's start."""
        days = np.asarray(day, dtype=np.int64).astype("timedelta64[D]")
        dates: npt.NDArray[np.datetime64] = self.settings.midnight.astype("datetime64[D]") + days
        return dates

    def day_of(self, moments: Any) -> npt.NDArray[np.int64]:
        """The day that each moment falls on, counted from the company's start."""
        passed = np.asarray(moments, dtype="datetime64[us]") - self.settings.midnight
        days: npt.NDArray[np.int64] = passed.astype(np.int64) // 86_400_000_000
        return days

    def ids(self, prefix: str, count: int) -> npt.NDArray[np.object_]:
        """Unique ids `<prefix><block>-<number>`; call once per prefix and block."""
        return numbered(f"{prefix}{self.number:02d}-", np.arange(count), 7)

    def emit(self, slug: str, columns: Columns, day: Any) -> None:
        """Write rows of an extract, each as it stands in the export of `day`.

        `columns` are named as in the contract; what is missing is null. Money is a float in units
        of its currency, times are datetime64 in UTC. `day` may lie after the block.
        """
        self.sink.add(slug, columns, np.asarray(day))

    def truth(self, name: str, columns: Columns, day: Any) -> None:
        """Write latent truth beside the data, to `truth/<name>.parquet`."""
        self.sink.add_truth(name, columns, np.asarray(day))


def numbered(prefix: str, numbers: Any, width: int) -> npt.NDArray[np.object_]:
    """`<prefix><number>`, the numbers padded with zeros to one width."""
    padded = pa.array(np.asarray(numbers, dtype=np.int64) + 10**width).cast(pa.string())
    joined = pc.binary_join_element_wise(prefix, pc.utf8_slice_codeunits(padded, 1), "")
    texts: npt.NDArray[np.object_] = joined.to_numpy(zero_copy_only=False)
    return texts


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """A generator of its own for each seed, name and numbers."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *numbers])
