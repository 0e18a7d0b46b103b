"""The tables of the schema `ml`, and the one way they are written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import duckdb

from orchestration.sql import identifier

if TYPE_CHECKING:
    import pandas as pd

STAMP = {"model_version": "varchar", "scored_at": "timestamp", "as_of_date": "date"}
_AMOUNT = "decimal(18,4)"

ML_TABLES: dict[str, dict[str, str]] = {
    "customer_rfm": {
        "customer_id": "varchar",
        "recency_days": "integer",
        "order_day_count": "integer",
        "net_revenue_amount": _AMOUNT,
        "recency_score": "integer",
        "frequency_score": "integer",
        "monetary_score": "integer",
        "rfm_segment": "varchar",
    },
    "customer_segments": {
        "customer_id": "varchar",
        "segment_id": "integer",
        "segment_name": "varchar",
        "distance": "double",
    },
    "customer_values": {
        "customer_id": "varchar",
        "btyd_x": "integer",
        "btyd_tx": "double",
        "btyd_t": "double",
        "mean_repeat_amount": _AMOUNT,
        "probability_active_90d": "double",
        "expected_orders_90d": "double",
        "expected_orders_1y": "double",
        "expected_orders_3y": "double",
        "expected_order_value_amount": _AMOUNT,
        "historic_value_amount": _AMOUNT,
        "naive_value_1y_amount": _AMOUNT,
        "naive_value_3y_amount": _AMOUNT,
        "clv_90d_amount": _AMOUNT,
        "clv_1y_amount": _AMOUNT,
        "clv_3y_amount": _AMOUNT,
    },
    "survey_weights": {
        "response_id": "varchar",
        "response_probability": "double",
        "weight": _AMOUNT,
        "unexplained_odds_ratio": "double",
    },
    "channel_effects": {
        "month": "date",
        "channel_group": "varchar",
        "removal_effect": "double",
        "credit_share": "double",
    },
    "page_zones": {
        "brand_id": "varchar",
        "page": "varchar",
        "device_class": "varchar",
        "layout_version": "varchar",
        "column_number": "integer",
        "row_number": "integer",
        "click_count": "bigint",
        "block_click_count": "bigint",
        "p_value": "double",
        "q_value": "double",
        "is_hot": "boolean",
        "zone_number": "integer",
        "gi_star": "double",
        "top_cells_click_rate": "double",
    },
}


def create_ml_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are missing: a model that could not be fitted leaves its table empty."""
    for name, columns in ML_TABLES.items():
        ddl = ", ".join(f"{identifier(c)} {kind}" for c, kind in (columns | STAMP).items())
        connection.execute(f"create table if not exists ml.{identifier(name)} ({ddl})")


def write_scores(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    scores: pd.DataFrame,
    version: str,
    scored_at: dt.datetime,
    as_of_date: dt.date,
) -> int:
    """Replace the scores of one model; returns the rows written."""
    columns = ML_TABLES[table]
    casts = ", ".join(
        f"cast(case when isnan({identifier(name)}::double) then null else {identifier(name)} end"
        f" as {kind})"
        if kind not in ("varchar", "date")
        else identifier(name)
        for name, kind in columns.items()
    )
    connection.execute("begin")
    connection.execute(f"delete from ml.{identifier(table)}")
    if len(scores):
        connection.register("scores", scores[list(columns)])
        connection.execute(
            f"insert into ml.{identifier(table)} select {casts}, ?, ?, ? from scores order by all",
            [version, scored_at, as_of_date],
        )
        connection.unregister("scores")
    connection.execute("commit")
    return len(scores)
