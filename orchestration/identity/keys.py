"""SQL over identity keys, which are texts as `account_id:4711`."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.contracts.groups import TYPE_BY_KIND
from orchestration.contracts.identifiers import BROWSER_KINDS, STRONG_KINDS
from orchestration.sql import literal

RECORD = "record"
# `within:<brand>:<key>`: a key as the customers of one brand have it. Of the sorts of keys its name
# sorts last, so that of equal evidence the plain key is told.
WITHIN = "within"


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


def within_brand(brand: str, key: str) -> str:
    """A key as the customers of a brand have it; the brand cannot hold the sign that ends it."""
    name = f"replace(replace({brand}, '%', '%25'), ':', '%3A')"
    return f"'{WITHIN}:' || {name} || ':' || {key}"


def is_within_brand(key: str) -> str:
    """Whether a key is that of one brand."""
    return _begins(key, [WITHIN])


def plain_key(key: str) -> str:
    """A key whatever the brand."""
    return f"regexp_replace({key}, '^{WITHIN}:[^:]*:', '')"


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
