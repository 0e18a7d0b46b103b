"""A wrong merge, once it is undone, leaves no trace in any mart."""

from __future__ import annotations

import csv
import io
import json

import pytest

from orchestration.contracts import load_contracts
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import RunCli, query
from tests.orchestration.conftest import deliver, figures, published_file

[CONTRACT] = [
    item for item in load_contracts(CODE_ROOT / "data_contracts") if item.slug == "crm/customers"
]
TWO_CUSTOMERS = """
    select any_value(keys.identity_key), keys.customer_id
    from identity.customer_keys as keys
    inner join marts.customer_360 as customers using (customer_id)
    semi join (
        select from_key as identity_key from identity.evidence
        where kind = 'email' and verified = 2
    ) using (identity_key)
    where
        keys.identity_key like 'account_id:%'
        and customers.net_revenue_amount > 0
        and keys.customer_id not in (
            select described.customer_id
            from identity.profiles as profiles
            inner join identity.customer_keys as described using (identity_key)
            where profiles.birth_date is not null
        )
    group by keys.customer_id
    having count(*) = 1
    order by keys.customer_id
    limit 2
"""
COUNT_DELIVERIES = ("dim_channels", "dim_source_fields", "dim_sources")
CUSTOMERS = "select count(*) from marts.customer_360"


def two_accounts(workspace: Workspace) -> tuple[str, str]:
    """The accounts of two customers who buy."""
    (first, _), (second, _) = query(workspace.warehouse, TWO_CUSTOMERS)
    return str(first), str(second)


def decide(workspace: Workspace, *rows: str) -> None:
    text = "".join(f"{row}\n" for row in ("action,identity_key,other_identity_key", *rows))
    (workspace.config / "overrides.csv").write_text(text, "utf-8")


def marts(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    return figures(published_file(workspace))


def marts_of_customers(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """All but those that count what was delivered, and so the row that was mistaken."""
    return {name: rows for name, rows in marts(workspace).items() if name not in COUNT_DELIVERIES}


def test_one_row_undoes_a_wrong_merge_and_restores_every_mart(
    cli: RunCli, workspace: Workspace
) -> None:
    before = marts(workspace)
    first, second = two_accounts(workspace)
    decide(workspace, f"always_link,{first},{second}")
    assert cli("run", "-w", workspace.root).exit_code == 0
    [(count,)] = query(published_file(workspace), CUSTOMERS)
    assert count == len(before["customer_360"]) - 1
    told = json.loads(cli("identity", "diff", "-w", workspace.root, "--json").out)
    [merge] = told["moved"]
    assert (merge["kind"], merge["rule"]) == ("merge", "always_link")
    assert float(merge["net_revenue_amount"]) > 0
    assert "always_link" in cli("identity", "why", first, second, "-w", workspace.root).out
    decide(workspace)
    assert cli("run", "-w", workspace.root).exit_code == 0
    assert marts(workspace) == before


def test_a_wrong_row_stops_the_run_with_its_line_before_anything_changes(
    cli: RunCli, workspace: Workspace
) -> None:
    decide(workspace, "never_link,account_id:A1,")
    outcome = cli("identity", "review", "-w", workspace.root)
    assert outcome.exit_code == 2
    version = published_file(workspace).resolve()
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 2
    assert "overrides.csv, line 2: never_link needs an other_identity_key" in " ".join(
        outcome.err.split()
    )
    assert published_file(workspace).resolve() == version


@pytest.mark.nightly
def test_an_address_typed_into_the_wrong_account_is_outdone_by_one_row(
    cli: RunCli, workspace: Workspace
) -> None:
    first, second = two_accounts(workspace)
    [(email,)] = query(
        workspace.warehouse,
        "select substr(to_key, 7) from identity.evidence where from_key = ? and kind = 'email'"
        " and verified = 2 limit 1",
        second,
    )
    change_address(workspace, first, "new@example.org", "20260701")
    assert cli("run", "-w", workspace.root).exit_code == 0
    before = marts_of_customers(workspace)
    change_address(workspace, first, str(email), "20260702")
    assert cli("run", "-w", workspace.root).exit_code == 0
    [(count,)] = query(published_file(workspace), CUSTOMERS)
    assert count == len(before["customer_360"]) - 1
    decide(workspace, f"never_link,{first},{second}")
    assert cli("run", "-w", workspace.root).exit_code == 0
    assert marts_of_customers(workspace) == before


def change_address(workspace: Workspace, account: str, email: str, day: str) -> None:
    """A version of an account on which the owner has confirmed another address."""
    names = [column.name for column in CONTRACT.columns]
    [row] = query(
        workspace.warehouse,
        f"select {', '.join(names)} from raw.crm_customers where customer_id = ?"
        " order by updated_at desc limit 1",
        account.removeprefix("account_id:"),
    )
    values = dict(zip(names, row, strict=True)) | {
        "email": email,
        "is_email_verified": True,
        "updated_at": f"2026-06-30 1{day[-1]}:00:00",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerow(values)
    deliver(workspace, f"crm/customers/customers_{day}.csv", text.getvalue())
