"""The records as they are compared: one text column for each thing that is compared."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.errors import ConfigurationError
from orchestration.linkage.attributes import Attribute, Kind
from orchestration.sql import identifier

GIVEN = "linkage_given"
STATED = "linkage_stated"
RECORDS = "linkage_records"
NULL_TEXTS = "('', 'null', 'none', 'nan', 'n/a', 'unknown')"


def prepare_records(bench: duckdb.DuckDBPyConnection, attributes: Sequence[Attribute]) -> int:
    """Write `linkage_stated` and `linkage_records`, numbered by `record_id`; returns its rows.

    `linkage_given` has `record_id`, `entity_id`, `numbered_id` and the attributes' columns. Rows
    with one `record_id` are versions of one record; versions that read alike are one. What a
    record does not state is taken from the other records of its entity.
    """
    names = compared_columns(attributes)
    columns = [f"{sql} as {name}" for name, sql in names.items()]
    filled = [f"{_filled(name)} as {name}" for name in names]
    bench.execute(
        f"""
        create or replace table {STATED} as
        select distinct record_id, entity_id, numbered_id, {", ".join(columns)} from {GIVEN}
        """
    )
    bench.execute(
        f"""
        create or replace table {RECORDS} as
        with versions as (
            select distinct record_id, entity_id, {", ".join(filled)} from {STATED}
            window entity as (partition by entity_id)
        )
        select
            row_number() over (order by record_id, {", ".join(names)}) as record_no, *
        from versions
        order by record_no
        """
    )
    row = bench.execute(f"select count(*) from {RECORDS}").fetchone()
    return int(row[0]) if row else 0


def _filled(name: str) -> str:
    """A value, or where it is missing that of the entity's other records, if they agree on one."""
    least, most = f"min({name}) over entity", f"max({name}) over entity"
    return f"coalesce({name}, case when {least} = {most} then {least} end)"


def compared_columns(attributes: Sequence[Attribute]) -> dict[str, str]:
    """Compared column → SQL over the given columns."""
    columns: dict[str, str] = {}
    kinds = {item.kind for item in attributes}
    for item in attributes:
        for name, sql in _columns_of(item, kinds).items():
            if name in columns:
                raise ConfigurationError(
                    f"linkage got two attributes called {name}: rename one of their columns."
                )
            columns[name] = sql
    return columns


def _columns_of(item: Attribute, kinds: set[Kind]) -> dict[str, str]:
    value = _text(item)
    match item.kind:
        case Kind.IDENTIFIER | Kind.TEXT | Kind.CATEGORY:
            return {item.column: value}
        case Kind.FULL_NAME:
            words = f"string_split_regex({value}, '[ ,]+')"
            last = f"case when len({words}) > 1 then {words}[-1] end"
            given = {Kind.FIRST_NAME: f"{words}[1]", Kind.LAST_NAME: last}
            return {kind.value: sql for kind, sql in given.items() if kind not in kinds}
        case Kind.EMAIL:
            name = f"split_part({value}, '@', 1)"
            number = f"regexp_replace({name}, '[^0-9]', '', 'g')"
            return {"email": value, "email_name": f"nullif({name}, '')", "email_number": number}
        case _:
            return {item.kind.value: value}


def _text(item: Attribute) -> str:
    text = f"lower(trim(strip_accents(cast({identifier(item.column)} as varchar))))"
    if item.kind is Kind.BIRTH_DATE:
        text = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    if item.kind is Kind.POSTCODE:
        text = f"regexp_replace({text}, '[^0-9a-z]', '', 'g')"
    return f"case when {text} not in {NULL_TEXTS} then {text} end"
