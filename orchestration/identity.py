"""Who is who, by keys: `identity.customer_keys`.

An identity key is `account_id:<account>` or `loyalty_id:<card>`. Where a contract says
`linksIdentities`, a card that its record carries belongs to that record's account, of several
accounts to the earliest; every other key founds a customer of its own. `customer_id` is
`c_` and 20 hex digits of an HMAC-SHA256 of the founding key under the workspace's secret: the same
key gives the same number in every rebuild, and nobody can compute it from an account number.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from orchestration.contracts import Contract
from orchestration.sql import identifier, literal

CUSTOMER_KEYS = """
    identity_key varchar primary key, customer_id varchar, founding_key varchar,
    created_run_id varchar
"""
NO_LINKS = "select null as loyalty_id, null as account_id, null as linked_at, null as source"


def update_customer_keys(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    secret: bytes,
    run_id: str,
) -> int:
    """Bring `identity.customer_keys` up to date with staging; returns its rows."""
    connection.execute(f"create table if not exists identity.customer_keys ({CUSTOMER_KEYS})")
    connection.execute(f"create or replace temp table founded as {_founding_sql(contracts)}")
    _name_founders(connection, secret)
    connection.execute(
        """
        create or replace temp table renewed as
        select
            founded.identity_key,
            founders.customer_id,
            founded.founding_key,
            coalesce(known.created_run_id, ?) as created_run_id
        from founded
        inner join founders using (founding_key)
        left join identity.customer_keys as known using (identity_key)
        order by founded.identity_key
        """,
        [run_id],
    )
    connection.execute("begin")
    connection.execute("delete from identity.customer_keys")
    connection.execute("insert into identity.customer_keys select * from renewed")
    connection.execute("commit")
    row = connection.execute("select count(*) from identity.customer_keys").fetchone()
    return int(row[0]) if row else 0


def keep_customer_keys(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Take over the keys of another warehouse: who is known keeps number and first run."""
    connection.execute(f"create table if not exists identity.customer_keys ({CUSTOMER_KEYS})")
    connection.execute(
        "insert or replace into identity.customer_keys by name"
        f" select * from {identifier(catalog)}.identity.customer_keys"
    )


def _founding_sql(contracts: Iterable[Contract]) -> str:
    """Every identity key of every staging table, with the key that founded its customer."""
    contracts = tuple(contracts)
    keys = " union ".join(_keys_of(contract) for contract in contracts if _key_columns(contract))
    links = " union all ".join(_links_of(item) for item in contracts if item.links_identities)
    return f"""
        with seen as ({keys}),
        links as ({links or NO_LINKS}),
        cards as (
            select
                'loyalty_id:' || loyalty_id as identity_key,
                arg_min(
                    'account_id:' || account_id,
                    (coalesce(linked_at, timestamp '9999-12-31'), source, account_id)
                ) as founding_key
            from links
            where loyalty_id is not null and account_id is not null
            group by loyalty_id
        )
        select
            seen.identity_key,
            coalesce(cards.founding_key, seen.identity_key) as founding_key
        from seen
        left join cards using (identity_key)
    """


def _links_of(contract: Contract) -> str:
    """The cards of a contract that ties them to accounts, and since when."""
    account = identifier(f"{contract.source}_customer_id")
    time = f"cast({identifier(contract.event_at)} as timestamp)" if contract.event_at else "null"
    return (
        f"select loyalty_id, {account} as account_id, {time} as linked_at,"
        f" {literal(contract.source)} as source from {_staging_table(contract)}"
    )


def _staging_table(contract: Contract) -> str:
    return f"staging.{identifier(f'stg_{contract.source}__{contract.extract}')}"


def _key_columns(contract: Contract) -> list[tuple[str, str]]:
    """(kind of key, staging column) for the identifiers that a contract carries."""
    names = {column.name for column in contract.columns}
    columns = [("account_id", "customer_id", f"{contract.source}_customer_id")]
    columns += [("loyalty_id", "loyalty_id", "loyalty_id")]
    return [(kind, staged) for kind, name, staged in columns if name in names]


def _keys_of(contract: Contract) -> str:
    table = _staging_table(contract)
    return " union ".join(
        f"select {literal(kind + ':')} || {identifier(column)} as identity_key from {table}"
        f" where {identifier(column)} is not null"
        for kind, column in _key_columns(contract)
    )


def _name_founders(connection: duckdb.DuckDBPyConnection, secret: bytes) -> None:
    """Give each founding key its number; only keys never seen before are computed."""
    connection.execute(
        """
        create or replace temp table founders as
        select distinct founding_key, customer_id
        from identity.customer_keys
        where founding_key in (select founding_key from founded)
        """
    )
    rows = connection.execute(
        "select distinct founding_key from founded anti join founders using (founding_key)"
    ).fetchall()
    keys = [row[0] for row in rows]
    numbers = [f"c_{hmac.digest(secret, key.encode(), 'sha256').hex()[:20]}" for key in keys]
    named = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "founding_key": pa.array(keys, pa.string()),
            "customer_id": pa.array(numbers, pa.string()),
        }
    )
    connection.execute("insert into founders select * from named")
