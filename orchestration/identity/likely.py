"""Customers that keys alone have made, compared with each other: `identity.scored_pairs`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.config import IdentitySettings
from orchestration.identity.graph import resolve_keys
from orchestration.identity.overrides import SPLIT
from orchestration.identity.reach import take_scope, touch_everything
from orchestration.linkage import Attribute, Kind, LinkageModel, LinkageSettings, link_records
from orchestration.modelling.registry import StoredModel, latest_model, save_model
from orchestration.sql import identifier, literal

MODEL = "linkage"
LEAST_RECORDS = 500
KINDS = {
    "given_name": Kind.FIRST_NAME,
    "family_name": Kind.LAST_NAME,
    "birth_date": Kind.BIRTH_DATE,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "street": Kind.STREET,
    "postcode": Kind.POSTCODE,
    "city": Kind.CITY,
    "created_on": Kind.CREATED_ON,
}


@dataclass(frozen=True)
class ModelShelf:
    """Where a run finds the model of linkage, and where it keeps one that it trains."""

    models: Path
    save_to: Path
    run_id: str
    as_of_date: dt.date


def find_likely_pairs(
    connection: duckdb.DuckDBPyConnection, settings: IdentitySettings, shelf: ModelShelf
) -> None:
    """Bring `identity.scored_pairs` up to date with all that is new in evidence.

    Compared are accounts, cards and contacts of different entities: of clusters by keys alone.
    What linkage ties does not make an entity, or the pairs that tie it would not be found again.
    """
    wanted = _wanted(connection, settings)
    if wanted is None or not wanted.has_work:
        _forget(connection)
        return
    if not connection.execute("from identity.entities limit 1").fetchall():
        touch_everything(connection)
    _take_entities(connection, settings)
    _view_records(connection)
    _link(connection, wanted, shelf)


def _wanted(
    connection: duckdb.DuckDBPyConnection, settings: IdentitySettings
) -> LinkageSettings | None:
    """What there is to compare; nothing when it is switched off, or few are described."""
    if settings.linkage == "off":
        return None
    counts = ", ".join(f"count({identifier(name)})" for name in KINDS)
    records, *filled = connection.execute(
        f"select count(distinct identity_key), {counts} from identity.profiles"
    ).fetchall()[0]
    if records < LEAST_RECORDS:
        return None
    return LinkageSettings(
        attributes=tuple(
            Attribute(name, kind)
            for (name, kind), count in zip(KINDS.items(), filled, strict=True)
            if count
        ),
        entity="entity_id",
        numbered="numbered_id",
        least_probability=min(settings.review_from, settings.auto_link),
    )


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Take back what linkage has found, where it has."""
    if connection.execute("from identity.linkage limit 1").fetchall():
        for table in ("linkage", "entities", "scored_pairs"):
            connection.execute(f"delete from identity.{table}")


def _take_entities(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """Bring `identity.entities` up to date; `_rescored`: the records to compare again."""
    take_scope(connection)
    resolve_keys(connection, settings)
    connection.execute(
        """
        create or replace temp table _entities as
        select
            nodes.identity_key,
            entities.identity_key as entity_id,
            numbered.identity_key as numbered_id
        from _nodes as nodes
        inner join _labels on nodes.node = _labels.node
        inner join _nodes as entities on _labels.label = entities.node
        inner join _numbers on nodes.node = _numbers.node
        inner join _nodes as numbered on _numbers.label = numbered.node
        where nodes.identity_key in (select identity_key from identity.profiles)
        """
    )
    connection.execute(
        f"""
        create or replace temp table _rescored as
        with turned as (
            select identity_key from _turned
            union
            select identity_key from _changed_overrides where action = '{SPLIT}'
        ),
        old as (
            select identity_key, entity_id from identity.entities
            where identity_key in (from _scope)
        ),
        new as (select identity_key, entity_id from _entities),
        changed as (
            select identity_key from (
                (from new except from old) union all (from old except from new)
            )
            union
            from redescribed
            union
            select identity_key from identity.profiles
            where 'email:' || email in (from turned) or 'phone:' || phone in (from turned)
        ),
        known as (
            from new union select identity_key, entity_id from identity.entities
        )
        select identity_key as record_id from changed
        union
        -- what a record does not state it takes from the others of its entity
        select identity_key from known
        where entity_id in (
            select entity_id from known where identity_key in (from changed)
        )
        """
    )
    connection.execute("delete from identity.entities where identity_key in (from _scope)")
    if connection.execute("from _entities limit 1").fetchall():
        connection.execute("insert into identity.entities from _entities order by identity_key")


def _view_records(connection: duckdb.DuckDBPyConnection) -> None:
    """`_described`: every version of every record; what ties nobody describes nobody either.

    A record was made on the earliest day that a version states.
    """
    nobodys = (
        "(select identity_key from identity.hubs union"
        f" select identity_key from identity.overrides where action = '{SPLIT}')"
    )
    sql = {
        name: f"case when {literal(name + ':')} || {name} not in {nobodys} then {name} end"
        for name in ("email", "phone")
    }
    sql["created_on"] = "min(created_on) over (partition by identity_key)"
    values = [f"{sql.get(name, name)} as {name}" for name in KINDS]
    connection.execute(
        f"""
        create or replace temp view _described as
        select identity_key as record_id, entity_id, numbered_id, {", ".join(values)}
        from identity.profiles
        inner join identity.entities using (identity_key)
        """
    )


def _link(
    connection: duckdb.DuckDBPyConnection, wanted: LinkageSettings, shelf: ModelShelf
) -> None:
    """Compare what changed, or everything where it was never compared by this model."""
    stored = latest_model(shelf.models, MODEL, shelf.as_of_date)
    asked = f"{wanted.training_hash}|{wanted.least_probability}"
    known = stored is not None and stored.state["trained_for"] == wanted.training_hash
    model = LinkageModel.from_dict(stored.state) if stored is not None and known else None
    used = connection.execute("from identity.linkage").fetchall()
    is_same = model is not None and used == [(asked, model.version)]
    if is_same and not connection.execute("from _rescored limit 1").fetchall():
        return
    linked = link_records(
        connection,
        "_described",
        wanted,
        model=model,
        changed="_rescored" if is_same else None,
        trained_on=shelf.as_of_date.isoformat(),
    )
    if linked.model is None:
        return
    if linked.is_trained:
        save_model(shelf.save_to, _to_store(linked.model, shelf))
    connection.execute("delete from identity.linkage")
    connection.execute("insert into identity.linkage values (?, ?)", [asked, linked.model.version])


def _to_store(model: LinkageModel, shelf: ModelShelf) -> StoredModel:
    return StoredModel(
        MODEL, shelf.run_id, shelf.as_of_date.isoformat(), model.to_dict(), dict(model.card)
    )
