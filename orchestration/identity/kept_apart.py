"""What keeps two customers apart, in words: what differs, and how likely they are one."""

from __future__ import annotations

import duckdb

from orchestration.config import IdentitySettings

DIFFERING = {
    "is_birth": "no birth date agrees",
    "is_given": "no given name agrees",
    "is_family": "no family name agrees",
}


def conflict_reasons(connection: duckdb.DuckDBPyConnection, a: str, b: str) -> list[str]:
    """A sentence for each way in which records of two customers conflict, with an example."""
    flags = ", ".join(DIFFERING)
    rows = connection.execute(
        f"""
        select {flags}, min(one.identity_key), arg_min(other.identity_key, one.identity_key)
        from (
            select a, b, {flags} from _conflicts union all select b, a, {flags} from _conflicts
        ) as conflicts
        inner join _nodes as one on conflicts.a = one.node
        inner join _nodes as other on conflicts.b = other.node
        inner join identity.customer_keys as of_one on one.identity_key = of_one.identity_key
        inner join identity.customer_keys as of_other on other.identity_key = of_other.identity_key
        where of_one.customer_id = ? and of_other.customer_id = ?
            and ({" or ".join(DIFFERING)})
        group by {flags}
        order by {flags}
        """,
        [a, b],
    ).fetchall()
    return [
        f"{one} and {other} conflict: "
        + ", ".join(text for text, holds in zip(DIFFERING.values(), row, strict=True) if holds)
        + "."
        for *row, one, other in rows
    ]


def likely_reasons(
    connection: duckdb.DuckDBPyConnection, settings: IdentitySettings, has_conflict: bool
) -> list[str]:
    """A sentence on the likeliest pair of records of the two customers of `_scope`, if any is."""
    rows = connection.execute(
        """
        select
            record_a, record_b, probability,
            (record_a, record_b) in (select record_a, record_b from identity.linked_pairs)
        from identity.scored_pairs
        inner join identity.customer_keys as a on record_a = a.identity_key
        inner join identity.customer_keys as b on record_b = b.identity_key
        where
            record_a in (from _scope) and record_b in (from _scope)
            and a.customer_id <> b.customer_id
            and probability >= ?
        order by probability desc, record_a, record_b
        limit 1
        """,
        [min(settings.review_from, settings.auto_link)],
    ).fetchall()
    return [_likely(settings, has_conflict, *row) for row in rows]


def _likely(
    settings: IdentitySettings,
    has_conflict: bool,
    a: str,
    b: str,
    probability: float,
    is_linked: bool,
) -> str:
    text = f"By linkage {a} and {b} are one with probability {probability:.3f}"
    if probability < settings.auto_link:
        outweighed = "; the conflict outweighs it" if has_conflict else ""
        band = f"in the review band, which is below auto_link ({settings.auto_link})"
        return f"{text}: {band}{outweighed}."
    if has_conflict:
        held = "the conflict outweighs it"
    elif is_linked:
        held = "a decision, a brand or the size of the customer outweighs it"
    else:
        held = "one of them is as much like somebody else, and so ties neither"
    return f"{text}: from auto_link ({settings.auto_link}) on, but held, for {held}."
