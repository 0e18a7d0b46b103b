"""The past: put right by late deliveries, kept where runs made it, and built again as it was."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.funnels import FUNNELS
from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace
from tests.conftest import RunCli, query, run_command
from tests.orchestration.conftest import (
    deliver,
    deliver_orders,
    published_file,
    published_version,
)

[CUSTOMERS] = [
    item for item in load_contracts(CODE_ROOT / "data_contracts") if item.slug == "crm/customers"
]
# an account alone with its customer, unchanged since May, with an address and orders
QUIET_ACCOUNT = """
    select crm_customer_id, customer_id
    from marts.dim_customers
    inner join staging.stg_crm__customers as accounts using (crm_customer_id)
    where
        account_count = 1
        and dim_customers.street is not null
        and is_customer
        and accounts.updated_at < '2026-05-01'
    order by crm_customer_id
    limit 1
"""
HISTORY = """
    select city, lifecycle_stage, is_current, valid_from::varchar, valid_to::varchar
    from marts.customer_360_history where customer_id = ? order by valid_from
"""
FUNNEL_OF_TODAY = """
of_today: {description: d, steps: [{name: cart, event: add_to_cart}, {name: order, event: order}]}
"""
MARTS = ("customer_360", "customer_360_history", "customer_timeline")


@dataclass(frozen=True)
class Company:
    """A company, the version that readers had first, and one customer whose past was put right."""

    workspace: Workspace
    first_version: Path
    account: str
    customer: str


@pytest.fixture(scope="module")
def company(sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Published on 1 July; on 2 July came an order of 1 July, an old one, and a removal in June.

    A file came with them that bears a date of May: nobody had it on 1 July.
    """
    root = tmp_path_factory.mktemp("history") / "workspace"
    shutil.copytree(sample_workspace.root, root, symlinks=True)
    workspace = Workspace(root)
    first = workspace.published / published_version(workspace)
    [(account, customer)] = query(workspace.warehouse, QUIET_ACCOUNT)
    deliver_orders(
        workspace,
        f"X1,{account},web,2026-07-01 10:00:00,completed,EUR,10",
        f"X2,{account},web,2026-06-10 10:00:00,completed,EUR,20",
        day="20260702",
    )
    deliver_orders(
        workspace, f"X3,{account},web,2026-05-02 10:00:00,completed,EUR,30", day="20260503"
    )
    _deliver_removal(workspace, str(account), "2026-06-15 10:00:00")
    (workspace.config / FUNNELS).write_text(FUNNEL_OF_TODAY, "utf-8")
    assert run_command("run", "-w", workspace.root, "--accept-change") == 0
    return Company(workspace, first / DATABASE_FILE, str(account), str(customer))


def _deliver_removal(workspace: Workspace, account: str, moved_at: str) -> None:
    """A version of an account that has moved to another town."""
    names = [column.name for column in CUSTOMERS.columns]
    [row] = query(
        workspace.warehouse,
        f"select {', '.join(names)} from raw.crm_customers where customer_id = ?"
        " order by updated_at desc limit 1",
        account,
    )
    values = dict(zip(names, row, strict=True)) | {"city": "Elsewhere", "updated_at": moved_at}
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerow(values)
    deliver(workspace, "crm/customers/customers_20260702.csv", text.getvalue())


def test_a_late_delivery_puts_the_past_right_and_what_runs_computed_stays(company: Company) -> None:
    before = query(company.first_version, HISTORY, company.customer)
    [town, stage] = before[-1][:2]
    assert before[-1] == (town, stage, True, "2026-06-30", None)
    assert {row[0] for row in before} == {town}
    after = query(published_file(company.workspace), HISTORY, company.customer)
    moved = next(row[3] for row in after if row[0] == "Elsewhere")
    assert moved == "2026-06-15"
    assert after[-1][0] == "Elsewhere"
    stages = {row[3]: row[1] for row in after}
    assert stages["2026-06-15"] is None
    assert stages["2026-06-30"] == stage
    assert [row[3] for row in after[1:]] == [row[4] for row in after[:-1]]
    assert [row[2] for row in after] == [False] * (len(after) - 1) + [True]


def test_all_values_are_kept_with_when_they_held_and_when_they_were_known(
    company: Company,
) -> None:
    rows = query(
        published_file(company.workspace),
        "select open_value, is_current, is_golden, valid_from::varchar, valid_to::varchar,"
        " known_from::date::varchar from marts.dim_customer_attributes"
        " where identity_key = ? and attribute = 'city' order by version_number",
        f"account_id:{company.account}",
    )
    moved = "2026-06-15 10:00:00"
    assert rows[-1] == ("Elsewhere", True, True, moved, None, "2026-07-02")
    assert rows[-2][1:3] + rows[-2][4:] == (False, False, moved, "2026-06-28")


def test_a_fact_says_when_it_was_known_and_whether_that_was_late(company: Company) -> None:
    assert query(
        published_file(company.workspace),
        "select source_order_id, is_late, known_at::date::varchar from marts.fct_orders"
        " where source_order_id in ('X1', 'X2') order by all",
    ) == [("X1", False, "2026-07-02"), ("X2", True, "2026-07-02")]
    [(first_delivery,)] = query(
        company.first_version,
        "select count(*) from marts.fct_orders where is_late and known_at < '2026-06-28 12:00:00'",
    )
    assert first_delivery == 0


@pytest.mark.parametrize("mart", MARTS)
def test_as_of_a_day_a_mart_is_what_was_published_then(
    cli: RunCli, company: Company, tmp_path: Path, mart: str
) -> None:
    _prove_equal(cli, company, tmp_path / f"{mart}.parquet", mart)


@pytest.mark.nightly
def test_as_of_a_day_every_mart_is_what_was_published_then(
    cli: RunCli, company: Company, tmp_path: Path
) -> None:
    marts = query(
        company.first_version,
        "select table_name from duckdb_tables() where schema_name = 'marts' order by all",
    )
    differing = {
        str(mart): missing
        for (mart,) in marts
        if (missing := _differing(cli, company, tmp_path / f"{mart}.parquet", str(mart)))
    }
    assert differing == {}


def _prove_equal(cli: RunCli, company: Company, file: Path, mart: str) -> None:
    assert _differing(cli, company, file, mart) == []


def _differing(cli: RunCli, company: Company, file: Path, mart: str) -> list[object]:
    """Rows of a mart as of a day that were not published then, or the reverse."""
    outcome = cli("as-of", "2026-07-01", mart, "-w", company.workspace.root, "--export", file)
    assert outcome.exit_code == 0, outcome.err
    words = " ".join(outcome.err.split())
    assert f"as run {company.first_version.parent.name} published it" in words
    assert "changed" not in words
    with duckdb.connect(str(company.first_version), read_only=True) as connection:
        was, now = f"from marts.{mart}", f"from read_parquet('{file}')"
        types = [connection.execute(f"describe {it}").fetchall() for it in (was, now)]
        assert [row[:2] for row in types[0]] == [row[:2] for row in types[1]]
        return [
            row
            for left, right in ((was, now), (now, was))
            for row in connection.execute(f"({left}) except all ({right}) limit 3").fetchall()
        ]


def test_it_touches_nothing_that_is_kept(cli: RunCli, company: Company) -> None:
    workspace = company.workspace
    kept = {path: path.stat().st_mtime_ns for path in workspace.archive.rglob("*")}
    version, runs = published_version(workspace), sorted(workspace.runs.iterdir())
    arguments = ("as-of", "2026-07-01", "marts.dim_stores", "-w", workspace.root)
    outcome = cli(*arguments, "--json", "--limit", 1)
    assert len(json.loads(outcome.out)) == 1
    assert {path: path.stat().st_mtime_ns for path in workspace.archive.rglob("*")} == kept
    assert (published_version(workspace), sorted(workspace.runs.iterdir())) == (version, runs)
    assert list(workspace.temporary.iterdir()) == []


@pytest.mark.nightly
def test_where_no_run_knew_what_had_been_received_it_is_built_anew_and_says_so(
    cli: RunCli, company: Company
) -> None:
    outcome = cli(
        "as-of", "2026-06-29", "fct_orders", "-w", company.workspace.root, "--json",
        "--limit", 100000,
    )  # fmt: skip
    assert "No run had published exactly that" in " ".join(outcome.err.split())
    rows = json.loads(outcome.out)
    assert max(row["business_date"] for row in rows) <= "2026-06-29"
    assert all(row["known_at"] <= "2026-06-29 23:59:59" for row in rows)
    assert {row["customer_id"] for row in rows} - {None}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("2026-07-01", "fct_nothing"), 2, "There is no mart fct_nothing: there are "),
        (("2020-01-01", "fct_orders"), 1, "had been received by the end of 2020-01-01"),
        (("2026-07-01", "fct_orders", "--export", "orders.txt"), 2, "end it in .csv or .parquet"),
        (("yesterday", "fct_orders"), 2, "yesterday"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_sentence(
    cli: RunCli, company: Company, arguments: tuple[str, ...], code: int, words: str
) -> None:
    outcome = cli("as-of", *arguments, "-w", company.workspace.root)
    assert outcome.exit_code == code
    assert words in " ".join(outcome.err.split())
