"""The persons behind the records: who they are, and what drives them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.reference import Reference
from simulation.settings import BLOCK_DAYS, CompanySettings
from simulation.vocabulary import FEMALE_NAMES, LANGUAGES, LAST_NAMES, MALE_NAMES

PERSONAS = (
    "bargain hunter", "loyal regular", "trend seeker", "convenience shopper", "gift buyer",
    "store visitor",
)  # fmt: skip
PERSONA_SHARES = (0.22, 0.2, 0.15, 0.2, 0.1, 0.13)
# By persona: purchases a year, log spend, price sensitivity, online share, app share of online.
HABITS = np.array(
    [
        (5.5, -0.25, 0.80, 0.65, 0.35),
        (13.0, 0.10, 0.35, 0.40, 0.40),
        (9.5, 0.30, 0.25, 0.75, 0.60),
        (7.5, 0.05, 0.40, 0.85, 0.50),
        (2.5, 0.20, 0.45, 0.60, 0.20),
        (7.0, -0.05, 0.50, 0.08, 0.10),
    ]
)
VALUES = ("price", "quality", "sustainability", "novelty", "convenience")
MEAN_LIFETIME_DAYS = 900.0


class People:
    """Everyone who has joined so far, by index; a person keeps the index for good.

    `frame` holds, per person: joined_day (below 0: before the first day), dropout_day (after it
    the person buys no more), place (index into reference.places), country_code, language, gender
    (f, m), first_name, last_name, birth_date, income (0 to 1), household (number of the household,
    -1 alone), persona (index into PERSONAS), daily_rate (purchases a day while active), log_spend,
    price_sensitivity, online_share, app_share, sociability, complaint_tendency, answer_tendency
    (all 0 to 1), mood (standard normal; the person's standing satisfaction), value_<name>
    (standard normal), is_prospect (never buys), has_account, has_card.
    """

    def __init__(self) -> None:
        self.frame = pd.DataFrame()

    def __len__(self) -> int:
        return len(self.frame)

    def column(self, name: str) -> np.ndarray:
        """One attribute of everyone, by person."""
        return self.frame[name].to_numpy()

    def join(
        self,
        settings: CompanySettings,
        block: int,
        reference: Reference,
        rng: np.random.Generator,
    ) -> None:
        """Let those join whose first day falls in a block (block 0: the standing customers too)."""
        first, end = block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS
        standing = settings.people_by(0) if block == 0 else 0
        newcomers = settings.people_by(end) - settings.people_by(first)
        joined = np.concatenate(
            [-rng.integers(1, 720, standing), np.sort(rng.integers(first, end, newcomers))]
        )
        frame = _invent(joined, max(first, 0), reference, rng)
        frame["household"] = _households(frame, len(self), rng)
        self.frame = pd.concat([self.frame, frame], ignore_index=True)


def _invent(
    joined: np.ndarray, first_day: int, reference: Reference, rng: np.random.Generator
) -> pd.DataFrame:
    count = len(joined)
    shares = reference.places["share"].to_numpy()
    place = rng.choice(len(shares), size=count, p=shares)
    country = reference.places["country_code"].to_numpy()[place]
    persona = rng.choice(len(PERSONAS), size=count, p=PERSONA_SHARES)
    is_female = rng.random(count) < 0.55
    frame = pd.DataFrame(
        {
            "joined_day": joined,
            "place": place,
            "country_code": country,
            "language": pd.Series(country).map(LANGUAGES).to_numpy(),
            "gender": np.where(is_female, "f", "m"),
            "first_name": _first_names(country, is_female, rng),
            "last_name": _last_names(country, rng),
            "birth_date": _birth_dates(persona, rng),
            "income": rng.beta(2.0, 2.5, count),
            "persona": persona,
        }
    )
    return _with_habits(frame, first_day, rng)


def _with_habits(frame: pd.DataFrame, first_day: int, rng: np.random.Generator) -> pd.DataFrame:
    count = len(frame)
    habits = HABITS[frame["persona"].to_numpy()]
    lifetime = rng.exponential(MEAN_LIFETIME_DAYS * rng.gamma(1.6, 1 / 1.6, count))
    starts = np.maximum(frame["joined_day"].to_numpy(), first_day)
    frame["dropout_day"] = (starts + lifetime).astype(np.int64)
    frame["daily_rate"] = habits[:, 0] / 365 * rng.gamma(1.8, 1 / 1.8, count)
    frame["log_spend"] = habits[:, 1] + 0.5 * (frame["income"] - 0.45) + rng.normal(0, 0.35, count)
    frame["price_sensitivity"] = np.clip(habits[:, 2] + rng.normal(0, 0.12, count), 0.02, 0.98)
    frame["online_share"] = np.clip(habits[:, 3] + rng.normal(0, 0.2, count), 0.0, 1.0)
    frame["app_share"] = np.clip(habits[:, 4] + rng.normal(0, 0.2, count), 0.0, 1.0)
    frame["sociability"] = rng.beta(1.2, 5.0, count)
    frame["complaint_tendency"] = rng.beta(2.0, 4.0, count)
    frame["answer_tendency"] = rng.beta(2.0, 3.0, count)
    frame["mood"] = rng.normal(size=count)
    for number, name in enumerate(VALUES):
        leaning = np.where(frame["persona"] % len(VALUES) == number, 0.9, -0.2)
        frame[f"value_{name}"] = leaning + rng.normal(0, 0.8, count)
    frame["is_prospect"] = rng.random(count) < 0.08
    knows_web = frame["online_share"] > 0.05
    frame["has_account"] = frame["is_prospect"] | (knows_web & (rng.random(count) < 0.85))
    frame["has_card"] = ~frame["is_prospect"] & (rng.random(count) < 0.6)
    return frame


def _first_names(
    country: np.ndarray, is_female: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    names = np.empty(len(country), dtype=object)
    for code in LANGUAGES:
        for female, choice in ((True, FEMALE_NAMES), (False, MALE_NAMES)):
            chosen = (country == code) & (is_female == female)
            names[chosen] = rng.choice(np.array(choice[code].split(), dtype=object), chosen.sum())
    return names


def _last_names(country: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Frequent and rare names, as in life; in Spain and Portugal two of them."""
    names = np.empty(len(country), dtype=object)
    for code in LANGUAGES:
        chosen = np.flatnonzero(country == code)
        words = np.array(LAST_NAMES[code].split(), dtype=object)
        weights = 1 / np.arange(4, 4 + len(words))
        weights /= weights.sum()
        names[chosen] = rng.choice(words, len(chosen), p=weights)
        if code in ("ES", "PT"):
            names[chosen] = names[chosen] + " " + rng.choice(words, len(chosen), p=weights)
    return names


def _birth_dates(persona: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mean_age = np.array([44, 52, 31, 39, 47, 58])[persona]
    age_days = np.rint(np.clip(rng.normal(mean_age, 12), 18, 92) * 365.25).astype(np.int64)
    dates: np.ndarray = np.datetime64("2024-07-01") - age_days.astype("timedelta64[D]")
    return dates


def _households(frame: pd.DataFrame, offset: int, rng: np.random.Generator) -> np.ndarray:
    """Pair neighbours in the list: same town and name; most live alone as far as we know."""
    count = len(frame)
    follows = np.zeros(count, dtype=bool)
    follows[1::2] = rng.random(count // 2) < 0.25
    first = np.flatnonzero(follows) - 1
    household = np.full(count, -1)
    household[first] = first + offset
    household[first + 1] = first + offset
    for name in ("place", "country_code", "language", "last_name"):
        values = frame[name].to_numpy(copy=True)
        values[first + 1] = values[first]
        frame[name] = values
    return household
