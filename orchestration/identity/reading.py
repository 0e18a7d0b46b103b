"""SQL that reads from a raw table who its records are about, and what ties them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from orchestration.contracts import Contract
from orchestration.contracts.identifiers import (
    Identifier,
    identifiers_of,
    own_identifier,
    profile_of,
)
from orchestration.identity.keys import is_blocked
from orchestration.loading.deliveries import digest
from orchestration.sql import identifier, literal

CONFIRMED, ASSUMED, UNVERIFIED = 2, 1, 0
DATES = ("birth_date", "created_on")


@dataclass(frozen=True)
class Reading:
    """What one contract says about persons, as selects over the rows of its new deliveries.

    Each row is read, superseded versions too: then what is known only grows with what was
    received, and no order of arrival changes it.
    """

    contract: Contract
    blocked: Sequence[str]

    @cached_property
    def version(self) -> str:
        """Changes when the same rows would be read otherwise: then all of them are read again."""
        return digest(*self.sightings, *self.evidence, *self.profiles)

    @property
    def owner(self) -> str | None:
        """SQL of the key that a record stands for: itself, or the strongest that it names."""
        return self._own

    @property
    def is_empty(self) -> bool:
        """Whether the contract says nothing of persons."""
        return not self.sightings

    @cached_property
    def sightings(self) -> list[str]:
        """Selects of (delivery, key, first time) of everything that is somebody by itself."""
        keys = [_key(item) for item in identifiers_of(self.contract) if item.is_strong]
        if self._own and self._own not in keys and not self._is_row:
            keys.append(self._own)
        return [
            f"select _delivery_id, {key} as identity_key, min({self._at}) as first_at"
            f" from {self._rows} where {key} is not null group by all"
            for key in keys
        ]

    @cached_property
    def evidence(self) -> list[str]:
        """Selects of (delivery, two keys, kind of the second, verified, first time)."""
        return list(self._evidence()) if self.contract.links_identities and self._own else []

    @cached_property
    def profiles(self) -> list[str]:
        """A select of (delivery, key, attributes) of the persons described."""
        profile = profile_of(self.contract)
        if not self.contract.links_identities or not profile.is_known or not self._own:
            return []
        values = {name: self._value(name, column) for name, column in asdict(profile).items()}
        told = [f"{value}::varchar" for name, value in values.items() if name != "created_on"]
        return [
            f"select distinct _delivery_id, {self._own} as identity_key,"
            f" {', '.join(values.values())} from {self._rows}"
            f" where coalesce({', '.join(told)}) is not null"
        ]

    def _value(self, attribute: str, column: str | None) -> str:
        """An attribute of a profile; a blocked address or number describes nobody."""
        if column is None:
            return f"cast(null as {'date' if attribute in DATES else 'varchar'})"
        value = identifier(column)
        if attribute in DATES:
            return f"cast({value} as date)"
        if attribute in ("email", "phone"):
            return f"case when not {self._is_blocked(value)} then {value} end"
        return value

    def _evidence(self) -> Iterator[str]:
        own = str(self._own)
        for item in self._ties:
            if _key(item) == own:
                continue
            value = identifier(item.column)
            yield (
                f"select _delivery_id, {own} as from_key, {_key(item)} as to_key,"
                f" {literal(item.kind)} as kind, max({_verified(item)}) as verified,"
                f" min({self._stated_at}) as seen_at from {self._rows}"
                f" where {own} is not null and {value} is not null and {own} <> {_key(item)}"
                f" and not {self._is_blocked(value)}{self._own_is_sound()} group by all"
            )

    @cached_property
    def _ties(self) -> list[Identifier]:
        return [item for item in identifiers_of(self.contract) if item.ties]

    @cached_property
    def _is_row(self) -> bool:
        """Whether a row is no person of its own, only a place where identifiers meet."""
        is_described = profile_of(self.contract).is_known and bool(self.contract.key)
        return own_identifier(self.contract) is None and not is_described

    @cached_property
    def _own(self) -> str | None:
        """The key that a record stands for: itself, or the strongest that it names."""
        if item := own_identifier(self.contract):
            return _key(item)
        if not self.contract.links_identities:
            return None
        if self._is_row:
            strong = [_key(item) for item in self._ties if item.is_strong]
            return f"coalesce({', '.join(strong)})" if strong else None
        parts = ", ".join(f"{identifier(name)}::varchar" for name in self.contract.key)
        return f"{literal(f'record:{self.contract.table}:')} || concat_ws('|', {parts})"

    def _own_is_sound(self) -> str:
        """Of an account or card that is blocked as a value, nothing is believed."""
        strong = {item.column: item for item in self._ties if item.is_strong}
        own = own_identifier(self.contract)
        if own is not None:
            return f" and not {self._is_blocked(identifier(own.column))}"
        if not self._is_row:
            return ""
        columns = ", ".join(identifier(column) for column in strong)
        return f" and not {self._is_blocked(f'coalesce({columns})')}"

    @property
    def _rows(self) -> str:
        return (
            f"(from raw.{identifier(self.contract.table)} where _delivery_id in (select"
            f" delivery_id from _new_deliveries where contract = {literal(self.contract.slug)}))"
        )

    @property
    def _at(self) -> str:
        event_at = self.contract.event_at
        return f"cast({identifier(event_at)} as timestamp)" if event_at else "null::timestamp"

    @property
    def _stated_at(self) -> str:
        """When the record came to say so: an old account may be given a new address."""
        updated_at = self.contract.updated_at
        if not updated_at:
            return self._at
        return f"coalesce(cast({identifier(updated_at)} as timestamp), {self._at})"

    def _is_blocked(self, value: str) -> str:
        return is_blocked(value, self.blocked)


def _key(item: Identifier) -> str:
    return f"({literal(item.kind + ':')} || {identifier(item.column)})"


def _verified(item: Identifier) -> str:
    if item.verified_by is None:
        return str(ASSUMED)
    flag = identifier(item.verified_by)
    return f"case when {flag} then {CONFIRMED} else {UNVERIFIED} end"
