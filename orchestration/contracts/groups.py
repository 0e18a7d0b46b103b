"""Which columns of a contract say what persons belong to: a household, a company, an account."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.contracts.identifiers import NO_KIND, Identifier, identifiers_of, profile_of
from orchestration.contracts.model import Column, Contract

ADDRESS = "address"
HOUSEHOLD = "household_id"
# what a key names; an address is found, never named
TYPE_BY_KIND = {
    HOUSEHOLD: "household",
    "company_id": "company",
    "vat_id": "company",
    "joint_account": "joint_account",
    ADDRESS: "household",
}
GROUP_KINDS = tuple(kind for kind in TYPE_BY_KIND if kind != ADDRESS)
NAMED_BY_COLUMN = (HOUSEHOLD, "company_id", "vat_id")
FROM, TO, ROLE = "valid_from", "valid_to", "role"


@dataclass(frozen=True)
class GroupColumn:
    """A column whose value names a household, a company or a joint account."""

    kind: str
    column: str


@dataclass(frozen=True)
class Home:
    """The columns of a home address and of the family name of who lives there."""

    street: str
    postcode: str
    family_name: str


def group_columns_of(contract: Contract) -> tuple[GroupColumn, ...]:
    """The columns that name groups, by their names or their own word."""
    return tuple(
        GroupColumn(kind, column.name)
        for column in contract.columns
        if (kind := _kind(column)) is not None
    )


def members_of(contract: Contract) -> tuple[Identifier, ...]:
    """The accounts and cards that a record of the contract puts into a group."""
    return tuple(item for item in identifiers_of(contract) if item.is_strong and item.ties)


def is_register(contract: Contract) -> bool:
    """Whether each record is a membership of its own, with its first and last day."""
    return contract.has(FROM) and contract.has(TO)


def home_of(contract: Contract) -> Home | None:
    """Where a contract tells it, the address and the family name of the persons it describes."""
    streets = [column.name for column in contract.columns if column.pii == "address"]
    postcodes = [c.normalised_name for c in contract.columns if c.pii == "postcode"]
    family_name = profile_of(contract).family_name
    if not contract.links_identities or not streets or not postcodes or family_name is None:
        return None
    return Home(streets[0], str(postcodes[0]), family_name)


def _kind(column: Column) -> str | None:
    named = column.name if column.name in NAMED_BY_COLUMN else None
    kind = column.group_kind or named
    return None if kind == NO_KIND else kind
