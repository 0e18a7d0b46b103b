"""Telephone numbers in E.164."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache


def phone_normaliser(country: str | None) -> Callable[[str | None], str | None]:
    """A function from a number as typed to E.164, or None where it is no valid number.

    `country` (ISO 3166-1 alpha-2) is where numbers without an international prefix belong.
    """

    @lru_cache(maxsize=1 << 16)
    def normalise(text: str | None) -> str | None:
        if text is None:
            return None
        import phonenumbers  # takes a second: only where there is a number

        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    return normalise
