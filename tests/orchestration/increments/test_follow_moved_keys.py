"""Rows that an incremental model keeps follow their key to the customer of today."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from orchestration.workspace import CODE_ROOT

MACRO = CODE_ROOT / "dbt_project/macros/incremental/follow_moved_keys.sql"


def hook(is_incremental: bool) -> str:
    """The statement that dbt would run after the model `kept`."""
    environment = jinja2.Environment(autoescape=False)
    environment.globals.update(ref=lambda name: name, is_incremental=lambda: is_incremental)
    call = "{{ follow_moved_keys('kept') }}"
    return environment.from_string(MACRO.read_text("utf-8") + call).render().strip()


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        """
        create table kept (
            number integer, identity_key text, customer_id text, event_at timestamp,
            brand_id text default 'north'
        );
        insert into kept (number, identity_key, customer_id, event_at) values
            (1, 'account_id:merged', 'old', '2026-01-01'),
            (2, 'account_id:erased', 'old', '2026-01-01'),
            (3, 'account_id:still', 'wrong', '2026-01-01'),
            (4, 'visitor_id:shared', null, '2026-01-01'),
            (5, 'visitor_id:shared', 'a', '2026-01-02'),
            (6, 'visitor_id:shared', 'a', '2026-01-03'),
            (7, null, null, '2026-01-01'),
            (8, 'email:shared', 'a', '2026-01-01'),
            (9, 'email:shared', 'a', '2026-01-01'),
            (10, 'email:shared', 'a', '2026-01-01');
        update kept set brand_id = 'south' where number = 9;
        update kept set brand_id = 'west' where number = 10;
        create table stg_identity__moved_keys (identity_key text);
        insert into stg_identity__moved_keys values
            ('account_id:merged'), ('account_id:erased'), ('visitor_id:shared'),
            ('email:shared');
        create table int_identity_owners (
            identity_key text, customer_id text, valid_from timestamp, valid_to timestamp,
            brand_id text
        );
        insert into int_identity_owners
        select *, null from (values
            ('account_id:merged', 'new', '0001-01-01', '9999-12-31'),
            ('account_id:still', 'right', '0001-01-01', '9999-12-31'),
            ('visitor_id:shared', 'a', '2026-01-02', '2026-01-03'),
            ('visitor_id:shared', 'b', '2026-01-03', '9999-12-31')
        );
        insert into int_identity_owners values
            ('email:shared', 'n', '0001-01-01', '9999-12-31', 'north'),
            ('email:shared', 's', '0001-01-01', '9999-12-31', 'south');
        """
    )
    return connection


def test_rows_of_moved_keys_get_their_customer_at_their_time_and_in_their_brand(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """A key that did not move is left alone; the end of a period belongs to the next one."""
    warehouse.execute(hook(is_incremental=True))
    assert warehouse.execute("select number, customer_id from kept order by 1").fetchall() == [
        (1, "new"),
        (2, None),
        (3, "wrong"),
        (4, None),
        (5, "a"),
        (6, "b"),
        (7, None),
        (8, "n"),
        (9, "s"),
        (10, None),
    ]


def test_a_table_that_was_built_in_full_is_left_as_it_is() -> None:
    assert hook(is_incremental=False) == ""
