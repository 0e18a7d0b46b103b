"""Splink over the records: its settings in Python, from comparisons and what was learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.linkage.comparisons import DIFFERENT, Comparison, Level
from orchestration.linkage.records import RECORDS
from orchestration.linkage.value_shares import shares_table
from orchestration.sql import identifier

if TYPE_CHECKING:
    from splink import Linker

# The prior is added after scoring, so that scores do not depend on when it was learned.
NEUTRAL_PRIOR = 0.5


def open_linker(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    learned: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
    prior: float = NEUTRAL_PRIOR,
) -> Linker:
    """A Splink linker on `linkage_records`, which knows what is learned of each level."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    # What it warns of, levels that no pair reached, the training takes care of.
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            _settings(item, learned[item.name] if learned else ()) for item in comparisons
        ],
        probability_two_random_records_match=prior,
        unique_id_column_name="record_no",
    )
    api = DuckDBAPI(bench)
    linker = Linker(api.register(RECORDS), settings, log_level=None)
    for column in columns_with_shares(comparisons):
        table = api.register(shares_table(column))
        linker.table_management.register_term_frequency_lookup(table, column)
    return linker


def columns_with_shares(comparisons: Sequence[Comparison]) -> list[str]:
    """The columns of which it counts how common a value is."""
    levels = (level for item in comparisons for level in item.levels)
    return sorted({level.share_of for level in levels if level.share_of})


def forget_tables(bench: duckdb.DuckDBPyConnection) -> None:
    """Drop what Splink has left on the bench."""
    rows = bench.execute(
        "select table_name from duckdb_tables() where starts_with(table_name, '__splink')"
    ).fetchall()
    for (name,) in rows:
        bench.execute(f"drop table {identifier(name)}")


def _settings(item: Comparison, learned: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    unknown = {
        "sql_condition": item.unknown,
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    levels = [_level(level) for level in (*item.levels, DIFFERENT)]
    for level, known in zip(levels, learned, strict=bool(learned)):
        level |= known
    return {"output_column_name": item.name, "comparison_levels": [unknown, *levels]}


def _level(level: Level) -> dict[str, Any]:
    settings: dict[str, Any] = {"sql_condition": level.condition, "label_for_charts": level.label}
    if level.share_of:
        settings["tf_adjustment_column"] = level.share_of
    return settings
