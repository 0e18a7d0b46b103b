"""The columns of a delivery against those of its contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.errors import DeliveryRefused
from orchestration.loading.casting import DELETED, Source, known_columns
from orchestration.loading.deliveries import Delivery
from orchestration.loading.relations import json_columns, json_keys, json_pointer
from orchestration.sql import identifier

NAMES_SHOWN, NAME_LENGTH = 20, 60


def source_of(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    warnings: list[str],
    own: Collection[str] = ("_row_number",),
) -> Source:
    """The relation whose rows become the contract's, its columns matched by name."""
    contract, is_json = delivery.contract, delivery.dialect.is_json
    if delivery.feed is not None:
        return _feed_source(connection, contract, delivery.feed.sql)
    relation = identifier("delivery")
    if is_json:
        keys = [row[0] for row in connection.execute(json_keys(relation)).fetchall()]
        types = {name: "VARCHAR" for name in keys}
    else:
        types = _types(connection, relation, own)
    extra = _drift(contract, types, warnings, is_json)
    columns = {name: name for name in extra}
    if is_json:
        # two keys may differ in case alone, which columns cannot
        columns = {name: f"_extra_{position}" for position, name in enumerate(extra)}
        paths = {column.name: column.path for column in contract.columns}
        paths |= {DELETED: None} if contract.mode == "upsert" and DELETED in types else {}
        types = dict.fromkeys(paths, "VARCHAR")
        pointers = {columns[name]: json_pointer(name) for name in extra}
        relation = f"({json_columns(relation, paths | pointers)})"
    return Source(relation, types, columns, is_json, delivery.dialect.format == "parquet")


def _feed_source(connection: duckdb.DuckDBPyConnection, contract: Contract, sql: str) -> Source:
    """The feed's select, numbered in its own order; only columns of the contract."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise DeliveryRefused("feed", "`sql` of its feed must be one select")
    numbered = f"(select *, row_number() over () as _row_number from ({sql}\n))"
    types = _types(connection, numbered)
    known = known_columns(contract)
    unknown = sorted(set(types) - known)
    if unknown:
        raise DeliveryRefused("feed", f"its feed selects {', '.join(unknown)}, not in the contract")
    _refuse_missing(contract, types)
    return Source(numbered, types)


def _drift(
    contract: Contract, types: dict[str, str], warnings: list[str], is_json: bool
) -> list[str]:
    """Compare the columns of a file with the contract; returns those it does not know."""
    known = known_columns(contract)
    extra = sorted(set(types) - known)
    if not is_json:
        _refuse_missing(contract, types, extra)
    dropped = [c.name for c in contract.columns if c.name not in types and not c.is_required]
    if any("\0" in name for name in extra):
        raise DeliveryRefused("json", "a key in it holds a NUL character")
    new = [name for name in extra if not contract.expects(name)]
    _refuse_drift(contract, new, [] if is_json else dropped)
    is_kept = contract.policies.on_added_column == "keep"
    if new and is_kept:
        warnings.append(f"columns the contract does not know, kept in _extra: {listed(new)}")
    if dropped and not is_json and not _has_tombstones_alone(contract, types):
        warnings.append(f"columns missing, loaded as null: {', '.join(dropped)}")
    return extra if is_kept else [name for name in extra if name not in new]


def _has_tombstones_alone(contract: Contract, types: dict[str, str]) -> bool:
    """Whether a file has no more than tombstones need: the key, their mark and their time."""
    needed = {DELETED, contract.updated_at, *contract.key}
    return DELETED in known_columns(contract) & set(types) and set(types) <= needed


def _refuse_drift(contract: Contract, new: list[str], dropped: list[str]) -> None:
    """Raise DeliveryRefused where the contract does not bear columns more or fewer."""
    if new and contract.policies.on_added_column == "refuse":
        reason = f"columns the contract does not know: {listed(new)}"
        raise DeliveryRefused("added_column", reason)
    if dropped and contract.policies.on_dropped_column == "refuse":
        raise DeliveryRefused("dropped_column", f"columns missing: {', '.join(dropped)}")


def _refuse_missing(contract: Contract, types: dict[str, str], extra: Iterable[str] = ()) -> None:
    has_tombstones = DELETED in known_columns(contract) & set(types)
    missing = [
        c.name
        for c in contract.columns
        if c.is_required and c.name not in types and (c.is_key or not has_tombstones)
    ]
    if missing and not any(column.name in types for column in contract.columns):
        reason = "no column of the contract is in it (is its header missing?)"
        raise DeliveryRefused("missing_column", reason)
    if missing:
        unknown = listed(extra)
        hint = f" (columns the contract does not know: {unknown}; renamed?)" if unknown else ""
        raise DeliveryRefused("missing_column", f"{', '.join(missing)} is missing{hint}")


def listed(names: Iterable[str]) -> str:
    """Names from a file, to be told: the first of them, none long, none with odd characters."""
    known = list(names)
    shown = ["".join(c if c.isprintable() else "?" for c in name) for name in known[:NAMES_SHOWN]]
    shown = [name if len(name) <= NAME_LENGTH else name[:NAME_LENGTH] + "..." for name in shown]
    more = len(known) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _types(
    connection: duckdb.DuckDBPyConnection, relation: str, own: Collection[str] = ("_row_number",)
) -> dict[str, str]:
    rows = connection.execute(f"describe from {relation}").fetchall()
    return {row[0]: row[1] for row in rows if row[0] not in own}


def refuse_twins(header: Iterable[str]) -> None:
    """Raise DeliveryRefused where columns differ in upper and lower case alone."""
    counts = Counter(name.lower() for name in header)
    if twins := [name for name in header if counts[name.lower()] > 1]:
        raise DeliveryRefused("header", f"columns differ in case alone: {listed(twins)}")
