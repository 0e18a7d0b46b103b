"""Who is asked, about what and how: after orders and contacts, and now and then about it all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Objects, pick_by_row
from simulation.channels.blanks import known
from simulation.experience import BASE_SCORE, DRIVER_WEIGHTS, MOOD_WEIGHT

REST_DAYS = 30
LONGEST_ROUNDS = 4  # invitations that one person can get in a block of 91 days
ASKED_SHARE = {"order": 0.5, "contact": 0.35}
RELATIONAL_SHARE = 0.6
STANDING, LAST_INVITED = "voice.standing", "voice.last_invited"
STANDING_INERTIA = 0.6
DRIVERS = tuple(DRIVER_WEIGHTS)
METHODS = ("email", "web", "store", "phone", "app")
# Collection methods by the channel of what is asked about.
METHOD_SHARES = {
    "store": (0.45, 0.0, 0.5, 0.0, 0.05),
    "web": (0.6, 0.4, 0.0, 0.0, 0.0),
    "app": (0.35, 0.0, 0.0, 0.0, 0.65),
    "marketplace": (1.0, 0.0, 0.0, 0.0, 0.0),
    "phone": (0.4, 0.0, 0.0, 0.6, 0.0),
    "relationship": (0.8, 0.1, 0.0, 0.05, 0.05),
}
OTHER_METHODS = (0.7, 0.3, 0.0, 0.0, 0.0)
# Survey types by what is asked about.
TYPES = ("nps", "csat", "ces")
TYPE_SHARES = {
    "store_purchase": (0.6, 0.4, 0.0),
    "delivery": (0.6, 0.4, 0.0),
    "checkout": (0.0, 0.2, 0.8),
    "contact": (0.25, 0.4, 0.35),
    "relationship": (0.8, 0.2, 0.0),
}
CHECKOUT_SHARE = 0.25


def invite(block: Block) -> pd.DataFrame:
    """The block's invitations, at most one a person in 30 days, in order of their time.

    Columns: invitation_id, person, kind (order, contact, relationship), touch_id, channel,
    touchpoint, survey_type, method, invited (float days), true_score, the drivers, language.
    """
    rng = block.rng("voice.invitations")
    candidates = pd.concat(
        [_after_experiences(block, rng), _about_the_relationship(block, rng)], ignore_index=True
    )
    candidates = candidates.sort_values(["invited", "person"], kind="stable", ignore_index=True)
    invitations = candidates[_rested(block, candidates)].reset_index(drop=True)
    invitations["method"] = _methods(rng, invitations["channel"].to_numpy(dtype=object))
    invitations["touchpoint"], invitations["survey_type"] = _subjects(rng, invitations)
    invitations["invitation_id"] = block.ids("SI", len(invitations))
    language = block.people.column("language")
    invitations["language"] = language[invitations["person"]]
    return invitations


def standing_scores(block: Block) -> Floats:
    """What each person thinks of the company on the whole (0 to 10), before this block.

    Asked for once a block: it then takes in the block's experiences.
    """
    known = block.memory.get(STANDING, np.empty(0))
    fresh = BASE_SCORE + MOOD_WEIGHT * block.people.column("mood")[len(known) :]
    standing: Floats = np.clip(np.concatenate([known, fresh]), 0, 10)
    experiences = block.facts["satisfaction"]
    means = experiences.groupby("person")["true_score"].mean()
    moved = standing.copy()
    person = means.index.to_numpy()
    moved[person] = STANDING_INERTIA * moved[person] + (1 - STANDING_INERTIA) * means.to_numpy()
    block.memory[STANDING] = moved
    return standing


def _after_experiences(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    experiences = block.facts["satisfaction"]
    share = experiences["kind"].map(ASKED_SHARE).fillna(0.0).to_numpy()
    asked = experiences[rng.random(len(experiences)) < share].reset_index(drop=True)
    happened = (asked["at"].to_numpy() - block.settings.midnight).astype("timedelta64[us]")
    in_store = (asked["channel"] == "store").to_numpy()
    wait = np.where(
        in_store, rng.uniform(0.002, 0.03, len(asked)), rng.uniform(0.05, 1.5, len(asked))
    )
    wanted = ["person", "kind", "touch_id", "channel", "true_score"]
    found = asked[wanted].assign(invited=happened.astype(np.int64) / 86_400e6 + wait)
    for driver in DRIVERS:
        found[driver] = asked.get(driver, np.nan)
    return found


def _about_the_relationship(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """A share of the account holders each quarter, whatever they did."""
    standing = standing_scores(block)
    day = rng.uniform(block.first_day, block.end_day, len(standing))
    accounts = block.facts["accounts"]
    fits = accounts["account_since"].to_numpy() <= (day - 1) * 86400
    fits &= ~block.people.column("is_prospect")
    fits &= rng.random(len(standing)) < RELATIONAL_SHARE
    person = np.flatnonzero(fits)
    return pd.DataFrame(
        {
            "person": person,
            "kind": "relationship",
            "touch_id": None,
            "channel": "relationship",
            "true_score": standing[person],
            "invited": np.floor(day[person]) + rng.uniform(8, 18, len(person)) / 24,
        }
    )


def _rested(block: Block, candidates: pd.DataFrame) -> np.ndarray:
    """The candidates whose person was not invited in the 30 days before.

    Round by round each person's first candidate after the rest is taken: a block holds no more
    than four.
    """
    known = block.memory.get(LAST_INVITED, np.empty(0))
    last = np.concatenate([known, np.full(len(block.people) - len(known), -np.inf)])
    person, invited = candidates["person"].to_numpy(), candidates["invited"].to_numpy()
    taken = np.zeros(len(candidates), dtype=bool)
    for _ in range(LONGEST_ROUNDS):
        free = np.flatnonzero(~taken & (invited >= last[person] + REST_DAYS))
        _, first = np.unique(person[free], return_index=True)
        chosen = free[first]
        taken[chosen] = True
        last[person[chosen]] = invited[chosen]
    block.memory[LAST_INVITED] = last
    return taken


def _methods(rng: np.random.Generator, channel: Objects) -> Objects:
    shares = np.array([*METHOD_SHARES.values(), OTHER_METHODS])
    row = pd.Index(list(METHOD_SHARES)).get_indexer(pd.Index(channel))
    drawn = pick_by_row(rng, shares, np.where(row < 0, len(METHOD_SHARES), row))
    methods: Objects = np.array(METHODS, dtype=object)[drawn]
    return methods


def _subjects(rng: np.random.Generator, invitations: pd.DataFrame) -> tuple[Objects, Objects]:
    """Touchpoint (none for the whole relationship) and survey type."""
    kind, channel = invitations["kind"], invitations["channel"].to_numpy(dtype=object)
    online = np.where(rng.random(len(kind)) < CHECKOUT_SHARE, "checkout", "delivery")
    purchase = np.where(channel == "store", "store_purchase", online)
    subject = np.where(kind == "order", purchase, kind).astype(object)
    row = pd.Index(list(TYPE_SHARES)).get_indexer(pd.Index(subject))
    drawn = pick_by_row(rng, np.array(list(TYPE_SHARES.values())), row)
    touchpoint = np.where(subject == "contact", channel, subject)
    touchpoint = known(subject != "relationship", touchpoint)
    return touchpoint, np.array(TYPES, dtype=object)[drawn]
