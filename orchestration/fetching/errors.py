"""Why a server could not be fetched."""

from __future__ import annotations


class FetchError(Exception):
    """One server failed, told in half a sentence; the others are fetched all the same."""
