"""The tables of the schema `identity`."""

from __future__ import annotations

import duckdb

from orchestration.identity.keys import is_group
from orchestration.linkage import PAIR_COLUMNS
from orchestration.sql import identifier

# what was read from raw, by delivery: a delivery that is withdrawn takes its evidence with it
EVIDENCE_TABLES = {
    "read_deliveries": """
        delivery_id varchar, run_id varchar, contract varchar, reading varchar
    """,
    "sightings": """
        delivery_id varchar, contract varchar, identity_key varchar, first_at timestamp
    """,
    "evidence": """
        delivery_id varchar, contract varchar, from_key varchar, to_key varchar, kind varchar,
        verified integer, seen_at timestamp
    """,
    "profiles": """
        delivery_id varchar, identity_key varchar, given_name varchar, family_name varchar,
        birth_date date, email varchar, phone varchar, street varchar, postcode varchar,
        city varchar, created_on date
    """,
}
# what people and the model of linkage say
GIVEN_TABLES = {
    "overrides": """
        action varchar, identity_key varchar, other_identity_key varchar, reason varchar
    """,
    "scored_pairs": PAIR_COLUMNS,
}
# the addresses, numbers and names by which touches are known, and where they were read
CONTACT_TABLES = {
    "contact_deliveries": """
        delivery_id varchar, run_id varchar, contract varchar, reading varchar
    """,
    "contact_keys": "identity_key varchar, open_key varchar",
}
# of a company with several brands: whose customer a key is, and who agreed to be known across them
BRAND_TABLES = {
    "brands": "identity_key varchar, brand_id varchar",
    "brand_consents": "identity_key varchar, is_granted boolean",
}
# what erasures leave: the keys to resolve again, and those of records that raw still holds
ERASURE_TABLES = {"pending": "identity_key varchar", "erased_keys": "identity_key varchar"}
# what follows from both
DERIVED_TABLES = {
    "rules": "version varchar",
    "hubs": "identity_key varchar, tied_count bigint",
    "linked_pairs": "record_a varchar, record_b varchar, probability double",
    "entities": "identity_key varchar, entity_id varchar, numbered_id varchar",
    "linkage": "asked varchar, model_version varchar",
    "nodes": "identity_key varchar, component varchar",
    "changes": """
        identity_key varchar, customer_id varchar, previous_customer_id varchar
    """,
}
# what persons belong to
GROUP_TABLES = {
    "memberships": """
        member_key varchar, group_key varchar, kind varchar, role varchar, valid_from date,
        valid_to date, is_registered boolean, contract varchar
    """,
    "group_ties": """
        member_key varchar, from_key varchar, to_key varchar, rule varchar, contract varchar
    """,
    "homes": """
        member_key varchar, home_key varchar, valid_from date, valid_to date, contract varchar
    """,
    "group_members": """
        member_key varchar, group_key varchar, role varchar, valid_from date, valid_to date,
        rule varchar, contract varchar
    """,
    "attached_homes": "address_key varchar, household_key varchar, contract varchar",
    "group_rules": "version varchar",
}
# what is found again from raw and by linkage
READ_AGAIN = [
    *EVIDENCE_TABLES, "scored_pairs", *CONTACT_TABLES, *BRAND_TABLES, *DERIVED_TABLES, *GROUP_TABLES
]  # fmt: skip
EVENTS = """
    event_number bigint, run_id varchar, known_at timestamp, kind varchar, identity_key varchar,
    customer_id varchar, other_customer_id varchar, rule varchar, evidence_from varchar,
    evidence_to varchar, source varchar, probability double
"""
CUSTOMER_KEYS = """
    identity_key varchar, customer_id varchar, founding_key varchar, created_run_id varchar,
    valid_from_event bigint, valid_from timestamp
"""
TABLES = {
    **EVIDENCE_TABLES,
    **GIVEN_TABLES,
    **CONTACT_TABLES,
    **BRAND_TABLES,
    **ERASURE_TABLES,
    **DERIVED_TABLES,
    **GROUP_TABLES,
    "events": EVENTS,
    "customer_keys": CUSTOMER_KEYS,
    "group_keys": CUSTOMER_KEYS,
    # since the last complete build of the models
    "moved_keys": "identity_key varchar",
}


def create_identity_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every table that is missing; of an earlier version every customer keeps the number.

    What an earlier version has read into other columns is read again.
    """
    connection.execute("create schema if not exists identity")
    _drop_outdated(connection)
    is_earlier = is_before_ledger(connection)
    if is_earlier:
        connection.execute("alter table identity.customer_keys rename to earlier_customer_keys")
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists identity.{identifier(name)} ({columns})")
    if is_earlier:
        found_from_keys(connection, "identity.earlier_customer_keys", "quality.deliveries")
        connection.execute("drop table identity.earlier_customer_keys")


def _drop_outdated(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables of other columns, and with one of them all that were read together."""
    found = connection.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns()"
        " where schema_name = 'identity' and database_name = current_database() group by all"
    ).fetchall()
    outdated = {
        name for name, columns in found if name in READ_AGAIN and columns != _columns_of(name)
    }
    if outdated:
        for name in READ_AGAIN:
            connection.execute(f"drop table if exists identity.{identifier(name)}")


def _columns_of(table: str) -> list[str]:
    return [column.split()[0] for column in TABLES[table].split(",")]


def is_before_ledger(connection: duckdb.DuckDBPyConnection, catalog: str = "") -> bool:
    """Whether a warehouse knows customers but no ledger of them."""
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'identity'"
        " and database_name = coalesce(nullif(?, ''), current_database())",
        [catalog],
    ).fetchall()
    names = {name for (name,) in found}
    return "customer_keys" in names and "events" not in names


def found_from_keys(connection: duckdb.DuckDBPyConnection, keys: str, deliveries: str) -> None:
    """Begin the ledger with the customers of a version that kept none."""
    connection.execute(
        f"""
        insert into identity.events
        select
            row_number() over (
                order by created_run_id, founding_key, identity_key <> founding_key, identity_key
            ),
            created_run_id,
            (select max(received_at) from {deliveries} where run_id <= created_run_id),
            case when identity_key = founding_key then 'create' else 'link' end,
            identity_key, customer_id, null, 'taken_over', null, null, null, null
        from {keys}
        where not exists (select 1 from identity.events)
        """
    )
    derive_customer_keys(connection)


def derive_customer_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """The crosswalks as the ledger's last word on each key, of customers and of groups."""
    of_group = is_group("identity_key")
    for table, condition in (("customer_keys", f"not {of_group}"), ("group_keys", of_group)):
        _derive_keys(connection, table, condition)


def clear_decisions(connection: duckdb.DuckDBPyConnection) -> None:
    """`_changed_overrides` without a row: what people decide is about persons, and is written."""
    connection.execute(
        "create or replace temp table _changed_overrides as"
        " select *, true as is_new from identity.overrides limit 0"
    )


def _derive_keys(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    connection.execute(
        f"""
        create or replace table identity.{table} as
        with last_words as (
            select
                identity_key,
                arg_max_null(customer_id, event_number) as customer_id,
                max(event_number) as valid_from_event,
                arg_max_null(known_at, event_number) as valid_from,
                arg_min(run_id, event_number) as created_run_id
            from identity.events
            where kind <> 'override' and {condition}
            group by identity_key
        ),
        founders as (
            select customer_id, arg_min(identity_key, event_number) as founding_key
            from identity.events
            where customer_id is not null and kind <> 'override'
            group by customer_id
        )
        select
            identity_key, customer_id, founding_key, created_run_id, valid_from_event, valid_from
        from last_words
        inner join founders using (customer_id)
        order by identity_key
        """
    )
