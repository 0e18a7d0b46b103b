"""A table made anew by touched dates equals one made in full, whatever happened in between."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.orchestration.increments.warehouse import STORES, TICKETS, Ticket, Warehouse

MARCH = dt.datetime(2026, 3, 1)


def ticket(number: int, day: int, updated: int | None = None, is_deleted: bool = False) -> Ticket:
    """A ticket of noon of a day in March, changed on another."""
    changed = f"2026-03-{updated:02} 15:00" if updated else None
    return (f"T{number}", f"2026-03-{day:02} 12:00", changed, is_deleted)


def received(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 18)


def dates(warehouse: Warehouse) -> set[str | None]:
    return {day for contract, day in warehouse.touched() if contract == TICKETS}


def test_a_delivery_touches_the_dates_of_its_rows_in_the_reporting_time_zone() -> None:
    warehouse = Warehouse()
    warehouse.deliver([("T1", "2026-03-02 22:59", None, False)], received(3))
    warehouse.deliver([("T2", "2026-03-04 23:01", None, False)], received(5))
    assert warehouse.note() == 2
    assert dates(warehouse) == {"2026-03-02", "2026-03-05"}


def test_what_is_built_is_not_touched_any_more() -> None:
    warehouse = Warehouse()
    warehouse.deliver([ticket(1, 2)], received(2))
    warehouse.run()
    assert warehouse.note() == 0


def test_a_version_that_moves_an_event_touches_both_days() -> None:
    warehouse = Warehouse()
    warehouse.deliver([ticket(1, 2), ticket(2, 3)], received(3))
    warehouse.run()
    warehouse.deliver([ticket(1, 5, updated=6)], received(6))
    warehouse.note()
    assert dates(warehouse) == {"2026-03-02", "2026-03-05"}


def test_an_older_version_that_comes_late_touches_the_day_of_the_winner_too() -> None:
    """It was known earlier than it was thought to be."""
    warehouse = Warehouse()
    warehouse.deliver([ticket(1, 5, updated=6)], received(6))
    warehouse.run()
    warehouse.deliver([ticket(1, 2, updated=2)], received(2))
    warehouse.note()
    assert dates(warehouse) == {"2026-03-02", "2026-03-05"}


def test_a_delivery_that_is_withdrawn_gives_the_day_back_to_the_version_before() -> None:
    warehouse = Warehouse()
    warehouse.deliver([ticket(1, 2)], received(2))
    later = warehouse.deliver([ticket(1, 5, updated=6)], received(6))
    warehouse.run()
    warehouse.withdraw(later)
    warehouse.note()
    assert dates(warehouse) == {"2026-03-02", "2026-03-05"}
    warehouse.build("first")
    assert [row[0] for row in warehouse.kept()] == ["T1"]
    assert warehouse.kept() == warehouse.full()


def test_the_dates_between_two_as_of_dates_are_touched_either_way() -> None:
    warehouse = Warehouse()
    warehouse.deliver([ticket(day, day) for day in range(2, 12)], received(12))
    warehouse.run()
    for day in (dt.date(2026, 3, 12), dt.date(2026, 3, 8)):
        warehouse.as_of = day
        warehouse.note()
        expected = {"2026-03-11"} if day.day == 12 else {f"2026-03-{n:02}" for n in (9, 10, 11)}
        assert dates(warehouse) == expected
        warehouse.run()
        assert warehouse.kept() == warehouse.full()


def test_a_contract_without_a_time_touches_every_date() -> None:
    warehouse = Warehouse()
    warehouse.rows(
        "insert into raw.locations_stores (store_id, _delivery_id, _received_at)"
        " values ('S1', 'stores', timestamp '2026-03-01')"
    )
    warehouse.rows(
        "insert into quality.deliveries (delivery_id, run_id, contract, status)"
        " values ('stores', 'run_1', ?, 'loaded')",
        STORES,
    )
    warehouse.note()
    assert warehouse.touched() == {(STORES, None)}


def test_a_key_with_one_row_bears_no_mark_and_the_last_version_wins() -> None:
    """By updated_at, then the receipt, then the delivery and its row; a tombstone too."""
    warehouse = Warehouse()
    warehouse.deliver([ticket(1, 2), ticket(2, 2), ticket(3, 2, updated=9)], received(2))
    warehouse.deliver([ticket(2, 3), ticket(3, 3, updated=4), ticket(2, 4)], received(3))
    warehouse.note()
    assert warehouse.rows(
        "select ticket_id, day(created_at), _is_superseded, day(_known_at)"
        " from raw.tickets_tickets order by all"
    ) == [
        ("T1", 2, None, None),
        ("T2", 2, True, 2),
        ("T2", 3, True, 2),
        ("T2", 4, False, 2),
        ("T3", 2, False, 2),
        ("T3", 3, True, 2),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_any_deliveries_in_any_order_give_what_a_full_build_gives(seed: int) -> None:
    """Late, repeated, moved, deleted, withdrawn and replayed; runs killed anywhere."""
    chance = random.Random(seed)
    warehouse = Warehouse()
    there: list[str] = []
    for _ in range(25):
        act = chance.random()
        at = MARCH + dt.timedelta(hours=chance.randrange(20 * 24))
        tickets = [
            ticket(
                chance.randrange(8),
                chance.randrange(1, 20),
                chance.choice([None, chance.randrange(1, 20)]),
                chance.random() < 0.15,
            )
            for _ in range(chance.randrange(6))
        ]
        if act < 0.5 or not there:
            there.append(warehouse.deliver(tickets, at))
        elif act < 0.65:
            warehouse.withdraw(there.pop(chance.randrange(len(there))))
        elif act < 0.8:
            warehouse.reload(chance.choice(there), tickets, at)
        elif act < 0.9:
            warehouse.as_of = dt.date(2026, 3, chance.randrange(1, 20))
        ending = chance.random()
        if ending < 0.2:
            warehouse.note()
        elif ending < 0.4:
            warehouse.note()
            warehouse.build("first")
        elif ending < 0.8:
            warehouse.run()
            assert warehouse.kept("first") == warehouse.full()
            assert warehouse.kept("second") == warehouse.full()
    warehouse.run()
    warehouse.run()
    assert warehouse.kept("first") == warehouse.kept("second") == warehouse.full()
