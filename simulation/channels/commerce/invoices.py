"""Invoices that travel with the goods of shop orders."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints
from simulation.channels.blanks import known
from simulation.channels.calendar import dates
from simulation.channels.customers.records import SECONDS

DUE_DAYS = 14


def emit_order_invoices(block: Block, orders: pd.DataFrame, paid: Ints) -> None:
    """Issued when the goods leave, paid later."""
    issued = orders["shipped"].to_numpy()
    numbers = block.ids("IO", len(orders))
    row = orders[["customer_id", "currency"]].assign(
        invoice_id=numbers,
        order_id=orders["touch_id"],
        issued_at=block.at(0, issued),
        due_date=dates(block, issued // SECONDS + DUE_DAYS),
        total_amount=(orders["gross"] - orders["discount"] + orders["shipping"]) / 100,
        delivery="paper",
    )
    nothing = known(np.zeros(len(orders), dtype=bool), None)
    for status, moment, at in (
        ("open", issued, nothing),
        ("paid", paid, block.at(0, paid)),
    ):
        version = row.assign(status=status, paid_at=at, updated_at=block.at(0, moment))
        block.emit("billing/invoices", version, day=moment // SECONDS)
    record = orders[["person"]].assign(source="billing/invoices", record_key=numbers)
    block.truth("records", record, day=issued // SECONDS)
