"""What a person can ask of the ledger, and what holds a run until one has looked."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from orchestration.config import GateSettings
from orchestration.errors import ConfigurationError
from orchestration.gates.identity import identity_checks
from orchestration.identity import Override, read_overrides
from orchestration.identity.archive import last_event
from orchestration.identity.changes import Changes, write_changes
from orchestration.identity.diff import Large, largest, moved
from orchestration.identity.overrides import without_record
from orchestration.identity.review import (
    Record,
    export_review,
    import_review,
    pairs_to_review,
    record_of,
)
from orchestration.identity.why import why
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTACTS,
    People,
    account,
    card,
    with_settings,
)

A1, A2 = "account_id:A1", "account_id:A2"


def steps(people: People, a: str, b: str) -> list[tuple[str, str, str, str | None]]:
    answer = why(people.connection, a, b, people.settings)
    assert answer.is_same
    return [(tie.from_key, tie.to_key, tie.rule, tie.source) for tie in answer.path]


def test_why_shows_each_step_from_one_key_to_the_other() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org"), account("A2", phone="+441"))
    people.deliver(CARDS, card("L1", email="a@x.org"), card("L2", customer_id="A2"))
    people.score((A1, A2, 0.97))
    people.run()
    assert steps(people, "loyalty_id:L1", "loyalty_id:L2") == [
        ("loyalty_id:L1", "email:a@x.org", "email", CARDS),
        (A1, "email:a@x.org", "email", ACCOUNTS),
        (A1, A2, "likely", None),
        ("loyalty_id:L2", A2, "account_id", CARDS),
    ]
    [customer] = set(people.customers().values())
    assert steps(people, customer, customer) == []


def test_why_not_names_what_keeps_two_apart() -> None:
    people = with_settings(hub_limit=3)
    people.deliver(
        ACCOUNTS,
        account("A1", phone="+441", first_name="Ana", email="s@x.org", is_email_verified=False),
        account("A2", phone="+441", first_name="Rui", email="s@x.org"),
        account("A3"),
    )
    people.deliver(CARDS, *(card(f"L{n}", phone="+449", customer_id=f"A{n}") for n in (1, 2)))
    people.deliver(CARDS, *(card(f"L{n}", phone="+449") for n in (5, 6)))
    people.run(Override("never_link", A1, "account_id:A3"))
    answer = why(people.connection, A1, A2, people.settings)
    assert not answer.is_same
    assert [tie.to_key for tie in answer.refused] == ["phone:+441"]
    text = " ".join(answer.reasons)
    assert f"{A1} and {A2} conflict: no given name agrees." in text
    assert "phone:+449, which 4 records have" in text
    assert "email:s@x.org, but it is not verified" in text
    assert "decided" in why(people.connection, A1, "account_id:A3", people.settings).reasons[0]
    assert why(people.connection, A2, "account_id:A3", people.settings).reasons == [
        "No record ties them."
    ]


def test_asking_for_a_key_that_nobody_has_is_an_error() -> None:
    people = People()
    people.run()
    with pytest.raises(ConfigurationError, match="no key or customer"):
        why(people.connection, A1, A2, people.settings)


def merged_and_split() -> tuple[People, str, str, str]:
    """A1 and A2 became one, and A4 left A3, since event 4."""
    people = People()
    people.deliver(ACCOUNTS, *(account(f"A{n}", created_at=f"202{n}-01-01") for n in (1, 2, 3)))
    tie = people.deliver(CARDS, card("L4", customer_id="A3", joined_at="2025-01-01"))
    people.run()
    first, second, third = (people.customers()[f"account_id:A{n}"] for n in (1, 2, 3))
    people.withdraw(tie)
    people.deliver(CARDS, card("L4", joined_at="2025-01-01"))
    people.deliver(CARDS, *(card("L5", customer_id=f"A{n}") for n in (1, 2)))
    people.run()
    return people, first, second, third


def test_the_diff_tells_merges_and_splits_since_readers_last_saw_them() -> None:
    people, first, second, third = merged_and_split()
    assert write_changes(people.connection, since=4) == Changes(3, 1, 1, 3)
    now = people.customers()
    assert [
        (m.kind, m.customer_id, m.previous_customer_id, m.keys) for m in moved(people.connection)
    ] == [
        ("merge", first, second, 1),
        ("split", now["loyalty_id:L4"], third, 1),
    ]
    assert largest(people.connection, 1) == [Large(first, 2, 1, 0)]
    assert write_changes(people.connection, since=None) == Changes(3, 0, 0, 3)
    assert moved(people.connection) == []


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        (Changes(100, 5, 5, 50), []),
        (Changes(100, 6, 0, 2), ["customers_merged"]),
        (Changes(100, 0, 6, 2), ["customers_split"]),
        (Changes(100, 0, 0, 51), ["largest_customer"]),
        (Changes(0, 0, 0, 0), []),
    ],
)
def test_the_gate_holds_beyond_its_thresholds_until_a_person_accepts(
    changes: Changes, failed: list[str]
) -> None:
    results = identity_checks(changes, GateSettings())
    assert [item.check_name for item in results if not item.is_passed] == failed
    assert all(item.is_blocking for item in results)
    assert not any(i.is_blocking for i in identity_checks(changes, GateSettings(), True))


def in_doubt() -> People:
    people = People()
    ana = account("A1", first_name="Ana", email="a@x.org", created_at="2024-03-01 10:00")
    people.deliver(ACCOUNTS, ana, *(account(f"A{number}") for number in (2, 3, 4, 5)))
    people.deliver(CONTACTS, {"contact_id": "T1", "first_name": "Anna", "phone": "+441"})
    people.score(
        (A1, "record:crm_contacts:T1", 0.8),
        ("account_id:A4", "account_id:A5", 0.5),
        ("account_id:A3", A2, 0.9999),
    )
    people.run()
    return people


def test_pairs_in_doubt_show_both_records_and_leave_out_what_is_settled() -> None:
    [pair] = pairs_to_review(in_doubt().connection, in_doubt().settings)
    assert pair["record_b"] == "record:crm_contacts:T1"
    assert (pair["given_name_a"], pair["given_name_b"]) == ("ana", "anna")
    assert (pair["email_a"], pair["phone_b"]) == ("a@x.org", "+441")
    assert pair["created_on_a"] == "2024-03-01"
    assert (pair["reason"], pair["probability"]) == ("likely", 0.8)


def test_a_pair_in_doubt_says_what_else_speaks_against_it() -> None:
    """A rival takes its part of the chance, and what conflicts has none, whatever linkage found."""
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", first_name="Rui", birth_date="1980-01-01"),
        account("A2", first_name="Ivo", birth_date="1991-05-05"),
        *(account(f"A{number}", first_name="Eva") for number in (3, 4, 5, 6)),
    )
    people.deliver(CARDS, card("L6", customer_id="A6"))
    people.deliver(CONTACTS, {"contact_id": "T1", "first_name": "Eva"})
    contact = "record:crm_contacts:T1"
    scored = {(A1, A2): 0.97, ("account_id:A5", "account_id:A6"): 0.8}
    scored |= {("account_id:A3", contact): 0.9, ("account_id:A4", contact): 0.9}
    people.score(*((a, b, probability) for (a, b), probability in scored.items()))
    people.run(Override("never_link", "account_id:A5", "loyalty_id:L6"))
    pairs = pairs_to_review(people.connection, people.settings)
    assert [(pair["record_a"], pair["reason"], pair["probability"]) for pair in pairs] == [
        ("account_id:A3", "rival", round(9 / 19, 4)),
        ("account_id:A4", "rival", round(9 / 19, 4)),
        (A1, "conflict", None),
        ("account_id:A5", "conflict", None),
    ]


def test_what_people_decided_tells_how_well_the_probabilities_held() -> None:
    decided = [
        Override("always_link", "a", "b", "review: likely 0.8"),
        Override("never_link", "a", "c", "review: rival 0.4737"),
        # decided without a probability, or for a reason of its own
        Override("never_link", "a", "d", "review"),
        Override("always_link", "a", "e", "told by phone"),
    ]
    assert record_of(decided) == Record(2, 1, pytest.approx(1.2737))


@pytest.mark.parametrize(("decision", "customers"), [("same", 4), ("different", 5), ("", 5)])
def test_a_review_sent_back_is_followed_and_not_asked_again(
    tmp_path: Path, decision: str, customers: int
) -> None:
    people, sent, kept = in_doubt(), tmp_path / "review.csv", tmp_path / "overrides.csv"
    export_review(pairs_to_review(people.connection, people.settings), sent)
    assert stat.S_IMODE(sent.stat().st_mode) == 0o600
    with sent.open(newline="", encoding="utf-8") as file:
        rows = [row | {"decision": decision} for row in csv.DictReader(file)]
    with sent.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert import_review(people.connection, sent, kept) == bool(decision)
    assert import_review(people.connection, sent, kept) == 0
    decided = read_overrides(kept)
    assert {item.reason for item in decided} <= {"review: likely 0.8"}
    people.run(*decided)
    assert len(people.groups()) == customers
    assert len(pairs_to_review(people.connection, people.settings)) == (not decision)


def test_a_review_is_refused_by_its_line_and_never_written_over(tmp_path: Path) -> None:
    path, connection = tmp_path / "review.csv", in_doubt().connection
    card = "record:crm_contacts:T1"
    kept = tmp_path / "overrides.csv"
    path.write_text(f"decision,record_a,record_b\nperhaps,{A1},{card}\n", "utf-8")
    with pytest.raises(ConfigurationError, match="line 2: decision must be same or different"):
        import_review(connection, path, kept)
    with pytest.raises(ConfigurationError, match="exists"):
        export_review([], path)
    with pytest.raises(ConfigurationError, match="There is no folder"):
        export_review([], tmp_path / "nowhere" / "review.csv")
    path.write_text(f"decision;record_a;record_b\nsame;{A1};account_id:A99\n", "utf-8")
    with pytest.raises(ConfigurationError, match="decides on account_id:A99, which no record has"):
        import_review(connection, path, kept)
    path.write_bytes("decision,record_a,record_b,city\n,a,b,Cádiz\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"review.csv is no UTF-8 text"):
        import_review(connection, path, kept)
    path.write_text(f"decision,record_a,record_b\nsame,{A1},{card}\n", "utf-8")
    kept.write_text(f"action,identity_key,other_identity_key\nnever_link,{card},{A1}\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"1 decisions .* contradict"):
        import_review(connection, path, kept)


def test_a_large_customer_who_has_not_grown_is_no_news() -> None:
    people = People()
    people.deliver(CARDS, *(card(f"L{n}", customer_id="A1") for n in range(3)))
    people.run()
    assert write_changes(people.connection, since=None).largest == 4  # with the account
    last = last_event(people.connection)
    people.deliver(CARDS, card("L9"))
    people.run()
    assert write_changes(people.connection, since=last).largest == 1
    people.deliver(CARDS, card("L8", customer_id="A1"))
    people.run()
    assert write_changes(people.connection, since=last).largest == 5


def test_a_decision_about_a_key_that_no_record_has_is_told() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    people.run(Override("never_link", "account_id:A1", "account_id:A9"))
    assert without_record(people.connection) == ["account_id:A9"]
