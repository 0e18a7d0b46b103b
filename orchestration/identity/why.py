"""Why two keys are one customer, or two: the path of evidence, or what keeps them apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from orchestration.config import IdentitySettings
from orchestration.errors import ConfigurationError
from orchestration.identity.graph import take_conflicts, take_edges
from orchestration.identity.kept_apart import conflict_reasons, likely_reasons
from orchestration.identity.overrides import NEVER_LINK

SCOPE = (
    "create or replace temp table _scope as select identity_key from identity.customer_keys"
    " where customer_id in (?, ?)"
)


@dataclass(frozen=True)
class Tie:
    """One piece of evidence: a record of `source` that names both keys, or a likely pair."""

    from_key: str
    to_key: str
    rule: str
    source: str | None
    probability: float | None


@dataclass
class Answer:
    """The customers of two keys; what ties them, step by step, or what speaks against it."""

    key_a: str
    key_b: str
    customer_a: str
    customer_b: str
    path: list[Tie] = field(default_factory=list)
    refused: list[Tie] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        """Whether both are one customer."""
        return self.customer_a == self.customer_b


def why(
    connection: duckdb.DuckDBPyConnection, a: str, b: str, settings: IdentitySettings
) -> Answer:
    """Explain two identity keys, or customers by the key that founded them, where they have it."""
    (key_a, customer_a), (key_b, customer_b) = _known(connection, a), _known(connection, b)
    answer = Answer(key_a, key_b, customer_a, customer_b)
    conflicts = [] if answer.is_same else _conflicts(connection, customer_a, customer_b)
    connection.execute(SCOPE, [customer_a, customer_b])
    take_edges(connection)
    if answer.is_same:
        answer.path = _path(_ties(connection, "a.customer_id = b.customer_id"), key_a, key_b)
    else:
        answer.refused = _ties(connection, "a.customer_id <> b.customer_id")
        likely = likely_reasons(connection, settings, bool(conflicts))
        answer.reasons = _reasons(connection, answer, [*conflicts, *likely])
    return answer


def _known(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[str, str]:
    rows = connection.execute(
        "select identity_key, customer_id from identity.customer_keys"
        " where $text in (identity_key, customer_id)"
        " order by identity_key <> founding_key, identity_key limit 1",
        {"text": text},
    ).fetchall()
    if not rows:
        raise ConfigurationError(
            f"{text} is no key or customer of this warehouse: give a key as account_id:4711, or a"
            " customer_id."
        )
    return rows[0][0], rows[0][1]


def _ties(connection: duckdb.DuckDBPyConnection, condition: str) -> list[Tie]:
    rows = connection.execute(
        "select from_key, to_key, rule, source, probability from _edges as edges"
        " inner join identity.customer_keys as a on edges.from_key = a.identity_key"
        " inner join identity.customer_keys as b on edges.to_key = b.identity_key"
        " where a.identity_key in (from _scope) and b.identity_key in (from _scope)"
        f" and {condition} order by strength desc, since nulls last, from_key, to_key"
    ).fetchall()
    return [Tie(*row) for row in rows]


def _path(ties: Iterable[Tie], start: str, end: str) -> list[Tie]:
    """The fewest steps from one key to the other, of equals by the strongest evidence."""
    around: dict[str, list[tuple[str, Tie]]] = {}
    for tie in ties:
        around.setdefault(tie.from_key, []).append((tie.to_key, tie))
        around.setdefault(tie.to_key, []).append((tie.from_key, tie))
    came: dict[str, tuple[str, Tie] | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came:
        key = waiting.popleft()
        for other, tie in around.get(key, []):
            if other not in came:
                came[other] = (key, tie)
                waiting.append(other)
    path, step = [], came.get(end)
    while step is not None:
        path.append(step[1])
        step = came[step[0]]
    return path[::-1]


def _conflicts(connection: duckdb.DuckDBPyConnection, a: str, b: str) -> list[str]:
    """What the records of two customers differ in, judged within all that hangs together."""
    connection.execute(SCOPE, [a, b])
    connection.execute(
        """
        create or replace temp table _scope as
        from _scope
        union
        select identity_key from identity.nodes
        where component in (
            select component from identity.nodes where identity_key in (from _scope)
        )
        """
    )
    take_conflicts(
        connection,
        "select record_a, record_b, probability from identity.scored_pairs"
        " where record_a in (from _scope) and record_b in (from _scope)",
    )
    return conflict_reasons(connection, a, b)


def _reasons(
    connection: duckdb.DuckDBPyConnection, answer: Answer, outweighed: list[str]
) -> list[str]:
    found = []
    if _is_decided(connection):
        found.append("A person decided that they are not one.")
    if _is_of_two_brands(connection):
        found.append(
            "They are customers of different brands, and did not both agree to be known across"
            " brands."
        )
    found += outweighed
    if answer.refused and not found:
        found.append(
            "What would tie them is not believed: it is likely only, and the customer has many"
            " keys, or it is part of a chain that no person can be."
        )
    for key, count in _shared_hubs(connection):
        found.append(f"They share {key}, which {count:,} records have: it ties nobody.")
    for key in _unverified(connection):
        found.append(f"They share {key}, but it is not verified for both.")
    return found or ["No record ties them."]


def _is_decided(connection: duckdb.DuckDBPyConnection) -> bool:
    sql = (
        "select 1 from identity.overrides where action = ? and identity_key in (from _scope)"
        " and other_identity_key in (from _scope) limit 1"
    )
    return bool(connection.execute(sql, [NEVER_LINK]).fetchall())


def _is_of_two_brands(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the two customers have no brand in common, and not both agreed to that."""
    sql = (
        "select list(distinct brands.brand_id), coalesce(bool_and(consents.is_granted), false)"
        " from identity.brands as brands"
        " inner join identity.customer_keys as keys using (identity_key)"
        " left join identity.brand_consents as consents using (identity_key)"
        " where brands.identity_key in (from _scope) group by keys.customer_id"
    )
    rows = connection.execute(sql).fetchall()
    brands = [set(names) for names, _ in rows]
    has_agreed = all(is_granted for _, is_granted in rows)
    return len(brands) > 1 and not set.intersection(*brands) and not has_agreed


SHARED = """
    select evidence.to_key
    from identity.evidence as evidence
    inner join identity.customer_keys as keys on evidence.from_key = keys.identity_key
    where evidence.from_key in (from _scope)
    group by evidence.to_key
    having count(distinct keys.customer_id) > 1
"""


def _shared_hubs(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    sql = f"from identity.hubs where identity_key in ({SHARED}) order by all"
    return [(key, count) for key, count in connection.execute(sql).fetchall()]


def _unverified(connection: duckdb.DuckDBPyConnection) -> list[str]:
    sql = (
        f"select distinct to_key from ({SHARED}) where to_key not in"
        " (select identity_key from identity.hubs)"
        " and to_key not in (select unnest([from_key, to_key]) from _edges as edges"
        " inner join identity.customer_keys as a on edges.from_key = a.identity_key"
        " inner join identity.customer_keys as b on edges.to_key = b.identity_key"
        " where a.customer_id <> b.customer_id and b.identity_key in (from _scope))"
        " order by all"
    )
    return [key for (key,) in connection.execute(sql).fetchall()]
