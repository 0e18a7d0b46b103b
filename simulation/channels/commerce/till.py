"""The tills of the stores: receipts and their lines; some receipts are voided."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import pick
from simulation.channels.commerce.baskets import line_columns

TILLS = 3
PAYMENT_METHODS, PAYMENT_WEIGHTS = ("card", "cash", "mobile"), (0.62, 0.26, 0.12)


def emit_receipts(block: Block, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Receipts of purchases; their money stands on their lines."""
    is_store = (orders["method"] == "store").to_numpy()
    rng = block.rng("commerce.till")
    emit_headers(block, orders[is_store], rng)
    kept = lines[is_store[lines["order"]]]
    rows = line_columns(block, kept).assign(
        receipt_id=orders["touch_id"].to_numpy(dtype=object)[kept["order"]]
    )
    block.emit("pos/receipt_lines", rows, day=orders["day"].to_numpy()[kept["order"]])


def emit_headers(block: Block, receipts: pd.DataFrame, rng: np.random.Generator) -> None:
    """One receipt per row: touch_id, store, loyalty_id, placed, day, currency."""
    count = len(receipts)
    names = block.reference.stores["store_id"].to_numpy(dtype=object)
    rows = receipts[["loyalty_id", "currency"]].assign(
        receipt_id=receipts["touch_id"],
        store_id=names[receipts["store"]],
        till_id=np.array([f"T{n + 1}" for n in range(TILLS)], dtype=object)[
            rng.integers(0, TILLS, count)
        ],
        sold_at=block.at(0, receipts["placed"]),
        status=np.where(receipts["is_canceled"], "canceled", "completed"),
        payment_method=np.array(PAYMENT_METHODS, dtype=object)[pick(rng, PAYMENT_WEIGHTS, count)],
    )
    block.emit("pos/receipts", rows, day=receipts["day"].to_numpy())
