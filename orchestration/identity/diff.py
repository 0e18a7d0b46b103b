"""What the last run did to customers, against what readers had before it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from orchestration.identity.keys import is_record, is_strong

VALUE_TABLES = {("intermediate", "int_orders_unioned"), ("marts", "fct_orders")}
NO_VALUES = "select null as identity_key, null as net_revenue_amount where false"
VALUES = """
    select orders.identity_key, sum(facts.net_revenue_amount_reporting) as net_revenue_amount
    from intermediate.int_orders_unioned as orders
    inner join marts.fct_orders as facts using (order_id)
    group by orders.identity_key
"""


@dataclass(frozen=True)
class Moved:
    """Keys that went from one customer to another, why, and the net revenue that went along."""

    kind: str
    customer_id: str | None
    previous_customer_id: str
    keys: int
    rule: str | None
    net_revenue_amount: Decimal | None


@dataclass(frozen=True)
class Large:
    """A customer by the number of accounts, cards and records."""

    customer_id: str
    accounts: int
    cards: int
    records: int


def moved(connection: duckdb.DuckDBPyConnection) -> list[Moved]:
    """Merges, then splits, the most valuable first; a key counts where it ended."""
    values = VALUES if _has_values(connection) else NO_VALUES
    rows = connection.execute(
        f"""
        with last_words as (
            select identity_key, arg_max(rule, event_number) as rule
            from identity.events
            where
                kind <> 'override'
                and identity_key in (select identity_key from identity.changes)
            group by identity_key
        )
        select
            case
                when changes.previous_customer_id in (
                    select customer_id from identity.customer_keys
                ) or changes.customer_id is null then 'split'
                else 'merge'
            end as kind,
            changes.customer_id,
            changes.previous_customer_id,
            count(*) as keys,
            mode(last_words.rule) as rule,
            sum(amounts.net_revenue_amount) as net_revenue_amount
        from identity.changes as changes
        left join last_words using (identity_key)
        left join ({values}) as amounts using (identity_key)
        group by all
        order by
            kind, abs(sum(amounts.net_revenue_amount)) desc nulls last, keys desc,
            customer_id, previous_customer_id
        """
    ).fetchall()
    return [Moved(*row) for row in rows]


def largest(connection: duckdb.DuckDBPyConnection, count: int) -> list[Large]:
    """The customers with most accounts, cards and records."""
    rows = connection.execute(
        f"""
        select
            customer_id,
            count(*) filter (where starts_with(identity_key, 'account_id:')) as accounts,
            count(*) filter (where starts_with(identity_key, 'loyalty_id:')) as cards,
            count(*) filter (where {is_record("identity_key")}) as records
        from identity.customer_keys
        where {is_strong("identity_key")} or {is_record("identity_key")}
        group by customer_id
        order by count(*) desc, customer_id
        limit {int(count)}
        """
    ).fetchall()
    return [Large(*row) for row in rows]


def _has_values(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any run has built the orders yet."""
    rows = connection.execute(
        "select table_schema, table_name from information_schema.tables"
    ).fetchall()
    return set(rows) >= VALUE_TABLES
