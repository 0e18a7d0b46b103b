"""Which browser and which app installation a person uses on a day: always the same answer.

A browser is known by its cookie; cookies get lost, so a person leaves several visitors behind on
each device. The tablet of a household is shared by its members.
"""

from __future__ import annotations

import numpy as np

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Ints, Objects, mixed, numbered, uniform
from simulation.people import People

DEVICES = ("desktop", "mobile", "tablet")
DESKTOP, MOBILE, TABLET = range(3)
COOKIE_DAYS = (90.0, 900.0)
SHARE_OF_OTHER_DEVICE = 0.2


def preferred_device(seed: int, person: Ints) -> Ints:
    """The device that a person uses most: the telephone for most people."""
    draw = uniform(seed, person, 11)
    return np.where(draw < 0.55, MOBILE, np.where(draw < 0.92, DESKTOP, TABLET))


def device_used(rng: np.random.Generator, seed: int, person: Ints) -> Ints:
    """The device of each visit: mostly the preferred one, at times the other."""
    preferred = preferred_device(seed, person)
    changes = rng.random(len(person)) < SHARE_OF_OTHER_DEVICE
    return np.where(changes, np.where(preferred == MOBILE, DESKTOP, MOBILE), preferred)


def owner_of(people: People, person: Ints, device: Ints) -> Ints:
    """Whose the device is: the person's own, or the household's tablet."""
    household = people.column("household")[person]
    return np.where((device == TABLET) & (household >= 0), household, person)


def visitor_numbers(seed: int, owner: Ints, device: Ints, day: Ints) -> np.ndarray:
    """Number of the cookie that the owner's device carries on each day."""
    least, most = COOKIE_DAYS
    life = least + (most - least) * uniform(seed, owner, device, 12) ** 2
    age = np.asarray(day) + 720 + life * uniform(seed, owner, device, 13)
    return mixed(seed, owner, device, (age // life).astype(np.int64), 14)


def visitor_ids(numbers: np.ndarray) -> Objects:
    """The identifiers under which sources know these cookies."""
    return numbered("v", numbers)


def visitors_of(block: Block, person: Ints, device: Ints, day: Ints) -> Objects:
    """The visitor that each person is on a device and day, as web events name it."""
    owner = owner_of(block.people, person, device)
    return visitor_ids(visitor_numbers(block.settings.seed, owner, device, day))


def app_platform(seed: int, person: Ints) -> Bools:
    """Whether each person's telephone runs iOS."""
    return uniform(seed, person, 15) < 0.45


def app_device_numbers(seed: int, person: Ints, day: Ints) -> np.ndarray:
    """Number of the app installation on a person's telephone; a new telephone every few years."""
    life: Floats = 400 + 700 * uniform(seed, person, 16)
    age = np.asarray(day) + 720 + life * uniform(seed, person, 17)
    return mixed(seed, person, (age // life).astype(np.int64), 18)
