"""Runs that read only what is new come to where one reading of everything comes."""

from __future__ import annotations

from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.identity import Override
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTACTS,
    ORDERS,
    People,
    Rows,
    account,
    card,
    check_crosswalks,
    with_settings,
)

KEYS = "from identity.customer_keys order by all"
Deliveries = list[tuple[str, Rows]]
FIRST, LAST = ("Ana", "Rui", "Eva", None), ("Silva", "Costa", None)
EMAILS, PHONES = ("a@x.org", "b@x.org", "c@x.org", None), ("+441", "+442", None)


def a_company(random: Random) -> Deliveries:
    """Deliveries about few persons with few values, so that everything collides."""
    return [_delivery(random) for _ in range(random.randint(2, 7))]


def _delivery(random: Random) -> tuple[str, Rows]:
    slug = random.choice([ACCOUNTS, CARDS, CONTACTS, ORDERS])
    return slug, [_row(slug, random) for _ in range(random.randint(1, 4))]


def _row(slug: str, random: Random) -> dict[str, Any]:
    number = random.randint(1, 5)
    account_id = random.choice([None, f"A{random.randint(1, 4)}"])
    described = {
        "email": random.choice(EMAILS),
        "phone": random.choice(PHONES),
        "first_name": random.choice(FIRST),
        "last_name": random.choice(LAST),
    }
    if slug == ORDERS:
        return {"order_id": f"O{number}", "customer_id": account_id, "email": described["email"]}
    if slug == CONTACTS:
        return {"contact_id": f"T{number}", "customer_id": account_id} | described
    born = {"birth_date": random.choice([None, None, "1980-01-01", "1990-01-01"])}
    since = f"20{random.randint(20, 25)}-01-01"
    if slug == CARDS:
        return card(f"L{number}", customer_id=account_id, joined_at=since, **described, **born)
    flag = random.choice([True, True, False])
    return account(f"A{number}", created_at=since, is_email_verified=flag, **described, **born)


def by_key(people: People) -> dict[str, frozenset[str]]:
    return {key: group for group in people.groups() for key in group}


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_one_run_a_delivery_gives_the_clusters_of_one_run_over_all_in_any_order(
    random: Random,
) -> None:
    deliveries = a_company(random)
    daily, whole = with_settings(hub_limit=3), with_settings(hub_limit=3)
    for slug, rows in deliveries:
        daily.deliver(slug, *rows)
        daily.run()
    shuffled = random.sample(deliveries, len(deliveries))
    for slug, rows in shuffled:
        whole.deliver(slug, *random.sample(rows, len(rows)))
    whole.run()
    assert by_key(daily) == by_key(whole)
    assert len(set(daily.customers().values())) == len(daily.groups())


@settings(max_examples=7, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_is_taken_back_leaves_no_trace_in_the_clusters(random: Random) -> None:
    """Deliveries withdrawn, decisions taken back, pairs no longer likely."""
    deliveries = a_company(random)
    wavering, whole = with_settings(hub_limit=3), with_settings(hub_limit=3)
    for slug, rows in deliveries:
        wavering.deliver(slug, *rows)
        whole.deliver(slug, *rows)
    wavering.run()
    extra = [wavering.deliver(*_flat(_delivery(random))) for _ in range(3)]
    wavering.score(("account_id:A1", "account_id:A2", 0.97))
    wavering.run(
        Override("never_link", "account_id:A1", "loyalty_id:L1"),
        Override("always_link", "account_id:A3", "loyalty_id:L2"),
        Override("split", "email:a@x.org"),
    )
    check_crosswalks(wavering)
    for delivery_id in extra:
        wavering.withdraw(delivery_id)
    wavering.score()
    wavering.run()
    whole.run()
    assert by_key(wavering) == by_key(whole)
    wavering.deliver(*_flat(_delivery(random)))
    wavering.run()
    check_crosswalks(wavering)


def _flat(delivery: tuple[str, Rows]) -> tuple[Any, ...]:
    slug, rows = delivery
    return (slug, *rows)


@settings(max_examples=7, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_same_input_shuffled_in_one_run_gives_the_same_numbers(random: Random) -> None:
    deliveries = a_company(random)
    one, other = People(), People()
    for slug, rows in deliveries:
        one.deliver(slug, *rows)
    for slug, rows in random.sample(deliveries, len(deliveries)):
        other.deliver(slug, *random.sample(rows, len(rows)))
    one.run()
    other.run()
    assert one.customers() == other.customers()


@pytest.mark.nightly
def test_more_rows_than_a_row_group_are_all_found() -> None:
    """DuckDB 1.5.5 loses such an insert after an empty one in the same transaction."""
    people = People(duckdb.connect(config={"threads": 2}))
    people.deliver(CARDS, card("L1"))
    people.connection.execute(
        "insert into raw.crm_customers (customer_id, _delivery_id)"
        " select 'A' || i, 'd_big' from range(130000) as numbers (i)"
    )
    people.connection.execute(
        "insert into quality.deliveries (delivery_id, run_id, contract, status)"
        " values ('d_big', 'run', 'crm/customers', 'loaded')"
    )
    people.run()
    assert people.rows("select count(*) from identity.customer_keys") == [(130_001,)]
    assert people.rows("select count(*) from identity.events") == [(130_001,)]
