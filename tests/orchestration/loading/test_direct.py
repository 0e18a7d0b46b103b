"""A file of its own is loaded by one scan, or as carefully as before where that does not add up."""

from __future__ import annotations

import pytest

from orchestration.errors import RapportError
from orchestration.loading import direct, load, together
from orchestration.loading.batches import Batch
from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

GOOD = "".join(f"t{number},{number}.5,note {number},2026-01-0{number}\n" for number in range(1, 5))


@pytest.fixture(autouse=True)
def _no_file_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "SMALL_BYTES", -1)


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were staged after all."""
    names: list[str] = []
    stage = load.stage

    def noted(*arguments: object) -> None:
        names.append(arguments[-1].delivery.file_name)  # type: ignore[attr-defined]
        stage(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(load, "stage", noted)
    return names


def test_bad_rows_are_set_aside_by_the_scan_that_loads_the_good_ones(
    company: Company, staged: list[str]
) -> None:
    company.drop_things(GOOD + "t5,-1,,2026-01-05\n,x,,2026-01-05\n" + "t7,7,,2026-01-05\n")
    company.load()
    assert staged == []
    assert company.deliveries() == [("loaded", None, 7, 5, 2)]
    assert company.rows("select thing_id, _row_number from raw.shop_things") == [
        ("t1", 1),
        ("t2", 2),
        ("t3", 3),
        ("t4", 4),
        ("t7", 7),
    ]
    assert [(row[0], row[1]) for row in company.quarantined()] == [
        (5, "amount: below 0"),
        (6, "thing_id: required but empty; amount: not a decimal(18,4)"),
    ]
    assert '"thing_id":"t5"' in company.quarantined()[0][2]


def test_a_line_that_cannot_be_read_is_quarantined_within_the_same_scan(
    company: Company, staged: list[str]
) -> None:
    company.drop_things(GOOD + "t5,5,too,many,2026-01-05\n")
    company.load()
    assert staged == []
    assert company.deliveries() == [("loaded", None, 5, 4, 1)]
    assert company.quarantined()[0][1:] == (
        "unreadable line: too many columns",
        "t5,5,too,many,2026-01-05",
    )


def test_a_file_that_does_not_add_up_takes_nothing_of_its_neighbours_along(
    company: Company, staged: list[str]
) -> None:
    company.drop_things(GOOD, "things_20260105.csv")
    company.drop_things(GOOD + 't5,5,"open,2026-01-05\nt6,6,b,2026-01-05\n', "things_20260106.csv")
    company.drop_things(GOOD.replace("t", "u"), "things_20260107.csv")
    company.load()
    assert len(staged) == 3
    assert [row[0] for row in company.deliveries()] == ["loaded", "quarantined", "loaded"]
    assert len(company.things()) == 8


def test_more_bad_rows_than_memory_should_hold_are_all_quarantined(
    company: Company, staged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "MOST_BAD_ROWS", 1)
    company.drop_things(GOOD + "t5,-1,,2026-01-05\nt6,-2,,2026-01-05\n")
    company.load()
    assert len(staged) == 1
    assert company.deliveries() == [("loaded", None, 6, 4, 2)]


def test_a_file_that_comes_again_is_not_copied_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = company.drop_things(GOOD)
    company.load()
    [archived] = [item for item in company.workspace.archive.iterdir() if item.suffix == ""]
    written = archived.stat().st_ino
    company.drop_things(GOOD, "again_20260106.csv")
    path.touch()
    company.load()
    assert archived.stat().st_ino == written
    assert sorted(company.deliveries()) == [
        ("loaded", None, 4, 4, 0),
        ("repeated", "repeated", 4, 0, 4),
    ]


def test_another_content_of_the_same_size_is_loaded(company: Company) -> None:
    company.drop_things("t1,1,a,2026-01-05\n", "things_20260105.csv")
    company.load()
    company.drop_things("t2,2,b,2026-01-05\n", "things_20260106.csv")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("5 ", "5.0000"), (" 5", "5.0000"), ("4e", None), ("4e ", None), ("\u00a05", "5.0000")],
)
def test_blanks_around_a_value_do_not_count(
    company: Company, text: str, amount: str | None
) -> None:
    company.drop_things(GOOD + f"t9,{text},,2026-01-05\n")
    company.load()
    found = {row[0]: row[1] for row in company.things()}
    assert found.get("t9") == amount


def test_a_time_tells_its_offset_or_has_the_zone_of_its_contract(
    make_company: CompanyMaker,
) -> None:
    company = make_company(timeZone="Europe/Berlin")
    times = {
        "2026-01-04 08:00:00": "2026-01-04 07:00:00",
        "2026-01-04T08:00:00": "2026-01-04 07:00:00",
        "2026-01-04 08:00:00+02": "2026-01-04 06:00:00",
        "2026-01-04T08:00:00.5Z": "2026-01-04 08:00:00.5",
        " 2026-01-04 08:00:00-05:30 ": "2026-01-04 13:30:00",
        "2026-01-04": "2026-01-03 23:00:00",
    }
    lines = "".join(f"t{number},1,,{text}\n" for number, text in enumerate(times))
    company.drop("shop/things/things_20260105.csv", HEADER + lines)
    company.load()
    assert [row[3] for row in company.things()] == list(times.values())


MORE_THAN_A_ROW_GROUP = 130_000


@pytest.mark.parametrize("first", ["", "t1,-1,,2026-01-05\n"], ids=["no_row", "no_good_row"])
@pytest.mark.parametrize("is_direct", [True, False], ids=["scanned", "staged"])
def test_a_large_file_after_some_that_bring_nothing_is_loaded_whole(
    make_company: CompanyMaker, monkeypatch: pytest.MonkeyPatch, first: str, is_direct: bool
) -> None:
    monkeypatch.setattr(load, "is_direct", lambda _: is_direct)
    company = make_company(maxBadShare=1)
    company.drop_things(first, "things_20260104.csv")
    company.drop_things(first.replace("t1", "t2"), "things_20260105.csv")
    rows = "".join(f"b{number},1,,2026-01-05\n" for number in range(MORE_THAN_A_ROW_GROUP))
    company.drop_things(rows, "things_20260106.csv")
    company.load()
    counts = company.rows("select count(*), count(distinct thing_id) from raw.shop_things")
    assert counts == [(MORE_THAN_A_ROW_GROUP, MORE_THAN_A_ROW_GROUP)]
    assert sum(row[3] for row in company.deliveries()) == MORE_THAN_A_ROW_GROUP


def test_rows_that_the_database_loses_are_noticed_before_they_are_believed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.drop_things(GOOD)
    monkeypatch.setattr(load.Loader, "_insert_directly", _lose_a_row)
    with pytest.raises(RapportError, match="lost rows of shop/things"):
        company.load()
    assert company.deliveries() == []
    assert company.things() == []


def _lose_a_row(loader: load.Loader, batch: Batch) -> None:
    arguments = (loader.workspace.archive, loader.reader, batch, loader.bad_rows, loader.loaded_at)
    direct.load_directly(loader.connection, *arguments)
    loader.connection.execute("delete from raw.shop_things where thing_id = 't1'")
