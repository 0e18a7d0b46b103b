"""SQL that reads from a raw table which groups its records name, and who lives where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.contracts import Contract
from orchestration.contracts.groups import (
    ADDRESS,
    FROM,
    ROLE,
    TO,
    GroupColumn,
    group_columns_of,
    home_of,
    is_register,
    members_of,
)
from orchestration.identity.keys import is_blocked
from orchestration.identity.tombstones import keyed_hash
from orchestration.sql import identifier, literal

# As people write it: accents, blanks and signs do not matter, nor how a street is shortened.
PLAIN = (
    r"regexp_replace(strip_accents(replace(lower({0}), 'ß', 'ss')),"
    r" '[^\p{{L}}\p{{N}}]', '', 'g')"
)
STREET = r"regexp_replace({0}, 'str([0-9]|$)', 'strasse\1')"
NEWEST = "{0} desc nulls last, _received_at desc nulls last, _delivery_id desc, _row_number desc"


@dataclass(frozen=True)
class GroupReading:
    """What one contract says of groups, as selects over the versions of its records.

    They read the members of the temp table `_named_members`, or everybody.
    """

    contract: Contract
    blocked: Sequence[str]
    reads_everybody: bool = True

    @property
    def named_members(self) -> str:
        """A select of (contract, member) of the members whom new deliveries name."""
        return (
            f"select distinct {literal(self.contract.slug)} as contract,"
            f" {self._member or 'null::varchar'} as member_key"
            f" from raw.{identifier(self.contract.table)}"
            " where _delivery_id in (select delivery_id from _new_deliveries"
            f" where contract = {literal(self.contract.slug)})"
        )

    def memberships(self) -> Iterator[str]:
        """Selects of (member, group, kind, role, first day, last day, from a register or not)."""
        for group in group_columns_of(self.contract) if self._member else ():
            if is_register(self.contract):
                yield self._registered(group)
            else:
                yield self._stated(group)

    def group_ties(self) -> Iterator[str]:
        """Selects of (member, group, group) of one record: a company and its tax number."""
        columns = group_columns_of(self.contract)
        first = columns[0] if columns else None
        if first is None or self._member is None:
            return
        for other in columns[1:]:
            yield (
                f"select distinct {self._member} as member_key, {_key(first)} as from_key,"
                f" {_key(other)} as to_key,"
                f" {literal(other.kind)} as rule, {literal(self.contract.slug)} as contract"
                f" from ({self._latest}) where {self._names(first)} and {self._names(other)}"
            )

    def homes(self) -> Iterator[str]:
        """A select of (member, home, first day, last day); a home is a hash of address and name."""
        home = home_of(self.contract)
        if home is None or self._member is None:
            return
        parts = [
            STREET.format(PLAIN.format(identifier(home.street))),
            PLAIN.format(identifier(home.postcode)),
            PLAIN.format(identifier(home.family_name)),
        ]
        columns = [home.street, home.postcode, home.family_name]
        blocked = " or ".join(is_blocked(identifier(name), self.blocked) for name in columns)
        value = f"case when not ({blocked}) then concat_ws('|', {', '.join(parts)}) end"
        yield (
            f"select member_key, {literal(ADDRESS + ':')} || left({keyed_hash('value')}, 20)"
            f" as home_key, valid_from, valid_to, {literal(self.contract.slug)} as contract"
            f" from ({self._spells(value)})"
        )

    def _registered(self, group: GroupColumn) -> str:
        role = identifier(ROLE) if self.contract.has(ROLE) else "null::varchar"
        return (
            f"select {self._member} as member_key, {_key(group)} as group_key,"
            f" {literal(group.kind)} as kind, {role} as role, {FROM} as valid_from,"
            f" {TO} as valid_to, true as is_registered, {literal(self.contract.slug)} as contract"
            f" from ({self._latest}) where {self._names(group)}"
        )

    def _stated(self, group: GroupColumn) -> str:
        value = f"case when {self._names(group)} then {_key(group)} end"
        # most accounts never name one
        named = (
            f" where {self._member} in (select {self._member}"
            f" from raw.{identifier(self.contract.table)} where {identifier(group.column)}"
            " is not null)"
            if self.reads_everybody
            else ""
        )
        return (
            f"select member_key, value as group_key, {literal(group.kind)} as kind,"
            f" null::varchar as role, valid_from, valid_to, false as is_registered,"
            f" {literal(self.contract.slug)} as contract"
            f" from ({self._spells(value, named)})"
        )

    def _spells(self, value: str, condition: str = "") -> str:
        """The spells in which versions of a record agree on a value, each to the day before."""
        return (
            "select member_key, value, valid_from, lead(valid_from) over records - 1 as valid_to"
            " from (select *, lag(value) over records as previous, row_number() over records as n"
            f" from (select {self._member} as member_key, {self._said_at}::date as valid_from,"
            f" case when not coalesce(_is_deleted, false) then {value} end as value,"
            f" ({self._said_at}, _received_at, _delivery_id, _row_number) as version"
            f" from {self._rows}{condition})"
            " window records as (partition by member_key order by version))"
            " where n = 1 or value is distinct from previous"
            " window records as (partition by member_key order by version)"
            " qualify value is not null and (valid_to is null or valid_to >= valid_from)"
        )

    @property
    def _rows(self) -> str:
        slug = literal(self.contract.slug)
        named = f"(select member_key from _named_members where contract = {slug})"
        due = "" if self.reads_everybody else f" and {self._member} in {named}"
        return (
            f"(from raw.{identifier(self.contract.table)} where {self._member} is not null"
            f" and {self._member} not in (from identity.erased_keys){due})"
        )

    @property
    def _latest(self) -> str:
        """The rows in force; of an append contract all are."""
        table = self._rows
        if self.contract.mode == "append":
            return f"select * from {table}"
        key = ", ".join(identifier(name) for name in self.contract.key)
        order = NEWEST.format(self._said_at)
        return (
            f"select * from (select * from {table} qualify row_number() over"
            f" (partition by {key} order by {order}) = 1) where not coalesce(_is_deleted, false)"
        )

    @property
    def _said_at(self) -> str:
        names = [self.contract.updated_at, self.contract.event_at]
        known = [f"cast({identifier(name)} as timestamp)" for name in names if name]
        return f"coalesce({', '.join([*known, '_received_at'])})"

    @property
    def _member(self) -> str | None:
        keys = [
            f"({literal(item.kind + ':')} || {identifier(item.column)})"
            for item in members_of(self.contract)
        ]
        return f"coalesce({', '.join(keys)})" if keys else None

    def _names(self, group: GroupColumn) -> str:
        column = identifier(group.column)
        return f"({column} is not null and not {is_blocked(column, self.blocked)})"


def _key(group: GroupColumn) -> str:
    return f"({literal(group.kind + ':')} || {identifier(group.column)})"
