"""A wrong merge, once it is undone, leaves no trace in any mart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import RunCli, query
from tests.orchestration.conftest import deliver, figures, published_file

TWO_CUSTOMERS = """
    select any_value(keys.identity_key), keys.customer_id
    from identity.customer_keys as keys
    inner join marts.customer_360 as customers using (customer_id)
    where keys.identity_key like 'account_id:%' and customers.net_revenue_amount > 0
    group by keys.customer_id
    having count(*) = 1
    order by keys.customer_id
    limit 2
"""
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
    assert outcome.exit_code == 1
    assert "overrides.csv, line 2: never_link needs an other_identity_key" in " ".join(
        outcome.err.split()
    )
    assert published_file(workspace).resolve() == version


@pytest.mark.nightly
def test_an_address_that_ties_two_by_mistake_is_outdone_by_one_row(
    cli: RunCli, workspace: Workspace
) -> None:
    first, second = two_accounts(workspace)
    [(email,)] = query(
        workspace.warehouse,
        "select substr(to_key, 7) from identity.evidence where from_key = ? and kind = 'email'"
        " and verified = 2 limit 1",
        second,
    )
    _note_contact(workspace, first, "", "20260701")
    assert cli("run", "-w", workspace.root).exit_code == 0
    before = marts(workspace)
    _note_contact(workspace, first, str(email), "20260702")
    assert cli("run", "-w", workspace.root).exit_code == 0
    assert len(marts(workspace)["customer_360"]) == len(before["customer_360"]) - 1
    decide(workspace, f"never_link,{first},{second}")
    assert cli("run", "-w", workspace.root).exit_code == 0
    assert marts(workspace) == before


def _note_contact(workspace: Workspace, account: str, email: str, day: str) -> Path:
    return deliver(
        workspace,
        f"crm/contacts/planted_{day}.csv",
        "contact_id,customer_id,kind,email,created_at,updated_at\n"
        f"T99,{account.removeprefix('account_id:')},call,{email},2026-06-30 10:00:00,"
        f"2026-06-30 1{day[-1]}:00:00\n",
    )
