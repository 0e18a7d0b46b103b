"""Brands: who is a customer of which, and who agreed to be known across them.

A company with one brand, or that names none, pays one look at its brand columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract
from orchestration.contracts.consents import CROSS_BRAND, GRANTED, ConsentRegister
from orchestration.contracts.groups import members_of
from orchestration.contracts.identifiers import profile_of
from orchestration.identity.keys_of_brands import DEFAULT_BRAND
from orchestration.identity.reading import Reading
from orchestration.identity.touch import touch
from orchestration.sql import identifier, literal

BRAND = "brand_id"
APART = "across_brands"


def take_brands(
    connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], settings: IdentitySettings
) -> None:
    """Bring `identity.brands` and `identity.brand_consents` up to date; touch what changed."""
    connection.execute(
        "create or replace temp table _brand_conflicts (a bigint, b bigint, is_decided boolean)"
    )
    telling = [item for item in contracts if item.has(BRAND) and _describes(item)]
    brands, consents = [], []
    if settings.across_brands == "with_consent" and _has_several(connection, telling):
        brands = [_brands(item, settings.blocked_values) for item in telling]
        consents = [
            _consents(item, register)
            for item in contracts
            if (register := item.consent_register) is not None
        ]
    is_default_known = _knows_default(connection)
    _keep(connection, "brands", brands)
    if _knows_default(connection) != is_default_known:
        touch(connection, "select identity_key from identity.brands")
    _keep(connection, "brand_consents", consents)


def find_brand_conflicts(connection: duckdb.DuckDBPyConnection) -> None:
    """`_brand_conflicts`: pairs of two brands of which not both agreed to be known across them.

    Consent is a person's: all accounts and cards of one brand that hang together agree, or none
    does. Of several decisions the most restrictive holds, and without a decision nothing was
    granted.
    """
    if not connection.execute("from identity.brands limit 1").fetchall():
        return
    _take_mixed(connection)
    _keep_labels_within_brands(connection)
    connection.execute(
        """
        create or replace temp table _brand_conflicts as
        with consents as (
            select labels.label, bool_and(consents.is_granted) as is_granted
            from _brand_labels as labels
            inner join _nodes as nodes using (node)
            inner join identity.brand_consents as consents using (identity_key)
            group by labels.label
        ),
        owners as (
            select
                branded.node,
                any_value(branded.component) as component,
                list(branded.brand_id) as brands,
                bool_and(coalesce(consents.is_granted, false)) as is_granted
            from _branded as branded
            inner join _brand_labels as labels using (node, brand_id)
            left join consents using (label)
            group by branded.node
        )
        select a.node as a, b.node as b, true as is_decided
        from owners as a
        inner join owners as b on a.component = b.component and a.node < b.node
        where
            not list_has_any(a.brands, b.brands)
            and not (a.is_granted and b.is_granted)
        """
    )


def name_brand_splits(connection: duckdb.DuckDBPyConnection) -> None:
    """In `_pair_reasons`: a split for which brands are the reason says so."""
    if not connection.execute("from _brand_conflicts limit 1").fetchall():
        return
    connection.execute(
        f"""
        update _pair_reasons set rule = '{APART}'
        where
            rule = 'conflict'
            and exists (
                select 1
                from (
                    select a, b from _brand_conflicts
                    union all
                    select b, a from _brand_conflicts
                ) as apart
                inner join _current as one on apart.a = one.node
                inner join _current as other on apart.b = other.node
                where
                    one.customer_id = _pair_reasons.customer_id
                    and other.customer_id = _pair_reasons.other_customer_id
            )
        """
    )


def _describes(contract: Contract) -> bool:
    return contract.links_identities and profile_of(contract).is_known


def _has_several(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> bool:
    selects = [
        f"select distinct {BRAND} from raw.{identifier(item.table)} where {BRAND} is not null"
        for item in contracts
    ]
    if not selects:
        return False
    return len(connection.execute(f"{' union '.join(selects)} limit 2").fetchall()) > 1


def _knows_default(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the default brand has customers; else it says nothing of the brand of a touch."""
    sql = "from identity.brands where brand_id = ? limit 1"
    return bool(connection.execute(sql, [DEFAULT_BRAND]).fetchall())


def _brands(contract: Contract, blocked: Sequence[str]) -> str:
    own = Reading(contract, blocked).owner
    return (
        f"select {own}, coalesce({BRAND}, {literal(DEFAULT_BRAND)})"
        f" from raw.{identifier(contract.table)} where {own} is not null"
    )


def _consents(contract: Contract, register: ConsentRegister) -> str:
    """The last decision of each account; of two at one moment the one that denies."""
    members = [
        f"({literal(item.kind + ':')} || {identifier(item.column)})"
        for item in members_of(contract)
    ]
    key = ", ".join(identifier(name) for name in contract.key)
    version = ", ".join(_versions(contract))
    at = identifier(contract.event_at) if contract.event_at else "_received_at"
    granted = f"{identifier(register.status)} = {literal(GRANTED)}"
    return (
        f"select member, arg_max(is_granted, (decided_at, not is_granted)) from ("
        f"select coalesce({', '.join(members)}) as member, coalesce({granted}, false)"
        f" as is_granted, coalesce({at}, timestamp '0001-01-01') as decided_at,"
        f" {identifier(register.purpose)} as purpose, coalesce(_is_deleted, false) as is_gone"
        f" from raw.{identifier(contract.table)}"
        f" qualify row_number() over (partition by {key} order by {version}) = 1)"
        f" where member is not null and purpose = {literal(CROSS_BRAND)} and not is_gone"
        " group by member"
    )


def _versions(contract: Contract) -> Iterator[str]:
    if contract.updated_at:
        yield f"{identifier(contract.updated_at)} desc nulls last"
    yield from (
        f"{name} desc nulls last" for name in ("_received_at", "_delivery_id", "_row_number")
    )


def _keep(connection: duckdb.DuckDBPyConnection, table: str, selects: Sequence[str]) -> None:
    """Replace a table by what selects give, and touch the keys for which that is a difference."""
    connection.execute(f"create or replace temp table _given as from identity.{table} limit 0")
    if selects:
        connection.execute(f"insert into _given {' union '.join(selects)}")
    touch(
        connection,
        f"select identity_key from ((from _given except from identity.{table})"
        f" union all (from identity.{table} except from _given))",
    )
    connection.execute(f"delete from identity.{table}")
    connection.execute(f"insert into identity.{table} from _given")


def _take_mixed(connection: duckdb.DuckDBPyConnection) -> None:
    """`_branded`: the nodes with a brand in components of several brands."""
    connection.execute(
        """
        create or replace temp table _branded as
        with known as (
            select nodes.node, components.label as component, brands.brand_id
            from identity.brands as brands
            inner join _nodes as nodes using (identity_key)
            inner join _components as components using (node)
        )
        select * from known
        where component in (
            select component from known group by component having count(distinct brand_id) > 1
        )
        """
    )


def _keep_labels_within_brands(connection: duckdb.DuckDBPyConnection) -> None:
    """`_brand_labels`: what hangs together within one brand; keys without a brand are of each."""
    import pyarrow as pa

    from ml.identity import components

    connection.execute(
        """
        create or replace temp table _brand_nodes as
        select components.node, brands.brand_id,
            row_number() over (order by components.node, brands.brand_id) - 1 as number
        from _components as components
        inner join (select distinct component, brand_id from _branded) as brands
            on components.label = brands.component
        left join (select distinct node from _branded) as named
            on components.node = named.node
        left join _branded as own
            on components.node = own.node and brands.brand_id = own.brand_id
        where named.node is null or own.node is not null
        """
    )
    # in two steps: in one, DuckDB may join both ends by the brand first, all with all
    connection.execute(
        "create or replace temp table _brand_ends as"
        " select nodes.number as a, nodes.brand_id, edges.b from _believed as edges"
        " inner join _brand_nodes as nodes on edges.a = nodes.node"
    )
    ends = connection.execute(
        "select ends.a, nodes.number as b from _brand_ends as ends"
        " inner join _brand_nodes as nodes"
        " on ends.b = nodes.node and ends.brand_id = nodes.brand_id"
    ).fetchnumpy()
    count = int(connection.execute("select count(*) from _brand_nodes").fetchall()[0][0])
    found = pa.table(  # noqa: F841 - DuckDB reads it by name
        {"label": pa.array(components(count, ends["a"], ends["b"]))}
    )
    connection.execute(
        "create or replace temp table _brand_labels as"
        " select nodes.node, nodes.brand_id, labels.label from _brand_nodes as nodes"
        " inner join (select row_number() over () - 1 as number, label from found) as labels"
        " using (number)"
    )
