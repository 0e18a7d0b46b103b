"""Who cannot be one person: by birth dates, by names, by a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from orchestration.identity.keys import is_record
from orchestration.identity.overrides import NEVER_LINK

if TYPE_CHECKING:
    from ml.identity import Conflicts

# Names agree within a typing error, or where one begins with the other: Ana, Ana Maria, A.
SAME_NAME = """(
    {a} = {b} or starts_with({a}, rtrim({b}, '.')) or starts_with({b}, rtrim({a}, '.'))
    or damerau_levenshtein({a}, {b})
    <= case when least(length({a}), length({b})) > 6 then 2 else 1 end
)"""

# Dates agree within a typing error, or with day and month swapped, of people who are called alike:
# relatives of one name are born further apart, and twins are called otherwise.
SAME_BIRTH = """case
    when a.birth_date <> b.birth_date and a.given_name = b.given_name
    then coalesce({family}, false) and (
        damerau_levenshtein(strftime(a.birth_date, '%Y%m%d'), strftime(b.birth_date, '%Y%m%d')) <= 1
        or strftime(a.birth_date, '%Y%m%d') = strftime(b.birth_date, '%Y%d%m')
    )
    else a.birth_date = b.birth_date
end"""


def find_conflicts(connection: duckdb.DuckDBPyConnection) -> Conflicts:
    """Pairs of one component that are not one person, by their records or by decision.

    Two sets of birth dates of which none agrees; or names of which none agrees, unless one record
    states the other's number, or both have the same value confirmed, they or what states their
    number (temp table `_stated`). Another family name alone says nothing of two with one birth
    date: people marry. The temp table `_conflicts` has the pairs, with what they differ in.
    """
    from ml.identity import Conflicts

    given = SAME_NAME.format(a="a.given_name", b="b.given_name")
    family = SAME_NAME.format(a="a.family_name", b="b.family_name")
    birth = SAME_BIRTH.format(family=family)
    connection.execute(
        f"""
        create or replace temp table _conflicts as
        with described as (
            select distinct
                nodes.node, components.label as component, given_name, family_name, birth_date
            from identity.profiles as profiles
            inner join _nodes as nodes using (identity_key)
            inner join _components as components using (node)
            -- what somebody noted of an account is no second opinion on who its owner is
            where not ({is_record("profiles.identity_key")} and nodes.node in (
                select a from _believed where is_to_strong and not is_weak
            ))
        ),
        suspect as (
            select component from described group by component
            having
                min(node) <> max(node)
                and (
                    min(given_name) <> max(given_name) or min(family_name) <> max(family_name)
                    or min(birth_date) <> max(birth_date)
                )
        ),
        people as (from described where component in (from suspect)),
        compared as (
            select
                a.node as a,
                b.node as b,
                not bool_or({birth}) as is_birth_other,
                not bool_or({given}) as is_given_other,
                not bool_or({family}) as is_family_other
            from people as a
            inner join people as b on a.component = b.component and a.node < b.node
            group by a.node, b.node
        ),
        stated as (
            select least(a, b) as a, greatest(a, b) as b from _believed
            where is_from_strong and is_to_strong and not is_weak
        ),
        confirmed as (
            select distinct of_one.label as a, of_other.label as b
            from _believed as one
            inner join _believed as other on one.b = other.b and one.a <> other.a
            inner join _stated as of_one on one.a = of_one.node
            inner join _stated as of_other on other.a = of_other.node
            where one.is_confirmed and other.is_confirmed
        ),
        judged as (
            select
                compared.*,
                (compared.a, compared.b) not in (from stated)
                and (of_a.label, of_b.label) not in (from confirmed) as do_names_count
            from compared
            inner join _stated as of_a on compared.a = of_a.node
            inner join _stated as of_b on compared.b = of_b.node
        ),
        differing as (
            select
                a,
                b,
                coalesce(is_birth_other, false) as is_birth,
                do_names_count and coalesce(is_given_other, false) as is_given,
                do_names_count
                and coalesce(is_family_other, false)
                and coalesce(is_birth_other, true) as is_family
            from judged
        )
        select a, b, is_birth, is_given, is_family, false as is_decided
        from differing
        where is_birth or is_given or is_family
        union all
        select a.node, b.node, false, false, false, true from identity.overrides as overrides
        inner join _nodes as a on overrides.identity_key = a.identity_key
        inner join _nodes as b on overrides.other_identity_key = b.identity_key
        where overrides.action = '{NEVER_LINK}'
        """
    )
    columns = connection.execute(
        "select a, b, is_decided from _conflicts union all from _brand_conflicts"
    ).fetchnumpy()
    return Conflicts(columns["a"], columns["b"], columns["is_decided"])
