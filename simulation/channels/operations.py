"""Releases of site and app, and incidents: some of them drive people to the contact centre."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import lookup, pick

RELEASES_OF_BLOCK = {"app": 4, "web": 6}
FAULTY_SHARE = 0.22
EFFECT_DAYS = 7
# kind: area, mean number in a block, median hours, share that hits one region only.
KINDS = {
    "website_outage": ("website", 1.0, 3.0, 0.0),
    "payment_failure": ("payment", 0.8, 5.0, 0.2),
    "app_crash": ("app", 0.8, 20.0, 0.0),
    "delivery_strike": ("delivery", 0.5, 60.0, 0.9),
    "billing_error": ("billing", 0.4, 72.0, 0.5),
    "store_system_outage": ("stores", 0.8, 6.0, 0.9),
}
SEVERITIES = ("low", "medium", "high")


def simulate(block: Block) -> None:
    """Leave `releases` and `incidents` whose effect touches the block, newest versions last.

    releases: release_id, product, version, start (float days), end, error_rate (share of page views
    or screens that fail while the effect lasts). incidents: incident_id, kind, area, region (index
    or -1), start, end (float days), severity (0 to 2).
    """
    releases = _releases(block)
    incidents = _incidents(block)
    _emit_incidents(block, incidents)
    block.emit(
        "operations/releases",
        {
            **{name: releases[name].to_numpy() for name in ("release_id", "product", "version")},
            "released_at": block.at(releases["start"].to_numpy()),
        },
        day=releases["start"].to_numpy().astype(np.int64),
    )
    block.truth("releases", releases, day=releases["start"].astype(np.int64))
    block.truth("incidents", incidents, day=incidents["start"].astype(np.int64))
    for name, frame in (("releases", releases), ("incidents", incidents)):
        known = pd.concat([block.memory.get(f"operations.{name}", frame.iloc[:0]), frame])
        known = known[known["end"] > block.first_day].reset_index(drop=True)
        block.memory[f"operations.{name}"] = known
        block.facts[name] = known


def version_at(block: Block, product: str, day: np.ndarray) -> np.ndarray:
    """Number of the release of a product that is live at each moment (float days)."""
    known = block.facts["releases"]
    starts = np.sort(known.loc[known["product"] == product, "start"].to_numpy())
    in_block = starts[starts >= block.first_day]
    before = block.number * RELEASES_OF_BLOCK[product]
    return before + np.searchsorted(in_block, day, side="right")


def version_name(product: str, number: int) -> str:
    """How a release is called, such as 4.17.0."""
    return f"{4 if product == 'app' else 2}.{number}.0"


def _releases(block: Block) -> pd.DataFrame:
    """Each release on a working morning of its own slice of the block."""
    rng = block.rng("operations.releases")
    frames = []
    for product, count in RELEASES_OF_BLOCK.items():
        slot = (block.end_day - block.first_day) / count
        start = block.first_day + np.floor((np.arange(count) + rng.random(count) * 0.8) * slot)
        numbers = block.number * count + 1 + np.arange(count)
        is_faulty = rng.random(count) < FAULTY_SHARE
        frames.append(
            pd.DataFrame(
                {
                    "release_id": [f"R-{product}-{number}" for number in numbers],
                    "product": product,
                    "version": [version_name(product, int(number)) for number in numbers],
                    "start": start + rng.integers(8 * 60, 11 * 60, count) / 1440,
                    "error_rate": np.where(is_faulty, rng.uniform(0.03, 0.08, count), 0.002),
                }
            )
        )
    releases = pd.concat(frames, ignore_index=True)
    releases["end"] = releases["start"] + EFFECT_DAYS
    return releases.sort_values("start", kind="stable", ignore_index=True)


def _incidents(block: Block) -> pd.DataFrame:
    rng = block.rng("operations.incidents")
    names = np.array(list(KINDS), dtype=object)
    settings = np.array([value[1:] for value in KINDS.values()])
    kind = np.repeat(np.arange(len(names)), rng.poisson(settings[:, 0]))
    count = len(kind)
    start = block.first_day + rng.random(count) * (block.end_day - block.first_day)
    hours = settings[kind, 1] * np.exp(rng.normal(0, 0.6, count))
    is_regional = rng.random(count) < settings[kind, 2]
    region = rng.integers(0, len(block.reference.regions), count)
    incidents = pd.DataFrame(
        {
            "kind": names[kind],
            "area": np.array([value[0] for value in KINDS.values()], dtype=object)[kind],
            "region": np.where(is_regional, region, -1),
            "start": start,
            "end": start + hours / 24,
            "severity": pick(rng, (0.4, 0.4, 0.2), count),
        }
    ).sort_values("start", kind="stable", ignore_index=True)
    incidents.insert(0, "incident_id", block.ids("I", count))
    return incidents


def _emit_incidents(block: Block, incidents: pd.DataFrame) -> None:
    """A first version when it starts, a second with its end when it is over."""
    regions = block.reference.regions["region"].to_numpy(dtype=object)
    start, end = incidents["start"].to_numpy(), incidents["end"].to_numpy()
    row = {
        **{name: incidents[name].to_numpy() for name in ("incident_id", "kind", "area")},
        "region": lookup(regions, incidents["region"]),
        "started_at": block.at(start),
        "severity": np.array(SEVERITIES, dtype=object)[incidents["severity"].to_numpy()],
    }
    noticed = start + 1 / 48
    block.emit(
        "operations/incidents", {**row, "updated_at": block.at(noticed)}, day=noticed.astype(int)
    )
    closed = {**row, "ended_at": block.at(end), "updated_at": block.at(end + 1 / 48)}
    block.emit("operations/incidents", closed, day=(end + 1 / 48).astype(int))
