"""Events counted by type, day and release: how many there are, and how many carry a property."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contracts import Column, Contract
from orchestration.contracts.event_plan import EventPlan
from orchestration.loading.casting import text_as
from orchestration.loading.relations import json_pointer
from orchestration.sql import identifier, literal, literals

COUNTS, EXTRAS = "_event_counts", "_event_extras"
NAME_LENGTH, MOST_UNPLANNED, OTHERS = 100, 100, "(others)"
NEW = (
    "_delivery_id in (select delivery_id from quality.deliveries"
    " where contract = $contract and status = 'loaded' and loaded_at > $since) as is_new"
)
IS_OBJECT = "(case when json_valid(raw_text) then json_type(raw_text) end) = 'OBJECT'"
NOTHING = "cast(null as varchar)"


@dataclass(frozen=True)
class EventCounts:
    """The statements that count the events of one contract, loaded and quarantined ones."""

    contract: Contract
    plan: EventPlan
    time_zone: str

    def count(self, connection: duckdb.DuckDBPyConnection, since: dt.datetime) -> None:
        """Two temporary tables: events with each property that is known, and with each other.

        Of all events as they came, repeats too. `is_new` marks those loaded after `since`.
        """
        parameters = {"contract": self.contract.slug, "since": since}
        connection.execute(f"create or replace temp table {COUNTS} as {self.known}", parameters)
        connection.execute(f"create or replace temp table {EXTRAS} as {self.others}", parameters)
        is_type = f"property = {literal(self.plan.type_column)}"
        planned = literals(sorted(self.plan.events))
        is_unplanned = f"{is_type} and not list_contains({planned}, event_type)"
        _fold_rare(connection, COUNTS, "event_type", "event_count", is_unplanned)
        _fold_rare(connection, EXTRAS, "property", "filled_count", "true")

    @property
    def text(self) -> str:
        """Changes when events are counted in another way."""
        return self.known + self.others

    @property
    def known(self) -> str:
        """Events with each property that the contract or its plan knows."""
        return (
            f"select {_clean('_type')} as event_type, _date as business_date,"
            f" {_clean('_release')} as release, is_new, event_count,"
            " unnest(found, recursive := true)"
            f" from ({self._grouped(self._loaded_properties(), self._loaded)}"
            f" union all {self._grouped(self._quarantined_properties(), self._quarantined)})"
        )

    @property
    def others(self) -> str:
        """Events with each property that neither knows, from keys that are no column."""
        known = literals(sorted(self._known_keys()))
        found = " union all ".join(
            "select _type, _date, _release, is_new, item.key, count(*) as filled_count"
            f" from (select _type, _date, _release, is_new, _object from ({events})"
            " where _object is not null) as event, json_each(event._object) as item"
            f" where item.type <> 'NULL' and cast(item.value as varchar) <> '\"\"'"
            f" and not list_contains({known}, item.key) group by all"
            for events in (self._loaded, self._quarantined)
        )
        return (
            f"select {_clean('_type')} as event_type, _date as business_date,"
            f" {_clean('_release')} as release, is_new, {_clean('key')} as property, filled_count"
            f" from ({found})"
        )

    def _grouped(self, properties: Sequence[str], events: str) -> str:
        return (
            "select _type, _date, _release, is_new, count(*) as event_count,"
            f" [{', '.join(properties)}] as found from ({events}) group by 1, 2, 3, 4"
        )

    @property
    def _loaded(self) -> str:
        """Rows of raw with their type, business date and release."""
        event_at, plan = self.contract.column(str(self.contract.event_at)), self.plan
        day = self._day(identifier(event_at.name), event_at)
        release = identifier(plan.release_column) if plan.release_column else "null"
        return (
            f"select cast({identifier(plan.type_column)} as varchar) as _type,"
            f" coalesce({day}, cast(_received_at as date)) as _date,"
            f" cast({release} as varchar) as _release, {NEW}, _extra as _object, *"
            f" from raw.{identifier(self.contract.table)}"
        )

    def _loaded_properties(self) -> list[str]:
        columns = [
            _counted(column.name, identifier(column.name), "0") for column in self.contract.columns
        ]
        return [*columns, *self._extra_properties()]

    @property
    def _quarantined(self) -> str:
        """Bad rows whose text is an object; `_found` holds the text of each column."""
        plan, columns = self.plan, self.contract.columns
        paths = literals([column.path or json_pointer(column.name) for column in columns])
        release = self._text(plan.release_column) if plan.release_column else NOTHING
        return (
            f"select nullif({self._text(plan.type_column)}, '') as _type,"
            f" {self._quarantined_day()} as _date, {_present(release)} as _release, {NEW}, *"
            " from (select *, cast(raw_text as json) as _object,"
            f" json_extract_string(raw_text, {paths}) as _found"
            f" from quarantine.{identifier(self.contract.table)} where {IS_OBJECT})"
        )

    def _quarantined_properties(self) -> list[str]:
        """What is no value of its type shows in the reason of the row."""
        columns = [
            _counted(
                column.name,
                _present(self._text(column.name)),
                "count(*) filter (where list_contains(string_split(reason, '; '),"
                f" {literal(f'{column.name}: not a {column.type}')}))",
            )
            for column in self.contract.columns
        ]
        return [*columns, *self._extra_properties()]

    def _extra_properties(self) -> list[str]:
        """Keys of json that are no column and that the plan gives a type."""
        found = []
        for name, kind in self.plan.extra_types.items():
            value = _present(f"json_extract_string(_object, {literal(json_pointer(name))})")
            cast = text_as(Column(name, kind, ""), value, "UTC")
            mistyped = f"count(*) filter (where {value} is not null and {cast} is null)"
            found.append(_counted(name, value, mistyped))
        return found

    def _text(self, name: str) -> str:
        """The text of a column in a bad row; that of a feed stands under the name of the column."""
        columns = self.contract.columns
        position = [column.name for column in columns].index(name)
        found = f"_found[{position + 1}]"
        if columns[position].path is None:
            return found
        return f"coalesce({found}, json_extract_string(_object, {literal(json_pointer(name))}))"

    def _quarantined_day(self) -> str:
        """The business date where it can be believed, else the day of receipt."""
        column = self.contract.column(str(self.contract.event_at))
        moment = f"({text_as(column, self._text(column.name), self.contract.time_zone)})"
        limit = f"_received_at + interval {self.contract.policies.future_seconds} second"
        day = self._day(moment, column)
        return f"case when {moment} <= {limit} then {day} else cast(_received_at as date) end"

    def _day(self, moment: str, column: Column) -> str:
        """The date of a moment in the reporting time zone."""
        if column.type == "date":
            return moment
        zone = literal(self.time_zone)
        return f"cast({moment} at time zone 'UTC' at time zone {zone} as date)"

    def _known_keys(self) -> set[str]:
        columns = self.contract.columns
        inside = [re.match(r'[$][.]"?([^".\[]+)', column.path or "") for column in columns]
        return (
            {column.name for column in columns}
            | {match[1] for match in inside if match}
            | set(self.plan.extra_types)
        )


def _fold_rare(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, weight: str, where: str
) -> None:
    """Keep the most common unplanned names; a flood of others counts as one."""
    connection.execute(
        f"update {table} set {column} = {literal(OTHERS)} where {column} in (select {column}"
        f" from {table} where {where} group by 1 order by sum({weight}) desc, 1"
        f" offset {MOST_UNPLANNED})"
    )


def _counted(name: str, value: str, mistyped: str) -> str:
    return (
        f"{{property: {literal(name)}, filled_count: count({value}), mistyped_count: {mistyped}}}"
    )


def _present(value: str) -> str:
    return f"nullif(trim({value}), '')"


def _clean(value: str) -> str:
    """A name that came from outside, short and without control characters."""
    return f"regexp_replace(left({value}, {NAME_LENGTH}), '\\p{{C}}', '?', 'g')"
