"""Weather by region: the season, days that resemble the day before, and rain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block

# By country: yearly mean, half the span between January and July, share of wet days.
CLIMATES = {
    "GB": (10.6, 6.5, 0.45),
    "ES": (17.2, 9.5, 0.17),
    "PT": (16.3, 6.0, 0.28),
    "HU": (11.8, 11.5, 0.27),
}
PERSISTENCE = 0.75
SPREAD_C = 3.2
WARMEST_DAY_OF_YEAR = 203
REVISED_SHARE = 0.03
REVISION_DAYS = 2
MEMORY = "context.weather"


def measure_weather(block: Block) -> None:
    """Write a measurement per region and day, some of them revised two days later."""
    weather = _weather(block)
    block.facts["weather"] = weather
    columns = weather[["region", "temperature_mean_c", "temperature_max_c", "precipitation_mm"]]
    rows = columns.assign(weather_date=block.at(weather["day"]), condition=_conditions(weather))
    days = weather["day"].to_numpy()
    block.emit("context/weather", rows, day=days)

    rng = block.rng("context.revisions")
    revised = rng.random(len(rows)) < REVISED_SHARE
    rain = np.round(rows["precipitation_mm"] * rng.uniform(0.8, 1.25, len(rows)), 1)
    corrected = rows.assign(precipitation_mm=rain)[revised]
    block.emit("context/weather", corrected, day=days[revised] + REVISION_DAYS)


def _weather(block: Block) -> pd.DataFrame:
    """Day by region, region by region within a day."""
    rng = block.rng("context.weather")
    days = np.arange(block.first_day, block.end_day)
    regions = block.reference.regions
    climate = np.array([CLIMATES[code] for code in regions["country_code"]])
    anomaly = _anomalies(block, len(regions), rng)
    season = np.cos(2 * np.pi * (day_of_year(block, days) - WARMEST_DAY_OF_YEAR) / 365.25)
    mean = climate[:, 0] + climate[:, 1] * season[:, None] + anomaly
    wet_share = np.clip(climate[:, 2] * (1 - 0.35 * season[:, None]), 0.03, 0.8)
    is_wet = rng.random(mean.shape) < wet_share
    rain = np.where(is_wet, rng.gamma(0.8, 7.0, mean.shape), 0.0)
    mean -= np.where(is_wet, 1.2, 0.0)
    return pd.DataFrame(
        {
            "region": np.tile(regions["region"].to_numpy(), len(days)),
            "region_index": np.tile(np.arange(len(regions)), len(days)),
            "day": np.repeat(days, len(regions)),
            "temperature_mean_c": np.round(mean.ravel(), 1),
            "temperature_max_c": np.round((mean + rng.gamma(6.0, 0.8, mean.shape)).ravel(), 1),
            "precipitation_mm": np.round(rain.ravel(), 1),
        }
    )


def _anomalies(block: Block, regions: int, rng: np.random.Generator) -> np.ndarray:
    """Departures from the season, day × region; the first day goes on from the last block."""
    last = block.memory.get(MEMORY, np.zeros(regions))
    shocks = rng.normal(
        0, SPREAD_C * np.sqrt(1 - PERSISTENCE**2), (block.end_day - block.first_day, regions)
    )
    anomalies = np.empty_like(shocks)
    for number, shock in enumerate(shocks):  # 91 days, all regions at once
        last = PERSISTENCE * last + shock
        anomalies[number] = last
    block.memory[MEMORY] = last
    return anomalies


def _conditions(weather: pd.DataFrame) -> np.ndarray:
    rain, mean = weather["precipitation_mm"], weather["temperature_mean_c"]
    cases = [(rain > 0.5) & (mean < 1.0), rain > 15.0, rain > 0.5, rain > 0.0]
    return np.select(cases, ["snow", "heavy rain", "rain", "cloudy"], "clear")


def day_of_year(block: Block, days: np.ndarray) -> np.ndarray:
    """The number of each day within its calendar year, from 0."""
    dates = block.at(days).astype("datetime64[D]")
    first = dates.astype("datetime64[Y]").astype("datetime64[D]")
    numbers: np.ndarray = (dates - first).astype(np.int64)
    return numbers
