"""SQL over identity keys, which are texts as `account_id:4711`."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.contracts.groups import TYPE_BY_KIND
from orchestration.contracts.identifiers import BROWSER_KINDS, STRONG_KINDS
from orchestration.sql import literal

RECORD = "record"


def is_strong(key: str) -> str:
    """Whether a key is an account or a card."""
    return _begins(key, STRONG_KINDS)


def is_record(key: str) -> str:
    """Whether a key is a record that stands for itself."""
    return _begins(key, [RECORD])


def is_browser(key: str) -> str:
    """Whether a key is a browser or an installed app."""
    return _begins(key, BROWSER_KINDS)


def is_group(key: str) -> str:
    """Whether a key names a household, a company or a joint account, and no person."""
    return _begins(key, TYPE_BY_KIND)


def is_blocked(value: str, blocked: Iterable[str]) -> str:
    """Whether a value is one of those that say nothing; `*` stands for any characters."""
    exact = [item for item in blocked if "*" not in item]
    patterns = [item for item in blocked if "*" in item]
    text = f"lower({value}::varchar)"
    tests = [f"{text} in ({', '.join(map(literal, exact))})"] if exact else ["false"]
    tests += [f"{text} like {literal(_like(item))} escape '!'" for item in patterns]
    return f"({' or '.join(tests)})"


def _like(pattern: str) -> str:
    for sign in "!%_":
        pattern = pattern.replace(sign, f"!{sign}")
    return pattern.replace("*", "%")


def _begins(key: str, kinds: Iterable[str]) -> str:
    return "(" + " or ".join(f"starts_with({key}, '{kind}:')" for kind in kinds) + ")"
