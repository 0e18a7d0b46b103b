"""Real answers and real prices, to the figures that a plain reading of the files gives."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import query
from tests.examples.test_examples_end_to_end import built

FIRST_WEEK = dt.date(1989, 9, 14)


def lines_of(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.nightly
def test_the_price_index_of_tuna_is_that_of_its_own_file(real_data: Path, tmp_path: Path) -> None:
    workspace = built("tuna", real_data / "competitor_prices", tmp_path)
    ratios: dict[tuple[dt.date, str], list[float]] = defaultdict(list)
    brands = {"Chicken of the Sea 6 oz.": 2, "HH Chunk Lite 6.5 oz.": 7}
    for line in lines_of(real_data / "competitor_prices" / "tuna.csv.gz"):
        month = (FIRST_WEEK + dt.timedelta(7 * (int(line["WEEK"]) - 1))).replace(day=1)
        for brand, number in brands.items():
            ratios[month, brand].append(float(line[f"LPRICE{number}"]) - float(line["LPRICE1"]))
    found = query(
        workspace.current / "warehouse.duckdb",
        "select month, company, other_value from marts.metrics_monthly_market"
        " where measure = 'price_index' and part = 'all' and list_contains(?, company)",
        list(brands),
    )
    assert len(found) == len(ratios) == 2 * 84
    for month, brand, index in found:
        logs = ratios[dt.date.fromisoformat(str(month)), str(brand)]
        # the feed rounds prices to a hundredth of a cent
        assert index == pytest.approx(100 * math.exp(sum(logs) / len(logs)), rel=2e-4)


@pytest.mark.nightly
def test_patients_answers_are_as_positive_as_the_trusts_publish(
    real_data: Path, tmp_path: Path
) -> None:
    workspace = built("friends_and_family", real_data / "nhs_fft", tmp_path)
    categories = {
        (line["Trust"], line["Respondent ID"]): int(line["FFT categorical answer"])
        for line in lines_of(real_data / "nhs_fft" / "nhs_fft_comments.csv.gz")
    }
    expected = {
        trust: (
            sum(key[0] == trust and category <= 5 for key, category in categories.items()),
            sum(key[0] == trust and category <= 2 for key, category in categories.items()),
        )
        for trust in ("NEAS", "NHFT")
    }
    assert expected == {"NEAS": (2915, 2526), "NHFT": (1312, 1078)}
    file = workspace.current / "warehouse.duckdb"
    monthly = query(
        file,
        "select brand_id, sum(case_count)::integer, sum(favourable_count)::integer"
        " from marts.metrics_monthly_satisfaction"
        " where window_months = 1 and breakdown = 'all' and touchpoint = 'all' group by brand_id",
    )
    assert {str(trust): (cases, positive) for trust, cases, positive in monthly} == expected
    [(figure, lower, upper)] = query(
        file,
        "select sum(favourable_count) / sum(case_count), min(figure_lower), max(figure_upper)"
        " from marts.metrics_monthly_satisfaction where brand_id = 'NEAS'"
        " and window_months = 12 and breakdown = 'all' and touchpoint = 'all'"
        " and month = '2022-09-01'",
    )
    assert float(str(lower)) < float(str(figure)) < float(str(upper))
