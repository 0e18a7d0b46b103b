"""What is known of a person, by type: the one thing that decides how it is compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestration.errors import ConfigurationError

COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Kind(StrEnum):
    """The type of an attribute."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    PHONE = "phone"
    IDENTIFIER = "identifier"
    STREET = "street"
    POSTCODE = "postcode"
    CITY = "city"
    TEXT = "text"
    CATEGORY = "category"
    CREATED_ON = "created_on"


KEYS = frozenset({Kind.EMAIL, Kind.PHONE, Kind.IDENTIFIER})
MANY_ALLOWED = frozenset({Kind.IDENTIFIER, Kind.TEXT, Kind.CATEGORY})
KIND_OF_PII = {
    "address": Kind.STREET,
    "birth_date": Kind.BIRTH_DATE,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "postcode": Kind.POSTCODE,
}


@dataclass(frozen=True)
class Attribute:
    """A column of the records, and what it holds."""

    column: str
    kind: Kind


def kind_of(column: str, pii: str | None) -> Kind | None:
    """The type of a contract's column by its `piiType`; None where it tells no person apart."""
    if pii != "name":
        return KIND_OF_PII.get(pii or "")
    if column in (Kind.FIRST_NAME, Kind.LAST_NAME):
        return Kind(column)
    return Kind.FULL_NAME


def check_attributes(attributes: Sequence[Attribute]) -> None:
    """Raise when the attributes cannot be compared as they are declared."""
    for attribute in attributes:
        if not COLUMN_NAME.fullmatch(attribute.column):
            raise ConfigurationError(
                f"linkage cannot use the column {attribute.column}: name it in lower case letters,"
                " digits and underscores."
            )
    single = [item.kind for item in attributes if item.kind not in MANY_ALLOWED]
    for kind in sorted(set(single)):
        if single.count(kind) > 1:
            raise ConfigurationError(
                f"linkage compares one {kind} a record: keep one of them, or declare the others as"
                " text."
            )


def has_work(attributes: Sequence[Attribute]) -> bool:
    """Whether there is more to compare than keys, which are linked without probabilities."""
    return len(attributes) > 1 and any(item.kind not in KEYS for item in attributes)
