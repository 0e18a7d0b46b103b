"""What has happened to customers since readers last saw them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.identity.keys import is_group, is_record, is_strong, is_within_brand
from orchestration.publishing.versions import published_manifest

MANIFEST_KEY = "identity_event"


@dataclass(frozen=True)
class Changes:
    """Customers, those merged away or split since publication, keys of the largest that grew."""

    customers: int
    merged: int
    split: int
    largest: int


def published_event(connection: duckdb.DuckDBPyConnection, current: Path) -> int | None:
    """The last event that the published version knows; null where nothing is published.

    A version from before the ledger knew the customers that the ledger began with.
    """
    manifest = published_manifest(current)
    if manifest is None:
        return None
    if MANIFEST_KEY in manifest:
        number = manifest[MANIFEST_KEY]
        return None if number is None else int(number)
    sql = "select max(event_number) from identity.events where rule = 'taken_over'"
    found: int | None = connection.execute(sql).fetchall()[0][0]
    return found


def write_changes(connection: duckdb.DuckDBPyConnection, since: int | None) -> Changes:
    """Fill `identity.changes` with the keys whose customer moved after an event, and count them."""
    connection.execute("delete from identity.changes")
    connection.execute(
        f"""
        insert into identity.changes
        with late as (
            select distinct identity_key from identity.events
            where
                event_number > $since
                and kind in ('merge', 'split', 'link')
                and not {is_group("identity_key")}
                and not {is_within_brand("identity_key")}
        ),
        before as (
            select identity_key, arg_max_null(customer_id, event_number) as customer_id
            from identity.events
            where
                event_number <= $since
                and kind <> 'override'
                and identity_key in (from late)
            group by identity_key
        )
        select identity_key, keys.customer_id, before.customer_id
        from before
        left join identity.customer_keys as keys using (identity_key)
        where
            before.customer_id is not null
            and before.customer_id is distinct from keys.customer_id
        order by identity_key
        """,
        {"since": since},
    )
    return _counted(connection, since)


def _counted(connection: duckdb.DuckDBPyConnection, since: int | None) -> Changes:
    """Only accounts, cards and records count: a shared address may change hands.

    Of sizes only that of a customer who has gained one since publication: who was large and
    accepted is no news.
    """
    is_somebody = f"({is_strong('identity_key')} or {is_record('identity_key')})"
    row = connection.execute(
        f"""
        with gained as (
            select identity_key from identity.events
            where {is_somebody} and event_number > coalesce($since, 0) and kind <> 'override'
        ),
        keys as (
            select
                customer_id,
                count(*) filter (where {is_somebody}) as somebody,
                coalesce(bool_or(identity_key in (from gained)), false) as has_grown
            from identity.customer_keys group by customer_id
        ),
        moved as (
            select distinct
                previous_customer_id,
                previous_customer_id in (select customer_id from keys) as is_alive
            from identity.changes
            where {is_somebody} and customer_id is not null
        )
        select
            (select count(*) from keys),
            (select count(*) from moved where not is_alive),
            (select count(*) from moved where is_alive),
            (select coalesce(max(somebody) filter (where has_grown), 0) from keys)
        """,
        {"since": since},
    ).fetchall()[0]
    return Changes(*row)
