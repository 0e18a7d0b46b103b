"""What a contract chooses while its deliveries are loaded: drift, lateness, the future."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import ConfigurationError
from tests.orchestration.loading.company import company_of, thing_document
from tests.orchestration.loading.conftest import CompanyMaker

MORE = "thing_id,amount,note,seen_at,colour\nt1,1,a,2026-01-02,red\n"
FEWER = "thing_id,seen_at\nt1,2026-01-02\n"


@pytest.mark.parametrize("files", [1, 2])  # loaded alone, and by one statement
@pytest.mark.parametrize(
    ("policy", "extra", "told"),
    [
        (
            "keep",
            {'{"colour":"red"}'},
            "columns the contract does not know, kept in _extra: colour",
        ),
        ("ignore", {None}, ""),
        ("refuse", set(), "columns the contract does not know: colour"),
    ],
)
def test_an_added_column_is_kept_ignored_or_refused(
    make_company: CompanyMaker, files: int, policy: str, extra: set[str | None], told: str
) -> None:
    company = make_company(onAddedColumn=policy)
    for number in range(files):
        company.drop(f"shop/things/{number}.csv", MORE.replace("t1", f"t{number}"))
    company.load()
    status = ("quarantined", "added_column") if policy == "refuse" else ("loaded", None)
    assert [row[:2] for row in company.deliveries()] == [status] * files
    assert {row[0] for row in company.rows("select _extra from raw.shop_things")} == extra
    assert set(company.rows("select concat_ws(' ', reason, warnings) from quality.deliveries")) == {
        (told,)
    }


def test_an_ignored_json_key_leaves_the_others(make_company: CompanyMaker) -> None:
    columns = {
        "thing_id": {"physicalType": "varchar", "required": True},
        "seen_at": {"physicalType": "timestamp", "required": True},
        "city": {
            "physicalType": "varchar",
            "customProperties": [{"property": "path", "value": "buyer.city"}],
        },
    }
    company = make_company(columns=columns, server={"format": "jsonl"}, onAddedColumn="refuse")
    row = {"thing_id": "t1", "seen_at": "2026-01-02", "buyer": {"city": "Wien"}}
    company.drop("shop/things/1.jsonl", json.dumps(row))
    company.drop("shop/things/2.jsonl", json.dumps(row | {"colour": "red"}))
    company.load()
    assert company.rows("select city from raw.shop_things") == [("Wien",)]
    assert company.deliveries()[1][:2] == ("quarantined", "added_column")


@pytest.mark.parametrize(
    ("policy", "expected", "told"),
    [
        ("warn", ("loaded", None, 1, 1, 0), "columns missing, loaded as null: amount, note"),
        ("refuse", ("quarantined", "dropped_column", 1, 0, 1), "columns missing: amount, note"),
    ],
)
def test_a_dropped_column_is_null_or_refused(
    make_company: CompanyMaker, policy: str, expected: tuple[Any, ...], told: str
) -> None:
    company = make_company(onDroppedColumn=policy)
    company.drop("shop/things/1.csv", FEWER)
    company.load()
    assert company.deliveries() == [expected]
    assert told in company.reasons()


def test_late_rows_go_to_quarantine_where_the_contract_says_so(make_company: CompanyMaker) -> None:
    company = make_company(lateAfter=3, onLate="quarantine")
    company.drop_things(
        "t1,1,in time,2026-01-02 00:00:00\nt2,1,late,2026-01-01 23:59:59\nt3,1,now,2026-01-05\n"
    )
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t3"]
    [(number, reason, _)] = company.quarantined()
    assert (number, reason) == (2, "late: seen_at is more than 3 days before its receipt")
    assert company.deliveries() == [("loaded", None, 3, 2, 1)]


@pytest.mark.parametrize("policies", [{}, {"lateAfter": 3}])
def test_late_rows_are_loaded_otherwise(
    make_company: CompanyMaker, policies: dict[str, Any]
) -> None:
    company = make_company(**policies)
    company.drop_things("t1,1,a,2020-01-01\n")
    company.load()
    assert company.deliveries() == [("loaded", None, 1, 1, 0)]


@pytest.mark.parametrize(
    ("tolerance", "loaded"),
    [
        (None, ["in 24 hours", "now"]),
        (0, ["now"]),
        (0.5, ["now"]),
        (2, ["in 24 hours", "in 48 hours", "now"]),
    ],
)
def test_how_far_in_the_future_a_row_may_lie_is_settable(
    make_company: CompanyMaker, tolerance: float | None, loaded: list[str]
) -> None:
    company = make_company(**({} if tolerance is None else {"futureTolerance": tolerance}))
    company.drop_things(
        "t1,1,now,2026-01-05 00:00:00\nt2,1,in 24 hours,2026-01-06 00:00:00\n"
        "t3,1,in 48 hours,2026-01-07 00:00:00\nt4,1,later,2026-01-07 00:00:01\n"
        + "".join(f"u{n},1,now,2026-01-05\n" for n in range(4))
    )
    company.load()
    assert sorted({row[2] for row in company.things()}) == loaded


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"onAddedColumn": "drop"}, "`onAddedColumn` is `drop`, it must be keep or refuse or"),
        ({"onDroppedColumn": True}, "`onDroppedColumn` is `True`"),
        ({"onLate": "quarantine"}, "`onLate` needs `lateAfter`"),
        ({"lateAfter": "soon"}, "`lateAfter` is `soon`, it must be a number from 0"),
        ({"lateAfter": -1}, "`lateAfter` is `-1`"),
        ({"lateAfter": 2, "eventAt": None}, "a contract with `lateAfter` needs `eventAt`"),
        ({"futureTolerance": None}, "`futureTolerance` is `None`"),
        ({"volumeChange": 0}, "`volumeChange` must be above 0"),
        ({"volumeDeliveries": 5}, "need `volumeChange`"),
        ({"volumeChange": 0.5, "volumeDeliveries": 2.5}, "a whole number from 1"),
        ({"freshBy": "event", "eventAt": None}, "a contract with `freshBy: event` needs"),
        ({"mode": "upsert", "onChangedRow": "warn"}, "`onChangedRow` is for `mode: append`"),
        ({"onAddedColums": "refuse"}, "`onAddedColums` is unknown, `onAddedColumn` is meant"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_told(
    tmp_path: Path, properties: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        company_of(tmp_path, thing_document(**properties))
    assert "shop/things.yml" in str(error.value)
    assert told in str(error.value)


def test_a_property_of_somebody_elses_is_left_alone(make_company: CompanyMaker) -> None:
    assert make_company(reviewedBy="data office").contracts[0].policies.on_stale == "warn"
