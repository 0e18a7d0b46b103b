"""The simulator: the same bytes each time, whatever comes later, and dirt where it says so."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.conftest import RunCli
from tests.simulation.conftest import CONTRACTS, SMALL


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_options_give_the_same_bytes(company: Path, tmp_path: Path, cli: RunCli) -> None:
    assert cli("simulate", *SMALL, "--to", "2024-12-27", "--out", tmp_path).exit_code == 0
    assert fingerprints(tmp_path) == fingerprints(company)


def test_another_seed_gives_another_company(company: Path, tmp_path: Path, cli: RunCli) -> None:
    options = [value if value != "3" else "4" for value in SMALL]
    assert cli("simulate", *options, "--to", "2024-12-27", "--out", tmp_path).exit_code == 0
    history = "landing/{0}/orders/orders_20241215.{1}"
    for name in (history.format("shop", "csv"), history.format("marketplace", "jsonl")):
        assert (tmp_path / name).read_bytes() != (company / name).read_bytes()


def test_a_continued_company_equals_one_simulated_at_once(
    company: Path, tmp_path: Path, cli: RunCli
) -> None:
    assert cli("simulate", *SMALL, "--to", "2024-12-19", "--out", tmp_path).exit_code == 0
    before = fingerprints(tmp_path / "landing")
    extension = ("--from", "2024-12-20", "--to", "2024-12-27", "--out", tmp_path)
    assert cli("simulate", *extension).exit_code == 0
    after = fingerprints(tmp_path)
    assert after == fingerprints(company)
    assert before.items() <= fingerprints(tmp_path / "landing").items()


def test_every_contract_has_a_history_delivery_and_daily_ones(company: Path) -> None:
    landing = company / "landing"
    without = [slug for slug in CONTRACTS if not any((landing / slug).glob("*_20241215.*"))]
    assert without == []
    daily = {path.parent.relative_to(landing).as_posix() for path in landing.rglob("*_202412*")
             if "_20241215." not in path.name}  # fmt: skip
    assert {"shop/orders", "web/events", "pos/receipts", "calls/calls"} <= daily


def test_files_hold_the_rows_that_the_truth_counts(company: Path) -> None:
    with duckdb.connect() as connection:
        counted = dict(
            connection.execute(
                "select file_name, sum(row_count) from read_parquet(?) group by all",
                [str(company / "truth" / "deliveries.parquet")],
            ).fetchall()
        )
    landing = company / "landing"
    for path in landing.rglob("*.parquet"):
        name = path.relative_to(landing).as_posix()
        assert pq.ParquetFile(path).metadata.num_rows == counted[name], name


@pytest.mark.parametrize("kind", ["bad", "repeated", "late", "wrong", "corrected"])
def test_each_kind_of_dirt_is_planted(company: Path, kind: str) -> None:
    with duckdb.connect() as connection:
        row = connection.execute(
            "select count(*) from read_parquet(?) where kind = ?",
            [str(company / "truth" / "planted_dirt.parquet"), kind],
        ).fetchone()
    assert row is not None
    assert row[0] > 0


def test_a_company_without_dirt_has_the_same_truth(
    company: Path, tmp_path: Path, cli: RunCli
) -> None:
    options = (*SMALL, "--no-dirt", "--to", "2024-12-27", "--out", tmp_path)
    assert cli("simulate", *options).exit_code == 0
    about_files = {"planted_dirt.parquet", "deliveries.parquet"}
    dirty, clean = (
        {
            name: value
            for name, value in fingerprints(folder / "truth").items()
            if name not in about_files
        }
        for folder in (company, tmp_path)
    )
    assert dirty == clean


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--from", "2024-12-28", "--to", "2025-01-02", "--seed", "9"), "--seed cannot be given"),
        (("--from", "2024-12-28"), "Give with --to"),
        (("--from", "2024-12-28", "--to", "2024-12-01"), "give a later --to"),
        (("--from", "2025-02-01", "--to", "2025-02-03"), "continue it with --from 2024-12-28"),
        (("--customers", "20"), "name an empty folder"),
    ],
)
def test_what_cannot_be_continued_or_written_is_told(
    company: Path, cli: RunCli, options: tuple[str, ...], message: str
) -> None:
    outcome = cli("simulate", *options, "--out", company)
    assert outcome.exit_code == 2
    assert message in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--daily-from", "2030-01-01"), "--daily-from is 2030-01-01"),
        (("--preset", "soft"), "There is no preset `soft`"),
    ],
)
def test_options_that_fit_no_company_are_told(
    tmp_path: Path, cli: RunCli, options: tuple[str, ...], message: str
) -> None:
    outcome = cli("simulate", *options, "--out", tmp_path)
    assert outcome.exit_code == 2
    assert message in " ".join(outcome.err.split())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, cli: RunCli) -> None:
    (tmp_path / "file").write_text("")
    outcome = cli("simulate", "--customers", "10", "--years", "0.1", "--out", tmp_path / "file")
    assert outcome.exit_code == 2
    assert "cannot be written" in " ".join(outcome.err.split())
