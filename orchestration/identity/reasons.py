"""Why each key moved: the edge, the conflict or the decision that an event names."""

from __future__ import annotations

import duckdb

from orchestration.identity.overrides import NEVER_LINK, SPLIT

BEST = "order by rank, strength desc, since nulls last, from_key, to_key"
PAIR_REASONS = """
    kind varchar, customer_id varchar, other_customer_id varchar, rule varchar, from_key varchar,
    to_key varchar, source varchar, probability double
"""


def take_reasons(connection: duckdb.DuckDBPyConnection) -> None:
    """`_reasoned`: every move with its reason.

    Of a merge, the strongest edge between the two that had been apart; of a split, a person's
    decision, else the strongest edge that a conflict outweighs, else that no evidence is left; of
    any other key its strongest edge.
    """
    connection.execute(f"create or replace temp table _pair_reasons ({PAIR_REASONS})")
    if connection.execute("from _moves where kind in ('merge', 'split') limit 1").fetchall():
        _take_judged(connection)
        _take_pair_reasons(connection)
    _take_key_reasons(connection)
    connection.execute(
        f"""
        create or replace temp view _reasoned as
        select
            moved.event_number, moved.kind, moved.identity_key, moved.customer_id,
            moved.other_customer_id,
            case
                when alone.identity_key is not null and moved.kind = 'split' then '{SPLIT}'
                when pairs.rule is not null then pairs.rule
                when moved.kind = 'create' then 'first_seen'
                when moved.kind = 'split' then 'no_evidence'
                else own.rule
            end as rule,
            coalesce(pairs.from_key, own.from_key) as from_key,
            coalesce(pairs.to_key, own.to_key) as to_key,
            coalesce(pairs.source, own.source) as source,
            coalesce(pairs.probability, own.probability) as probability
        from _moved as moved
        left join _pair_reasons as pairs
            using (kind, customer_id, other_customer_id)
        left join _key_reasons as own
            on moved.event_number = own.event_number
        left join (
            select distinct identity_key from identity.overrides where action = '{SPLIT}'
        ) as alone
            on moved.identity_key = alone.identity_key
        """
    )


def _take_key_reasons(connection: duckdb.DuckDBPyConnection) -> None:
    """`_key_reasons`: for each key that came to a customer the strongest edge within it."""
    connection.execute(
        """
        create or replace temp table _inner as
        select
            edges.a, edges.b, edges.rule, edges.source, edges.probability,
            row_number() over (
                order by strength desc, since nulls last, edges.a, edges.b
            ) as place
        from _numbered as edges
        inner join _resolved as of_a on edges.a = of_a.node
        inner join _resolved as of_b on edges.b = of_b.node and of_a.label = of_b.label
        """
    )
    connection.execute(
        """
        create or replace temp view _key_reasons as
        with strongest as (
            select moves.event_number, min(ends.place) as place
            from (select unnest([a, b]) as node, place from _inner) as ends
            inner join _moves as moves on ends.node = moves.node
            where moves.kind in ('link', 'merge')
            group by moves.event_number
        )
        select
            strongest.event_number, edges.rule, a.identity_key as from_key,
            b.identity_key as to_key, edges.source, edges.probability
        from strongest
        inner join _inner as edges using (place)
        inner join _resolved as a on edges.a = a.node
        inner join _resolved as b on edges.b = b.node
        """
    )


def _take_judged(connection: duckdb.DuckDBPyConnection) -> None:
    """`_judged`: the edges at moved keys of who merged or split; whose both ends are and were."""
    connection.execute(
        """
        create or replace temp table _judged as
        with concerned as (
            select distinct label from _moves
            where kind in ('merge', 'split') and label is not null
        ),
        edges as (
            select * from _numbered
            where
                (
                    a in (select node from _resolved where label in (from concerned))
                    or b in (select node from _resolved where label in (from concerned))
                )
                and (
                    a in (select node from _moves where label is not null)
                    or b in (select node from _moves where label is not null)
                )
        )
        select
            edges.rule, edges.source, edges.probability, edges.strength, edges.since,
            a_now.identity_key as from_key, b_now.identity_key as to_key,
            a_now.customer_id as a_customer, b_now.customer_id as b_customer,
            a_old.customer_id as a_former, b_old.customer_id as b_former
        from edges
        inner join _current as a_now on edges.a = a_now.node
        inner join _current as b_now on edges.b = b_now.node
        left join _old as a_old on edges.a = a_old.node
        left join _old as b_old on edges.b = b_old.node
        """
    )


def _take_pair_reasons(connection: duckdb.DuckDBPyConnection) -> None:
    """`_pair_reasons`: for the two customers of a merge or a split, what speaks for it."""
    connection.execute(
        f"""
        insert into _pair_reasons
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
