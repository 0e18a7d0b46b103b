"""Which contract tells what persons agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CROSS_BRAND, GRANTED = "cross_brand", "granted"


@dataclass(frozen=True)
class ConsentRegister:
    """The columns that say for which purpose an entry is, and how the person decided."""

    purpose: str
    status: str


def read_consent_register(value: Any, columns: list[str]) -> ConsentRegister | None:
    """The property `consentRegister` of a contract, checked against its columns."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"purpose", "status"}:
        raise ValueError("`consentRegister` names two columns, as {purpose: ..., status: ...}")
    for name in value.values():
        if name not in columns:
            raise ValueError(f"`consentRegister` names `{name}`, which is not among the properties")
    return ConsentRegister(value["purpose"], value["status"])
