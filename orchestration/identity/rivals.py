"""Which likely pairs tie: of several that a record cannot all be, none unless it stands out."""

from __future__ import annotations

import duckdb

from orchestration.config import IdentitySettings

ALMOST_SURE = 1 - 1e-12


# Each of `identity.scored_pairs` with its chance: the probability, less what its rivals take of it.
CHANCES = f"""
    with pairs as (
        select
            record_a,
            record_b,
            probability,
            coalesce(a.entity_id, record_a) as entity_a,
            coalesce(b.entity_id, record_b) as entity_b,
            least(probability, {ALMOST_SURE!r}) as chance
        from identity.scored_pairs
        left join identity.entities as a on record_a = a.identity_key
        left join identity.entities as b on record_b = b.identity_key
    ),
    alike as (
        select entity, other, max(chance / (1 - chance)) as odds
        from (
            select entity_a as entity, entity_b as other, chance from pairs
            union all
            select entity_b, entity_a, chance from pairs
        )
        group by entity, other
    ),
    rivals as (
        select one.entity, one.other, sum(rival.odds) as odds
        from alike as one
        inner join alike as rival on one.entity = rival.entity and one.other <> rival.other
        where (one.other, rival.other) not in (select entity, other from alike)
        group by one.entity, one.other
    )
    select
        record_a,
        record_b,
        max(probability) as probability,
        max(
            case
                when of_a.odds is null and of_b.odds is null then probability
                else least(
                    probability,
                    alike.odds
                    / (1 + alike.odds + coalesce(of_a.odds, 0) + coalesce(of_b.odds, 0))
                )
            end
        ) as chance
    from pairs
    inner join alike on entity_a = alike.entity and entity_b = alike.other
    left join rivals as of_a on entity_a = of_a.entity and entity_b = of_a.other
    left join rivals as of_b on entity_b = of_b.entity and entity_a = of_b.other
    group by record_a, record_b
"""


def take_likely_pairs(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """Write temp table `_likely`: the pairs of `identity.scored_pairs` from `auto_link` on.

    A record that is as much like two customers who are not alike each other is one of them at most:
    their chances add up to one. So no record chains two strangers.
    """
    connection.execute(
        "create or replace temp table _likely as"
        f" select record_a, record_b, chance from ({CHANCES}) where chance >= $auto_link",
        {"auto_link": settings.auto_link},
    )
