"""A text grammar: what customers and agents of a retailer write and say, given what is true."""

from simulation.texts.report import report
from simulation.texts.taxonomy import (
    CAUSES,
    EMOTIONS,
    KINDS,
    LANGUAGES,
    NO_CAUSE,
    ROOT_CAUSES,
    TOPICS,
)
from simulation.texts.writing import write_texts

__all__ = [
    "CAUSES",
    "EMOTIONS",
    "KINDS",
    "LANGUAGES",
    "NO_CAUSE",
    "ROOT_CAUSES",
    "TOPICS",
    "report",
    "write_texts",
]
