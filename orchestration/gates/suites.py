"""Expectations derived from contracts: what a table must be, before anything reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.contracts import Column, Contract, SqlRule
from orchestration.sql import identifier

RAW_GATE, MART_GATE = "raw", "marts"


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations expectation, named by its class, before GX is imported."""

    kind: str
    arguments: Mapping[str, Any]
    message: str
    is_blocking: bool = True

    @property
    def name(self) -> str:
        """A readable name, unique within its suite."""
        column = self.arguments.get("column") or self.arguments.get("description")
        column = column or "_".join(self.arguments.get("column_list", ()))
        return "_".join(part for part in (_snake(self.kind), column) if part)


@dataclass(frozen=True)
class Suite:
    """The expectations of one table."""

    gate: str
    schema: str
    table: str
    expectations: Sequence[Expectation] = field(default_factory=tuple)
    where: str = ""

    @property
    def subject(self) -> str:
        """The table as people name it."""
        return f"{self.schema}.{self.table}"


def raw_suite(contract: Contract) -> Suite:
    """The suite of a raw table: what its contract promises, proven on what was loaded.

    Not on tombstones, which bring a key and nothing else.
    """
    columns = [item for column in contract.columns for item in _column(column)]
    rules = [_rule(rule) for rule in contract.rules]
    expectations = (_columns(contract), *columns, *_key(contract), *rules)
    where = "_is_deleted is not true" if contract.mode == "upsert" else ""
    return Suite(RAW_GATE, "raw", contract.table, expectations, where)


def mart_suite(table: str, names: Sequence[str], key: Sequence[str]) -> Suite:
    """The suite of a published mart: the columns of its dbt contract, and its key."""
    expectations = [
        Expectation(
            "ExpectTableColumnsToMatchSet",
            {"column_set": list(names), "exact_match": True},
            "its columns are not those of its contract",
        ),
        *_whole_key(key),
    ]
    return Suite(MART_GATE, "marts", table, tuple(expectations))


def _columns(contract: Contract) -> Expectation:
    return Expectation(
        "ExpectTableColumnsToMatchSet",
        {"column_set": list(contract.raw_columns), "exact_match": False},
        "columns of the contract are missing",
    )


def _column(column: Column) -> list[Expectation]:
    expectations = []
    if column.is_required:
        expectations.append(_not_null(column.name))
    if column.minimum is not None or column.maximum is not None:
        arguments: dict[str, Any] = {
            "column": column.name,
            "min_value": column.minimum,
            "max_value": column.maximum,
        }
        message = f"{column.name} is out of range"
        expectations.append(Expectation("ExpectColumnValuesToBeBetween", arguments, message))
    if column.values:
        arguments = {"column": column.name, "value_set": list(column.values)}
        message = f"{column.name} holds values that were not agreed"
        expectations.append(Expectation("ExpectColumnValuesToBeInSet", arguments, message))
    return expectations


def _key(contract: Contract) -> list[Expectation]:
    """Keys come again in an upsert contract (versions), in an append contract only as repeats.

    Where an append contract bears another row under a known key, staging takes the last received.
    """
    if contract.mode != "append" or not contract.key:
        return []
    query = _differing_rows([c.name for c in contract.columns], contract.key)
    message = f"the key ({', '.join(contract.key)}) comes again with another row"
    arguments = {"unexpected_rows_query": query, "description": "one_row_per_key"}
    is_blocking = contract.policies.on_changed_row == "block"
    return [Expectation("UnexpectedRowsExpectation", arguments, message, is_blocking)]


def _differing_rows(columns: Sequence[str], key: Sequence[str]) -> str:
    """Keys whose rows differ in a promised column; rows are compared only where a key repeats."""
    keys, everything = (", ".join(map(identifier, names)) for names in (key, columns))
    return (
        f"with repeated as (select {keys} from {{batch}} group by {keys} having count(*) > 1),"
        f" rows_of_repeated as (select distinct {everything} from {{batch}}"
        f" semi join repeated using ({keys}))"
        f" select {keys} from rows_of_repeated group by {keys} having count(*) > 1"
    )


def _not_null(column: str) -> Expectation:
    return Expectation(
        "ExpectColumnValuesToNotBeNull", {"column": column}, f"{column} is empty in some rows"
    )


def _whole_key(key: Sequence[str]) -> list[Expectation]:
    """A key that is unique and not null: one expectation, since each costs GX ten milliseconds."""
    if not key:
        return []
    names = [identifier(name) for name in key]
    is_null = " or ".join(f"{name} is null" for name in names)
    columns = ", ".join(names)
    query = f"select {columns} from {{batch}} group by {columns} having count(*) > 1 or {is_null}"
    arguments = {"unexpected_rows_query": query, "description": "one_row_per_key"}
    message = f"the key ({', '.join(key)}) repeats or is empty"
    return [Expectation("UnexpectedRowsExpectation", arguments, message)]


def _rule(rule: SqlRule) -> Expectation:
    """A SQL rule of the contract; `${table}` in it is the table under test."""
    query = rule.query.replace("${table}", "{batch}").replace("${object}", "{batch}")
    return Expectation(
        "UnexpectedRowsExpectation",
        {"unexpected_rows_query": query, "description": rule.name},
        f"rows break the rule {rule.name}",
        rule.is_blocking,
    )


def _snake(name: str) -> str:
    text = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return text.strip("_").removeprefix("expect_")
