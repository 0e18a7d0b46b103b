"""What landing/ may hold: repeats, links, pipes, hostile names, files nobody reads."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from orchestration.loading.archive import INDEX_FILE
from orchestration.loading.arrivals import arrivals_in_archive
from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

LINE = "t1,1,a,2026-01-02\n"


def test_loading_twice_changes_nothing(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    before = (company.things(), company.deliveries())
    report = company.load()
    assert (company.things(), company.deliveries()) == before
    assert report.rows_loaded == {}
    assert report.messages == []


def test_the_same_bytes_under_another_name_load_once_and_are_told_once(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    company.drop_things(LINE, "again_20260106.csv")
    first, second = company.load(), company.load()
    assert len(company.things()) == 1
    assert company.deliveries() == [
        ("repeated", "repeated", 1, 0, 1),
        ("loaded", None, 1, 1, 0),
    ]
    assert len([message for message in first.messages if "the same bytes" in message]) == 1
    assert second.messages == []


def test_the_same_bytes_are_recognised_after_the_first_file_was_tidied_away(
    company: Company,
) -> None:
    company.drop_things(LINE).unlink()
    company.drop_things(LINE, "first_20260105.csv")
    company.load()
    (company.workspace.landing / "shop/things/first_20260105.csv").unlink()
    company.drop_things(LINE, "again_20260106.csv")
    report = company.load()
    assert len(company.things()) == 1
    assert "the same bytes as shop/things/first_20260105.csv" in "".join(report.messages)


def test_the_same_bytes_twice_at_once_load_once(company: Company) -> None:
    company.drop_things(LINE, "b_20260105.csv")
    company.drop_things(LINE, "a_20260105.csv")
    company.load()
    assert len(company.things()) == 1
    assert sorted(row[0] for row in company.deliveries()) == ["loaded", "repeated"]


def test_a_file_that_was_touched_but_not_changed_is_nothing_new(company: Company) -> None:
    path = company.drop_things(LINE)
    company.load()
    os.utime(path, (1, 1))
    assert company.load().rows_loaded == {}
    assert len(company.things()) == 1


def test_a_file_that_was_replaced_under_its_name_is_a_new_delivery(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    company.drop_things("t2,2,b,2026-01-03\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]


def test_a_mended_contract_tries_a_refused_delivery_again(
    company: Company, make_company: CompanyMaker
) -> None:
    company.drop("shop/things/1.csv", "thing_id,seen_at\n" + "t1,2026-01-02\n,2026-01-02\n" * 2)
    columns = {
        "thing_id": {"physicalType": "varchar"},
        "seen_at": {"physicalType": "timestamp", "required": True},
    }
    strict = make_company(maxBadShare=0.1)
    strict.load()
    assert strict.deliveries() == [("quarantined", "bad_share", 4, 0, 4)]
    mended = make_company(columns=columns)
    mended.load()
    assert mended.deliveries() == [("loaded", None, 4, 4, 0)]


def test_every_accepted_file_is_kept_in_the_archive_under_its_hash(company: Company) -> None:
    path = company.drop_things(LINE)
    company.load()
    [(sha256,)] = company.rows("select sha256 from quality.deliveries")
    kept = company.workspace.archive / sha256
    assert kept.read_bytes() == path.read_bytes()
    assert kept.stat().st_mode & 0o222 == 0


def test_a_link_is_never_followed(company: Company, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(HEADER + LINE)
    folder = company.drop_things("t2,2,b,2026-01-02\n").parent
    (folder / "link.csv").symlink_to(secret)
    (folder / "dangling.csv").symlink_to(tmp_path / "nowhere")
    company.load()
    assert [row[0] for row in company.things()] == ["t2"]
    assert sorted(row[1] or "" for row in company.deliveries()) == ["", "no_file", "no_file"]


def test_a_pipe_does_not_make_the_run_wait(company: Company) -> None:
    folder = company.drop_things(LINE).parent
    os.mkfifo(folder / "pipe.csv")
    company.load()
    company.load()
    assert sorted(row[1] or "" for row in company.deliveries()) == ["", "no_file"]


def test_a_folder_named_like_a_file_is_only_a_folder(company: Company) -> None:
    company.drop(f"shop/things/things.csv/{'inner'}.csv", HEADER + LINE)
    (company.workspace.landing / "shop/things/empty.csv").mkdir()
    company.load()
    assert len(company.things()) == 1
    assert [row[0] for row in company.deliveries()] == ["loaded"]


@pytest.mark.parametrize("name", [".hidden.csv", "things.csv.part", "things.csv.tmp", "x.swp"])
def test_hidden_and_unfinished_files_are_left_alone(company: Company, name: str) -> None:
    company.drop(f"shop/things/{name}", HEADER + LINE)
    company.load()
    assert company.deliveries() == []


@pytest.mark.parametrize(
    "name",
    [
        "it's.csv",
        'say "x".csv',
        "; drop table raw.shop_things; --.csv",
        "with blanks  and\ttab.csv",
        "line\nbreak.csv",
        "*.csv",
        "[a-z]?{x}.csv",
        "ünï☃.csv",
        "-rf.csv",
        "a" * 240 + ".csv",
    ],
)
def test_a_hostile_file_name_is_only_a_name(company: Company, name: str) -> None:
    company.drop(f"shop/things/{name}", HEADER + LINE)
    company.drop_things("t2,2,b,2026-01-02\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]
    names = {row[0] for row in company.rows("select file_name from quality.deliveries")}
    assert f"shop/things/{name}" in names


@pytest.mark.parametrize(
    "name", ["a'b\".csv", "line\nbreak.csv", "a" * 240 + ".csv"], ids=["quotes", "break", "long"]
)
def test_a_refused_file_with_a_hostile_name_is_set_aside(company: Company, name: str) -> None:
    company.drop(f"shop/things/{name}", "wrong\nheader\n")
    company.load()
    assert [row[:2] for row in company.deliveries()] == [("quarantined", "missing_column")]
    assert len(list(company.workspace.quarantine.glob("*/reason.json"))) == 1


def test_a_file_that_no_contract_reads_is_named(company: Company) -> None:
    company.drop("shop/thing/typo.csv", HEADER + LINE)
    company.drop_things(LINE)
    company.load()
    assert company.arrivals.unclaimed == ["shop/thing/typo.csv"]


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("things_20260105.csv", "2026-01-05 00:00:00"),
        ("things_2026-01-05.csv", "2026-01-05 00:00:00"),
        ("2026-01-05/things.csv", "2026-01-05 00:00:00"),
        ("day=2026-01-05/things.csv", "2026-01-05 00:00:00"),
        ("brand=a/date=2026-01-05/part-0.csv", "2026-01-05 00:00:00"),
        ("date=2026-01-05/brand=a/part-0.csv", "2026-01-05 00:00:00"),
        ("things.csv", "2026-03-01 12:00:00"),
        ("order_99999999999.csv", "2026-03-01 12:00:00"),
    ],
)
def test_a_delivery_was_received_when_its_name_or_its_folder_says_else_by_its_time(
    company: Company, name: str, received: str
) -> None:
    company.drop(f"shop/things/{name}", HEADER + LINE, at=dt.datetime(2026, 3, 1, 12))
    company.load()
    assert company.rows("select _received_at::varchar from raw.shop_things") == [(received,)]


def test_a_date_in_a_name_that_is_none_is_refused_and_the_rest_goes_on(company: Company) -> None:
    company.drop_things(LINE, "things_20261399.csv")
    company.drop_things("t2,2,b,2026-01-02\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t2"]
    assert ("quarantined", "received_at") in [row[:2] for row in company.deliveries()]


def test_only_what_had_been_received_by_a_date_is_taken_from_the_archive(company: Company) -> None:
    company.drop("shop/things/early.csv", HEADER + LINE, at=dt.datetime(2026, 1, 3, 8))
    company.drop("shop/things/late.csv", HEADER + "t2,1,a,2026-01-02\n", dt.datetime(2026, 1, 4))
    company.drop_things("t3,3,c,2026-01-02\n", "things_20260105.csv")
    company.load()

    def known(until: dt.datetime) -> list[str]:
        found = arrivals_in_archive(company.workspace, company.contracts, until)
        return [delivery.file_name.removeprefix("shop/things/") for delivery in found.deliveries]

    assert known(dt.datetime(2026, 1, 3, 7, 59)) == []
    assert known(dt.datetime(2026, 1, 3, 8)) == ["early.csv"]
    assert known(dt.datetime(2026, 1, 4, 23, 59)) == ["early.csv", "late.csv"]
    assert known(dt.datetime(2026, 1, 5)) == ["early.csv", "late.csv", "things_20260105.csv"]


def test_what_was_received_twice_was_known_from_the_first_time(company: Company) -> None:
    company.drop_things(LINE, "things_20260105.csv")
    company.load()
    company.drop_things(LINE, "things_20260103.csv")
    company.load()
    found = arrivals_in_archive(company.workspace, company.contracts, dt.datetime(2026, 1, 4))
    assert len(found.deliveries) == 1


def test_an_index_entry_that_was_cut_off_is_written_again_and_hides_no_other(
    company: Company,
) -> None:
    company.drop_things(LINE, "things_20260105.csv")
    company.drop_things("t2,2,b,2026-01-02\n", "things_20260106.csv")
    company.load()
    index = company.workspace.archive / INDEX_FILE
    index.write_bytes(index.read_bytes().rstrip()[:-20])
    company.drop_things("t3,3,c,2026-01-02\n", "things_20260107.csv")
    company.load()
    found = arrivals_in_archive(company.workspace, company.contracts, dt.datetime(2026, 2, 1))
    names = [delivery.file_name[-12:-4] for delivery in found.deliveries]
    assert names == ["20260105", "20260106", "20260107"]


def test_a_run_that_finds_nothing_new_adds_nothing_to_the_index(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    before = (company.workspace.archive / INDEX_FILE).read_bytes()
    company.load()
    assert (company.workspace.archive / INDEX_FILE).read_bytes() == before
