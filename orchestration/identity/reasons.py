"""Why each key moved: the edge, the conflict or the decision that an event names."""

from __future__ import annotations

import duckdb

from orchestration.identity.overrides import NEVER_LINK, SPLIT

BEST = "order by rank, strength desc, since nulls last, from_key, to_key"


def take_reasons(connection: duckdb.DuckDBPyConnection) -> None:
    """`_reasoned`: every move with its reason.

    Of a merge, the strongest edge between the two that had been apart; of a split, a person's
    decision, else the strongest edge that a conflict outweighs, else that no evidence is left; of
    any other key its strongest edge.
    """
    _take_judged(connection)
    _take_pair_reasons(connection)
    connection.execute(
        f"""
        create or replace temp table _key_reasons as
        select identity_key, rule, from_key, to_key, source, probability
        from (
            select *, 0 as rank, unnest([from_key, to_key]) as identity_key from _judged
            where a_customer = b_customer
        )
        where identity_key in (
            select identity_key from _moves where kind in ('link', 'merge')
        )
        qualify row_number() over (partition by identity_key {BEST}) = 1
        """
    )
    connection.execute(
        f"""
        create or replace temp table _reasoned as
        select
            moves.*,
            case
                when alone.identity_key is not null and moves.kind = 'split' then '{SPLIT}'
                when pairs.rule is not null then pairs.rule
                when moves.kind = 'create' then 'first_seen'
                when moves.kind = 'split' then 'no_evidence'
                else own.rule
            end as rule,
            coalesce(pairs.from_key, own.from_key) as from_key,
            coalesce(pairs.to_key, own.to_key) as to_key,
            coalesce(pairs.source, own.source) as source,
            coalesce(pairs.probability, own.probability) as probability
        from _moves as moves
        left join _pair_reasons as pairs
            using (kind, customer_id, other_customer_id)
        left join _key_reasons as own
            on moves.identity_key = own.identity_key
        left join (
            select distinct identity_key from identity.overrides where action = '{SPLIT}'
        ) as alone
            on moves.identity_key = alone.identity_key
        """
    )


def _take_judged(connection: duckdb.DuckDBPyConnection) -> None:
    """`_judged`: the edges at moved keys, with the customers of both ends, then and now."""
    connection.execute(
        """
        create or replace temp table _judged as
        select
            edges.*,
            a_now.customer_id as a_customer, b_now.customer_id as b_customer,
            a_old.customer_id as a_former, b_old.customer_id as b_former
        from _edges as edges
        inner join _current as a_now on edges.from_key = a_now.identity_key
        inner join _current as b_now on edges.to_key = b_now.identity_key
        left join _old as a_old on edges.from_key = a_old.identity_key
        left join _old as b_old on edges.to_key = b_old.identity_key
        where
            edges.from_key in (select identity_key from _moves)
            or edges.to_key in (select identity_key from _moves)
        """
    )


def _take_pair_reasons(connection: duckdb.DuckDBPyConnection) -> None:
    """`_pair_reasons`: for the two customers of a merge or a split, what speaks for it."""
    connection.execute(
        f"""
        create or replace temp table _pair_reasons as
        with sides as (
            select *, a_customer as customer_id, b_customer as other_now, a_former as former,
                b_former as other_former
            from _judged
            union all
            select *, b_customer, a_customer, b_former, a_former from _judged
        ),
        candidates as (
            select
                'merge' as kind, customer_id, other_former as other_customer_id,
                rule, from_key, to_key, source, probability, strength, since,
                case when former = customer_id then 1 else 2 end as rank
            from sides
            where
                customer_id = other_now
                and other_former <> customer_id
                and former is distinct from other_former
            union all
            select
                'split', customer_id, other_now, 'conflict', from_key, to_key, source,
                probability, strength, since, 2
            from sides
            where customer_id <> other_now
            union all
            select
                'split', one.customer_id, other.customer_id, decided.action, decided.identity_key,
                decided.other_identity_key, 'overrides', null, 1000, null, 1
            from (
                select action, identity_key, other_identity_key from identity.overrides
                where action = '{NEVER_LINK}'
                union all
                select action, other_identity_key, identity_key from identity.overrides
                where action = '{NEVER_LINK}'
            ) as decided
            inner join _current as one on decided.identity_key = one.identity_key
            inner join _current as other on decided.other_identity_key = other.identity_key
            where one.customer_id <> other.customer_id
        )
        select kind, customer_id, other_customer_id, rule, from_key, to_key, source, probability
        from candidates
        qualify
            row_number() over (partition by kind, customer_id, other_customer_id {BEST}) = 1
        """
    )
