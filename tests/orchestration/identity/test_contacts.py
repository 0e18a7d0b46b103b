"""Touches that know an address or a number alone are told by a keyed hash of it."""

from __future__ import annotations

from tests.orchestration.identity.people import ACCOUNTS, CONTRACTS, People, account, keyed

ORDERS, GUESTS, CHATS, POSTS = "marketplace/orders", "shop/orders", "service/chats", "social/posts"
USED = tuple(CONTRACTS[slug] for slug in (ACCOUNTS, ORDERS, GUESTS, CHATS, POSTS))
KEYS = "select identity_key, open_key from identity.contact_keys order by 1"


def hashed(key: str) -> str:
    """What stands in the marts in the place of a key."""
    return f"{key.split(':')[0]}_hash:{keyed(f'contact|{key}')}"


def told(*keys: str) -> list[tuple[str, str]]:
    return [(key, hashed(key)) for key in sorted(keys)]


def test_only_touches_that_name_no_account_and_no_card_need_a_hash() -> None:
    people = People(contracts=USED)
    people.deliver(ACCOUNTS, account("A1", email="own@example.org"))
    people.deliver(ORDERS, {"marketplace": "m", "order_id": "1", "email": "m@example.org"})
    people.deliver(
        GUESTS,
        {"order_id": "1", "email": "guest@example.org"},
        {"order_id": "2", "email": "known@example.org", "customer_id": "A1"},
        {"order_id": "3", "email": "card@example.org", "loyalty_id": "L1"},
        {"order_id": "4"},
    )
    people.deliver(POSTS, {"network": "x", "post_id": "1", "handle": "Ann"})
    people.run()
    assert people.rows(KEYS) == told(
        "email:m@example.org", "email:guest@example.org", "handle:x:ann"
    )


def test_a_hash_stays_when_the_contact_comes_again_and_goes_with_its_last_delivery() -> None:
    people = People(contracts=USED)
    first = people.deliver(ORDERS, {"marketplace": "m", "order_id": "1", "email": "a@example.org"})
    people.run()
    second = people.deliver(CHATS, {"chat_id": "1", "email": "a@example.org"})
    people.deliver(CHATS, {"chat_id": "2", "email": "b@example.org"})
    people.run()
    both = told("email:a@example.org", "email:b@example.org")
    assert people.rows(KEYS) == both
    people.withdraw(first)
    people.run()
    assert people.rows(KEYS) == both
    people.withdraw(second)
    people.run()
    assert people.rows(KEYS) == told("email:b@example.org")
