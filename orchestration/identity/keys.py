"""SQL over identity keys, which are texts as `account_id:4711`."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.contracts.identifiers import BROWSER_KINDS, STRONG_KINDS

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


def _begins(key: str, kinds: Iterable[str]) -> str:
    return "(" + " or ".join(f"starts_with({key}, '{kind}:')" for kind in kinds) + ")"
