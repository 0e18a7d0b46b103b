"""Sensors above the doors: persons in and out by the hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints
from simulation.channels.stores.visits import CLOSES, OPENS

SEEN_SHARE, STRAY_RATE, MAIN_DOOR_SHARE = 0.97, 0.12, 0.6


def count_at_doors(block: Block, visits: pd.DataFrame) -> None:
    """Write `footfall/door_counts`: every sensor, every hour in which its store is open.

    A sensor misses a few persons and counts a few that are none; a flagship store has two.
    """
    rng = block.rng("stores.doors")
    stores = block.reference.stores
    hours, days = CLOSES - OPENS, block.end_day - block.first_day
    persons = 1 + visits["companions"].to_numpy()
    shape = (len(stores), days, hours)
    entries = _by_hour(block, visits["store"], visits["entered"].to_numpy(), persons, shape)
    exits = _by_hour(block, visits["store"], visits["left"].to_numpy(), persons, shape)
    groups = _by_hour(block, visits["store"], visits["entered"].to_numpy(), None, shape)
    sensors = np.where(stores["store_format"] == "flagship", 2, 1)
    store = np.repeat(np.arange(len(stores)), sensors)
    number = np.arange(len(store)) - np.searchsorted(store, store)
    counted = {}
    for name, persons_by_hour in (("entry_count", entries), ("exit_count", exits)):
        first = rng.binomial(
            persons_by_hour, np.where(sensors == 2, MAIN_DOOR_SHARE, 1)[:, None, None]
        )
        through = np.where(
            (number == 0)[:, None, None], first[store], (persons_by_hour - first)[store]
        )
        counted[name] = rng.binomial(through, SEEN_SHARE) + rng.poisson(STRAY_RATE, through.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_group = np.where(groups > 0, entries / groups, np.nan)[store]
    noisy = np.maximum(1.0, mean_group * rng.normal(1.0, 0.04, mean_group.shape))
    _emit(block, store, number, counted, noisy)


def _by_hour(
    block: Block,
    store: pd.Series,
    second: Floats,
    persons: Ints | None,
    shape: tuple[int, int, int],
) -> Ints:
    """Persons (or visits) by store, day and hour; what lies outside goes to the ends."""
    day = np.clip((second // 86400).astype(np.int64) - block.first_day, 0, shape[1] - 1)
    hour = np.clip((second % 86400 // 3600).astype(np.int64) - OPENS, 0, shape[2] - 1)
    cell = np.ravel_multi_index((store.to_numpy(), day, hour), shape)
    found = np.bincount(cell, persons, minlength=int(np.prod(shape)))
    return found.astype(np.int64).reshape(shape)


def _emit(
    block: Block, store: Ints, number: Ints, counted: dict[str, Ints], group_size: Floats
) -> None:
    ids = block.reference.stores["store_id"].to_numpy(dtype=object)
    sensor_ids = np.array(
        [f"{ids[s]}-D{n + 1}" for s, n in zip(store, number, strict=True)], object
    )
    sensor, day, hour = (axis.ravel() for axis in np.indices(group_size.shape))
    order = np.lexsort((sensor, hour, day))
    sensor, day, hour = sensor[order], day[order] + block.first_day, hour[order]
    block.emit(
        "footfall/door_counts",
        {
            "sensor_id": sensor_ids[sensor],
            "counted_at": block.at(day, (hour + OPENS) * 3600),
            "store_id": ids[store[sensor]],
            **{name: values.ravel()[order] for name, values in counted.items()},
            "group_size": np.round(group_size.ravel()[order], 2),
        },
        day=day,
    )
