"""What was set aside is loaded again after a mend, once, and never twice."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import ConfigurationError, WorkspaceBusyError
from orchestration.loading.export import export_rows
from orchestration.loading.quarantined import bad_rows, quarantined
from orchestration.loading.replay import ReplayReport
from orchestration.runs.fingerprint import unchanged_since
from orchestration.runs.lock import workspace_lock
from orchestration.runs.record import PUBLISHED, RunRecord, records
from orchestration.runs.replay import replay
from orchestration.sql import connect
from tests.orchestration.loading.company import THING_COLUMNS, Company
from tests.orchestration.loading.conftest import CompanyMaker

GOOD = "t1,1,a,2026-01-02\n"
BAD = "t2,-5,b,2026-01-02\nt3,x,c,2026-01-02\n"
LOOSE = THING_COLUMNS | {"amount": {"physicalType": "varchar"}}
SIGNED = THING_COLUMNS | {"amount": {"physicalType": "decimal(18,4)"}}
Edit = Callable[[dict[str, Any]], dict[str, Any] | None]


def again(company: Company, target: str | None = None, file: Path | None = None) -> ReplayReport:
    return replay(company.workspace, target, file, contracts=company.contracts)


def export(company: Company, name: str = "mended.csv") -> Path:
    path = company.root / name
    workspace = company.workspace
    resources = workspace.settings.resources
    with connect(workspace.warehouse, resources, workspace.temporary, True) as connection:
        rows = list(bad_rows(connection, quarantined(connection)))
    export_rows(company.contracts[0], rows, path)
    return path


def mend(path: Path, edit: Edit) -> Path:
    """Edit the rows of an export; those for which the edit gives None are dropped."""
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        done = [new for row in rows if (new := edit(row)) is not None]
        path.write_text("".join(json.dumps(row) + "\n" for row in done))
        return path
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    done = [new for row in rows if (new := edit(row)) is not None]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")  # as a spreadsheet may
        writer.writeheader()
        writer.writerows(done)
    return path


def counts(company: Company) -> list[tuple[Any, ...]]:
    """What the manifest says, proven against the tables."""
    found = company.deliveries()
    held = company.rows(
        "select (select count(*) from raw.shop_things), (select count(*) from"
        " quarantine.shop_things)"
    )
    loaded = [row for row in found if row[0] == "loaded"]
    assert held == [(sum(row[3] for row in loaded), sum(row[4] for row in loaded))]
    return [(row[0], *row[2:]) for row in found]


def test_a_loosened_contract_takes_quarantined_rows_once(
    make_company: CompanyMaker,
) -> None:
    make_company(maxBadShare=1).drop_things(GOOD + BAD)
    company = make_company(maxBadShare=1)
    company.load()
    assert counts(company) == [("loaded", 3, 1, 2)]
    assert again(company).deliveries == 0
    mended = make_company(columns=SIGNED, maxBadShare=1)
    (mended.workspace.landing / "shop/things/things_20260105.csv").unlink()
    report = again(mended)
    assert (report.deliveries, report.rows_loaded, report.rows_quarantined) == (1, 1, 1)
    assert counts(mended) == [("loaded", 3, 2, 1)]
    assert [row[1] for row in mended.things()] == ["1.0000", "-5.0000"]
    assert again(mended).deliveries == 0
    mended.load()
    assert counts(mended) == [("loaded", 3, 2, 1)]


def test_a_delivery_refused_whole_is_loaded_from_the_archive_after_a_mend(
    make_company: CompanyMaker,
) -> None:
    company = make_company(maxBadShare=0.1)
    company.drop_things(GOOD + BAD)
    company.load()
    shutil.rmtree(company.workspace.landing)
    assert counts(company) == [("quarantined", 3, 0, 3)]
    mended = make_company(maxBadShare=1)
    assert again(mended, "shop/things").rows_loaded == 1
    assert counts(mended) == [("loaded", 3, 1, 2)]
    assert list(mended.workspace.quarantine.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_mended_export_takes_the_place_of_its_rows_once(
    make_company: CompanyMaker, ending: str
) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD + "t4,4\n")
    company.load()
    path = mend(
        export(company, f"mended.{ending}"),
        lambda row: (
            row | {"thing_id": row.get("thing_id") or "t4", "amount": "5", "seen_at": "2026-01-02"}
        ),
    )
    assert path.stat().st_mode & 0o077 == 0
    assert again(company, None, path).rows_loaded == 3
    assert [row[:2] for row in company.things()] == [
        ("t1", "1.0000"),
        ("t2", "5.0000"),
        ("t3", "5.0000"),
        ("t4", "5.0000"),
    ]
    assert counts(company) == [("loaded", 4, 4, 0)]
    second = again(company, None, path)
    assert second.rows_loaded == 0
    assert "are not in quarantine" in second.messages[0]
    assert [record.status for record in records(company.workspace.runs)] == ["replayed"]
    company.load()
    assert counts(company) == [("loaded", 4, 4, 0)]


def test_what_was_mended_stays_mended_when_the_delivery_is_loaded_anew(
    make_company: CompanyMaker,
) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD + "t4,x,d,2026-01-02\n")
    company.load()
    path = export(company)
    again(
        company,
        None,
        mend(path, lambda row: row | {"amount": "7"} if "t3" in row.values() else None),
    )
    assert counts(company) == [("loaded", 4, 2, 2)]
    path.unlink()
    loosened = make_company(columns=SIGNED, maxBadShare=1)
    again(loosened)
    expected = [("t1", "1.0000"), ("t2", "-5.0000"), ("t3", "7.0000")]
    assert [row[:2] for row in loosened.things()] == expected
    loosened.workspace.warehouse.unlink()
    loosened.load()
    assert [row[:2] for row in loosened.things()] == expected
    assert counts(loosened) == [("loaded", 4, 3, 1)]


def test_a_mended_row_that_still_breaks_the_contract_stays_with_its_first_text(
    make_company: CompanyMaker,
) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD)
    company.load()
    before = company.quarantined()
    path = mend(export(company), lambda row: row | {"amount": "-7"})
    report = again(company, None, path)
    assert (report.rows_loaded, report.rows_quarantined) == (0, 2)
    assert report.messages[0].endswith("amount: below 0")
    assert company.quarantined() == before
    assert list(records(company.workspace.runs)) == []


def test_a_replay_makes_the_next_run_work(make_company: CompanyMaker) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD)
    company.load()
    (company.workspace.published / "current").mkdir(parents=True)
    run = RunRecord("20260101T000000Z_0000", "2026-01-01T00:00:00+00:00", fingerprint="same")
    run.finish(PUBLISHED, company.workspace.runs)
    assert unchanged_since(company.workspace, "same")
    assert again(company).deliveries == 0
    assert unchanged_since(company.workspace, "same")
    again(company, None, mend(export(company), lambda row: row | {"amount": "1"}))
    assert unchanged_since(company.workspace, "same") is None


def test_a_changed_feed_and_a_mended_feed_row_are_replayed(company: Company) -> None:
    files = {"own": {"path": "own/*.csv"}}
    sql = "select a as thing_id, b as amount, c as seen_at from own"
    feed = {"contract": "shop/things", "files": files, "sql": sql, "time_zone": "Europe/Vienna"}
    company.configure(feeds=[feed])
    company.drop("own/20260105.csv", 'a,b,c\nt1,1,2026-01-02\nt2,"2,5",2026-01-02\n')
    company.load()
    path = mend(export(company), lambda row: row | {"amount": "2.5"})
    again(company, None, path)
    assert company.things()[1] == ("t2", "2.5000", None, "2026-01-01 23:00:00")
    shutil.rmtree(company.workspace.landing / "own")
    company.configure(feeds=[feed | {"sql": sql.replace("b as", "replace(b, ',', '.') as")}])
    assert again(company).deliveries == 0  # nothing of it is in quarantine any more
    company.load()
    assert counts(company) == [("loaded", 2, 2, 0)]


def test_a_whole_feed_is_replayed_in_its_last_state_only(company: Company) -> None:
    files = {"own": {"path": "own/*.csv"}}
    sql = "select a as thing_id, cast(b as int) as amount, max(c) as seen_at from own group by all"
    feed = {"contract": "shop/things", "files": files, "sql": sql, "rows": "derive"}
    company.configure(feeds=[feed])
    company.drop("own/a_20260105.csv", "a,b,c\nt1,x,2026-01-02\n")
    company.load()
    company.drop("own/b_20260105.csv", "a,b,c\nt2,2,2026-01-02\n")
    company.load()
    assert {row[0] for row in company.deliveries()} == {"quarantined"}
    company.configure(feeds=[feed | {"sql": sql.replace("cast", "try_cast")}])
    assert again(company).deliveries == 1
    assert [row[0] for row in company.things()] == ["t1", "t2"]
    assert again(company).deliveries == 0
    with pytest.raises(ConfigurationError, match="joins or derives"):
        again(company, None, _file_of(company))


def _file_of(company: Company) -> Path:
    [(delivery_id,)] = company.rows(
        "select delivery_id from quality.deliveries where status = 'loaded'"
    )
    path = company.root / "any.csv"
    path.write_text(f"_row_id,_delivery_id\n{delivery_id}:1:0,{delivery_id}\n")
    return path


def test_a_contract_that_would_refuse_what_is_loaded_changes_nothing(
    make_company: CompanyMaker,
) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD)
    company.load()
    before = (company.things(), company.quarantined(), counts(company))
    stricter = make_company(maxBadShare=0.1)
    with pytest.raises(ConfigurationError, match="contract for shop/things no longer loads"):
        again(stricter)
    assert (stricter.things(), stricter.quarantined(), counts(stricter)) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("thing_id,amount\nt1,1\n", "no export of the quarantine"),
        ("_row_id,_delivery_id\na,b\na,b\n", "same twice"),
        ("_row_id,_delivery_id\na\n", "Line 2"),
        ("_row_id,_delivery_id\na,d_unknown\n", "deliveries of 0"),
        (b"_row_id,\xff\n", "UTF-8"),
    ],
)
def test_a_file_that_is_no_mended_export_is_told(
    company: Company, text: str | bytes, told: str
) -> None:
    company.drop_things(GOOD)
    company.load()
    path = company.root / "other.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError, match=told):
        again(company, None, path)
    assert list(records(company.workspace.runs)) == []


def test_an_export_from_before_a_change_of_the_contract_is_told(
    make_company: CompanyMaker,
) -> None:
    company = make_company(maxBadShare=1)
    company.drop_things(GOOD + BAD)
    company.load()
    path = export(company)
    changed = make_company(columns=SIGNED, maxBadShare=1)
    with pytest.raises(ConfigurationError, match="has changed since"):
        again(changed, None, path)
    with pytest.raises(ConfigurationError, match="exists and is not written over"):
        export(company)


def test_a_replay_waits_for_nobody_unless_told_to(company: Company) -> None:
    company.drop_things(GOOD)
    company.load()
    with (
        workspace_lock(company.workspace.lock_file, "run r1"),
        pytest.raises(WorkspaceBusyError, match="run r1"),
    ):
        again(company)
