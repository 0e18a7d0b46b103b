"""Secrets: named in files, read from the environment, never shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from orchestration.fetching.errors import FetchError


@dataclass
class Secrets:
    """The secrets that one server was given, so that none of them is ever told."""

    values: set[str] = field(default_factory=set)

    def read(self, name: str | None) -> str | None:
        """The value of an environment variable, None where no name is configured."""
        if name is None:
            return None
        return self.required(name)

    def required(self, name: str | None) -> str:
        """The value of an environment variable that has to be there."""
        value = os.environ.get(name or "")
        if not value:
            raise FetchError(f"the environment variable {name} is not set")
        self.add(value)
        return value

    def add(self, value: str) -> None:
        """Know one more secret, in the spellings that addresses have."""
        self.values |= {value, quote(value), quote(value, safe=""), quote_plus(value)}

    def hide(self, text: str) -> str:
        """`text` without any of them."""
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(value, "***")
        return text
