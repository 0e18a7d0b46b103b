"""Which columns of a contract say who a record is about."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.contracts.model import Column, Contract

KIND_BY_NAME = {
    "customer_id": "account_id",
    "loyalty_id": "loyalty_id",
    "card_token": "card_token",
    "device_id": "device_id",
    "visitor_id": "visitor_id",
}
KIND_BY_PII = {"email": "email", "phone": "phone"}
STRONG_KINDS = ("account_id", "loyalty_id")
BROWSER_KINDS = ("device_id", "visitor_id")
CONTACT_KINDS = ("email", "phone")
KINDS = (*STRONG_KINDS, *CONTACT_KINDS, "card_token", *BROWSER_KINDS)
HANDLE, NETWORK = "handle", "network"
NO_KIND = "none"


@dataclass(frozen=True)
class Identifier:
    """A column whose value names a person, an account, a card or a device."""

    kind: str
    column: str
    verified_by: str | None
    ties: bool

    @property
    def is_strong(self) -> bool:
        """Whether a value alone makes a customer."""
        return self.kind in STRONG_KINDS


@dataclass(frozen=True)
class Contact:
    """The columns by which a record knows somebody personally: an address, a number, a name."""

    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """The columns that tell one person from another, and when a record was made; any may miss."""

    given_name: str | None = None
    family_name: str | None = None
    birth_date: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    created_on: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether the contract describes persons at all."""
        return any((self.given_name, self.family_name, self.birth_date))


def identifiers_of(contract: Contract) -> tuple[Identifier, ...]:
    """The identifiers of a contract, by its columns' names, types of personal data or own word."""
    names = {column.name for column in contract.columns}
    return tuple(
        Identifier(
            kind=kind,
            column=column.normalised_name or column.name,
            verified_by=column.verified_by or _flag(column, names),
            ties=column.ties_identity,
        )
        for column in contract.columns
        if (kind := _kind(column)) is not None
    )


def contacts_of(contract: Contract) -> tuple[Contact, ...]:
    """The addresses and numbers of a contract, and its names in social networks."""
    found = [
        Contact(item.kind, (item.column,))
        for item in identifiers_of(contract)
        if item.kind in CONTACT_KINDS
    ]
    columns = {column.name: column.normalised_name or column.name for column in contract.columns}
    if HANDLE in columns and NETWORK in columns:
        found.append(Contact(HANDLE, (columns[NETWORK], columns[HANDLE])))
    return tuple(found)


def profile_of(contract: Contract) -> Profile:
    """The columns of a contract that describe a person, by their types of personal data.

    Where several columns have one type the first counts.
    """
    typed = {
        column.pii: column.normalised_name or column.name for column in reversed(contract.columns)
    }
    return Profile(
        given_name=_name(contract, "first_name"),
        family_name=_name(contract, "last_name"),
        birth_date=typed.get("birth_date"),
        email=typed.get("email"),
        phone=typed.get("phone"),
        street=typed.get("address"),
        postcode=typed.get("postcode"),
        city=next((item.name for item in contract.columns if item.name == "city"), None),
        created_on=contract.event_at,
    )


def own_identifier(contract: Contract) -> Identifier | None:
    """The identifier that is the contract's primary key: its records are accounts, or cards."""
    found = [item for item in identifiers_of(contract) if (item.column,) == contract.key]
    return found[0] if found else None


def can_link(contract: Contract) -> bool:
    """Whether a record of the contract can hold two things that belong together."""
    ties = [item for item in identifiers_of(contract) if item.ties]
    is_record = bool(contract.key) and profile_of(contract).is_known
    return len(ties) > 1 or (len(ties) == 1 and is_record)


def _kind(column: Column) -> str | None:
    kind = (
        column.identity_kind or KIND_BY_NAME.get(column.name) or KIND_BY_PII.get(column.pii or "")
    )
    return None if kind == NO_KIND else kind


def _flag(column: Column, names: set[str]) -> str | None:
    flag = f"is_{column.name}_verified"
    return flag if flag in names else None


def _name(contract: Contract, name: str) -> str | None:
    found = [c.normalised_name for c in contract.columns if c.name == name and c.pii == "name"]
    return found[0] if found else None
