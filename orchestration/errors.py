"""Failures that a user can act on."""

from __future__ import annotations


class RapportError(Exception):
    """A failure told in one sentence: what failed, where, and what to do.

    `exit_code` is what a scheduler sees.
    """

    exit_code = 1


class ConfigurationError(RapportError):
    """`rapport.yml`, a contract or the command line asks for something impossible."""

    exit_code = 2


class WorkspaceBusyError(RapportError):
    """Another process is writing to the workspace."""

    exit_code = 3


class HeldForReviewError(RapportError):
    """Headline figures moved too far; a person has to accept the change."""

    exit_code = 4


class StoppedError(RapportError):
    """A person stopped the command."""

    exit_code = 130


class DeliveryRefused(RapportError):
    """A delivery that cannot be loaded without losing or inventing rows."""

    def __init__(self, code: str, reason: str, records: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.records = records
