"""Public events near customers and stores, announced some weeks ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block

# Category: share, median of the expected visitors, hour of the day, hours it lasts, venue.
CATEGORIES = {
    "concert": (0.25, 1800, 20, 3, "Arena"),
    "sports": (0.2, 6000, 17, 2, "Stadium"),
    "market": (0.2, 1200, 9, 6, "Market Square"),
    "festival": (0.15, 9000, 12, 10, "City Park"),
    "exhibition": (0.2, 900, 10, 8, "Exhibition Hall"),
}
EVENTS_A_WEEK_AND_PLACE = 0.5
NOTICE_DAYS = (14, 90)
MEMORY = "context.local_events"


def announce_local_events(block: Block) -> None:
    """Write the events announced in the block; leaves those that happen in it as a fact."""
    announced = _announced(block)
    _emit(block, announced)
    known = pd.concat([block.memory[MEMORY], announced]) if MEMORY in block.memory else announced
    happening = known["day"].between(block.first_day, block.end_day - 1)
    block.facts["local_events"] = known[happening].reset_index(drop=True)
    block.memory[MEMORY] = known[known["day"] >= block.end_day]


def _announced(block: Block) -> pd.DataFrame:
    """The events with the day of their announcement; on the first day also what is known then."""
    rng = block.rng("context.local_events")
    places = block.reference.places
    weeks = (block.end_day - block.first_day) / 7
    weeks += (NOTICE_DAYS[1] / 7) if block.number == 0 else 0
    weight = places["share"].to_numpy() * len(places)
    counts = rng.poisson(EVENTS_A_WEEK_AND_PLACE * weeks * weight)
    place = np.repeat(np.arange(len(places)), counts)
    first = block.first_day - (NOTICE_DAYS[1] if block.number == 0 else 0)
    announced_day = rng.integers(first, block.end_day, len(place))
    day = announced_day + rng.integers(*NOTICE_DAYS, len(place))
    kinds = pd.DataFrame.from_dict(
        CATEGORIES, orient="index", columns=["share", "visitors", "hour", "hours", "venue"]
    )
    kind = rng.choice(len(kinds), size=len(place), p=kinds["share"])
    events = kinds.iloc[kind].rename_axis("category").reset_index()
    visitors = events["visitors"] * rng.lognormal(0, 0.6, len(place))
    return pd.DataFrame(
        {
            "event_id": block.ids("LE", len(place)),
            "category": events["category"],
            "place": place,
            "announced_day": np.maximum(announced_day, 0),
            "day": day,
            "hour": events["hour"] + rng.choice([-0.5, 0.0, 0.5], len(place)),
            "hours": events["hours"],
            "venue": events["venue"],
            "visitors": np.round(visitors, -1).astype(np.int64),
            "latitude": places["latitude"].to_numpy()[place] + rng.normal(0, 0.01, len(place)),
            "longitude": places["longitude"].to_numpy()[place] + rng.normal(0, 0.01, len(place)),
        }
    )[day >= 0].reset_index(drop=True)


def _emit(block: Block, events: pd.DataFrame) -> None:
    place = block.reference.places.iloc[events["place"]].reset_index(drop=True)
    starts = events["hour"].to_numpy() * 3600
    venue = place["city"] + " " + events["venue"]
    rows = place[["city", "region", "postcode", "country_code"]].assign(
        event_id=events["event_id"],
        name=events["category"].str.capitalize() + " at " + venue,
        category=events["category"],
        venue=venue,
        latitude=events["latitude"].round(5),
        longitude=events["longitude"].round(5),
        starts_at=block.at(events["day"], starts),
        ends_at=block.at(events["day"], starts + events["hours"].to_numpy() * 3600),
        expected_visitor_count=events["visitors"],
        updated_at=block.at(events["announced_day"], 10 * 3600),
    )
    block.emit("context/local_events", rows, day=events["announced_day"].to_numpy())
