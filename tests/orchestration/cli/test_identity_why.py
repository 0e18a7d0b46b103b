"""`rapport identity why` says what keeps two customers apart, and how likely they are one."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.workspace import Workspace
from tests.conftest import RunCli
from tests.orchestration.identity.people import ACCOUNTS, CONTACTS, People, account

A1, A2, A3, A4 = (f"account_id:A{number}" for number in range(1, 5))
T1, T2 = "record:crm_contacts:T1", "record:crm_contacts:T2"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A1 and A2 share a telephone and conflict; T1 is as much like A3 as like A4; T2 may be A4."""
    place = Workspace(tmp_path)
    place.create()
    (tmp_path / "rapport.yml").write_text("company: Ours\ncurrency: EUR\ntime_zone: UTC\n", "utf-8")
    people = People(duckdb.connect(str(place.warehouse)))
    people.deliver(
        ACCOUNTS,
        account("A1", phone="+441", first_name="Ana", birth_date="1980-01-01"),
        account("A2", phone="+441", first_name="Rui", birth_date="1991-05-05"),
        account("A3", first_name="Eva"),
        account("A4", first_name="Eva"),
    )
    people.deliver(CONTACTS, {"contact_id": "T1", "first_name": "Eva"})
    people.deliver(CONTACTS, {"contact_id": "T2", "first_name": "Eva"})
    people.score((A1, A2, 0.981), (A3, T1, 0.97), (A4, T1, 0.97), (A4, T2, 0.8125))
    people.run()
    people.connection.close()
    return place


def reasons(cli: RunCli, workspace: Workspace, a: str, b: str) -> list[str]:
    answer = json.loads(cli("identity", "why", a, b, "-w", workspace.root, "--json").out)
    assert not answer["is_same"]
    return list(answer["reasons"])


def test_it_names_the_records_that_conflict_what_they_differ_in_and_the_held_probability(
    cli: RunCli, workspace: Workspace
) -> None:
    assert reasons(cli, workspace, A1, A2) == [
        f"{A1} and {A2} conflict: no birth date agrees, no given name agrees.",
        f"By linkage {A1} and {A2} are one with probability 0.981: from auto_link (0.95) on, but"
        " held, for the conflict outweighs it.",
    ]
    printed = cli("identity", "why", A1, A2, "-w", workspace.root).out
    assert "probability 0.981" in " ".join(printed.split())
    assert not any(value in printed for value in ("Ana", "Rui", "1980", "1991"))


def test_it_tells_a_rival_from_a_conflict(cli: RunCli, workspace: Workspace) -> None:
    assert reasons(cli, workspace, A3, T1) == [
        f"By linkage {A3} and {T1} are one with probability 0.970: from auto_link (0.95) on, but"
        " held, for one of them is as much like somebody else, and so ties neither."
    ]


def test_it_tells_a_pair_of_the_review_band(cli: RunCli, workspace: Workspace) -> None:
    assert reasons(cli, workspace, A4, T2) == [
        f"By linkage {A4} and {T2} are one with probability 0.812: in the review band, which is"
        " below auto_link (0.95)."
    ]
