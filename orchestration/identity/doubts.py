"""Pairs in doubt: likely to be one customer, and two so far; what speaks against each.

The probability of linkage looks at a pair alone. It holds where nothing else is known: where a
record has a rival, their chances add up to one, and of a conflict the rules say that they are two.
"""

from __future__ import annotations

import duckdb

from orchestration.config import IdentitySettings
from orchestration.identity.graph import take_conflicts
from orchestration.identity.rivals import CHANCES

LIKELY, HELD, RIVAL, CONFLICT = "likely", "held", "rival", "conflict"


def take_doubts(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """`_doubts`: every pair from `review_from` on that is two customers, its chance, and a reason.

    `conflict`: their customers conflict, so nothing likely unites them, and there is no chance.
    `rival`: one of them is like somebody else too, which the chance reckons with. `held`: from
    `auto_link` on, and kept apart by another limit. `likely`: nothing else speaks against it. Left
    out are pairs that a person has decided on.
    """
    _take_asked(connection, settings)
    _take_scope(connection)
    take_conflicts(connection, "select record_a, record_b, probability from _asked")
    connection.execute(
        f"""
        create or replace temp table _doubts as
        with apart as (
            select least(one.customer_id, other.customer_id) as customer_a,
                greatest(one.customer_id, other.customer_id) as customer_b
            from (
                select a, b from _conflicts union select a, b from _brand_conflicts
            ) as conflicts
            inner join _nodes as a on conflicts.a = a.node
            inner join _nodes as b on conflicts.b = b.node
            inner join identity.customer_keys as one on a.identity_key = one.identity_key
            inner join identity.customer_keys as other on b.identity_key = other.identity_key
        ),
        judged as (
            select
                *,
                case
                    when (customer_a, customer_b) in (from apart) then '{CONFLICT}'
                    when chance < probability then '{RIVAL}'
                    when probability >= $auto_link then '{HELD}'
                    else '{LIKELY}'
                end as reason
            from _asked
        )
        select
            record_a, record_b, reason,
            case when reason <> '{CONFLICT}' then round(chance, 4) end as chance
        from judged
        """,
        {"auto_link": settings.auto_link},
    )


def _take_asked(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """`_asked`: the pairs of two customers, as linkage scored them and with rivals reckoned in."""
    connection.execute(
        f"""
        create or replace temp table _asked as
        select
            pairs.*,
            least(one.customer_id, other.customer_id) as customer_a,
            greatest(one.customer_id, other.customer_id) as customer_b
        from ({CHANCES}) as pairs
        left join identity.customer_keys as one on pairs.record_a = one.identity_key
        left join identity.customer_keys as other on pairs.record_b = other.identity_key
        where
            pairs.probability >= $review_from
            and one.customer_id is distinct from other.customer_id
            and not exists (
                select 1 from identity.overrides as decided
                where
                    pairs.record_a in (decided.identity_key, decided.other_identity_key)
                    and pairs.record_b in (decided.identity_key, decided.other_identity_key)
            )
        """,
        {"review_from": settings.review_from},
    )


def _take_scope(connection: duckdb.DuckDBPyConnection) -> None:
    """`_scope`: all that hangs together with a pair in doubt."""
    connection.execute(
        """
        create or replace temp table _scope as
        with ends as (select unnest([record_a, record_b]) as identity_key from _asked)
        from ends
        union
        select identity_key from identity.nodes
        where component in (
            select component from identity.nodes where identity_key in (from ends)
        )
        """
    )
