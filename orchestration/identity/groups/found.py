"""Households that no source names: persons of one family name at one address."""

from __future__ import annotations

import duckdb

from orchestration.contracts.groups import ADDRESS, HOUSEHOLD

FAMILY = "same_address"


def take_shared_homes(connection: duckdb.DuckDBPyConnection, household_limit: int) -> None:
    """`_shared_homes`: who lives at those of `_due_homes` that two customers or more share.

    More than `household_limit` of one name at one address are an institution.
    """
    connection.execute(
        """
        create or replace temp table _shared_homes as
        with known as (
            select homes.*, keys.customer_id
            from (
                from _due_homes
                -- hashes are grouped in a third of the time of texts
                where hash(home_key) in (
                    select hash(home_key) from _due_homes group by all having count(*) > 1
                )
            ) as homes
            inner join identity.customer_keys as keys on homes.member_key = keys.identity_key
        )
        select * from known
        where home_key in (
            select home_key from known group by home_key
            having count(distinct customer_id) between 2 and ?
        )
        """,
        [household_limit],
    )


def find_households(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to `_members` who lives with whom; `_attached` ties their home to a named household.

    Of whom a source names a household, now or ever, it is believed and nothing is found. Everybody
    else belongs to the household of the home: that of a member whom a source names, if these are
    all of one household, else one of their own where at least two customers lived at one time.
    Two with one given name do not make one: they may be one person whom nothing else ties.
    """
    _take_residents(connection)
    _attach(connection)
    connection.execute(
        f"""
        insert into _members
        select
            residents.member_key, customer_id, home_key, '{ADDRESS}', null, valid_from, valid_to,
            '{FAMILY}', contract
        from _residents as residents
        where
            not is_named
            and (
                home_key in (select address_key from _attached)
                or home_key in (
                    select one.home_key
                    from _residents as one
                    inner join _residents as other
                        on
                            one.home_key = other.home_key
                            and one.customer_id < other.customer_id
                            and not list_has_any(one.given_names, other.given_names)
                            and one.valid_from <= coalesce(other.valid_to, date '9999-12-31')
                            and other.valid_from <= coalesce(one.valid_to, date '9999-12-31')
                    where not one.is_named and not other.is_named
                )
            )
        """
    )
    connection.execute(
        "delete from _attached where address_key not in (select group_key from _members)"
    )


def _take_residents(connection: duckdb.DuckDBPyConnection) -> None:
    """`_residents`: who lives at shared homes, with their given names, named by a source or not."""
    connection.execute(
        f"""
        create or replace temp table _residents as
        select
            member_key, customer_id, home_key, valid_from, valid_to, contract,
            customer_id in (
                select customer_id from _members
                where starts_with(group_key, '{HOUSEHOLD}:')
            ) as is_named,
            coalesce(given.given_names, []) as given_names
        from _shared_homes
        left join (
            select identity_key as member_key, list(distinct given_name) as given_names
            from identity.profiles
            where given_name is not null and identity_key in (select member_key from _shared_homes)
            group by identity_key
        ) as given using (member_key)
        """
    )


def _attach(connection: duckdb.DuckDBPyConnection) -> None:
    """`_attached`: the homes whose present members are named as one household, with it."""
    connection.execute(
        f"""
        create or replace temp table _attached as
        select
            home_key as address_key, min(members.group_key) as household_key,
            min(residents.contract) as contract
        from _residents as residents
        inner join _members as members using (customer_id)
        where
            starts_with(members.group_key, '{HOUSEHOLD}:')
            and members.valid_to is null
            and residents.valid_to is null
        group by home_key
        having count(distinct members.group_key) = 1
        """
    )
