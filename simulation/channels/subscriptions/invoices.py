"""Invoices on their way: open, paid, overdue, refused, or wrong and sent again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints
from simulation.channels.calendar import dates
from simulation.channels.customers.records import NEVER, SECONDS
from simulation.channels.subscriptions.billing import DUE_DAYS

RETRIED_AFTER_DAYS = 5
CORRECTED_SHARE = 0.6
PAID_LOG_DAYS, PAID_SPREAD = 2.2, 0.6


def emit_invoices(block: Block, invoices: pd.DataFrame) -> None:
    """Every version of each invoice, and the corrected ones that replace wrong ones."""
    rng = block.rng("subscriptions.invoices")
    corrected = invoices["is_wrong"].to_numpy() & (rng.random(len(invoices)) < CORRECTED_SHARE)
    withdrawn = invoices["issued"] + rng.integers(4 * SECONDS, 12 * SECONDS, len(invoices))
    again = invoices[corrected].assign(
        issued=withdrawn[corrected] + 60,
        total=invoices["right_total"][corrected],
        is_failed=False,
        bill_run_id=None,
        invoice_id=block.ids("IC", int(corrected.sum())),
    )
    never = pd.Series(NEVER, index=invoices.index)
    _emit(block, invoices.assign(withdrawn=withdrawn.where(corrected, never)), rng)
    _emit(block, again.assign(withdrawn=NEVER), rng)


def _emit(block: Block, invoices: pd.DataFrame, rng: np.random.Generator) -> None:
    issued = invoices["issued"].to_numpy()
    due = issued // SECONDS + DUE_DAYS
    paid = _paid(invoices, due, rng)
    row = _rows(block, invoices, due)
    withdrawn = invoices["withdrawn"].to_numpy()
    failed = np.where(invoices["is_failed"], due * SECONDS + 6 * 3600, NEVER)
    overdue = np.where(paid > (due + 1) * SECONDS, (due + 1) * SECONDS + 3600, NEVER)
    overdue = np.where(invoices["is_failed"], NEVER, overdue)
    for status, moment in (
        ("open", issued), ("failed", failed), ("overdue", overdue), ("paid", paid),
        ("canceled", withdrawn),
    ):  # fmt: skip
        happens = (moment < NEVER) & ((moment <= withdrawn) | (status == "open"))
        version = row[happens].assign(status=status, updated_at=block.at(0, moment[happens]))
        if status == "paid":
            version["paid_at"] = block.at(0, moment[happens])
        block.emit("billing/invoices", version, day=moment[happens] // SECONDS)
    record = invoices[["person"]].assign(
        source="billing/invoices", record_key=invoices["invoice_id"]
    )
    block.truth("records", record, day=issued // SECONDS)


def _paid(invoices: pd.DataFrame, due: Ints, rng: np.random.Generator) -> Ints:
    """Direct debits on the due date, refused ones at the second try or never, others by hand."""
    count = len(invoices)
    debit = due * SECONDS + 6 * 3600
    wait = (np.exp(rng.normal(PAID_LOG_DAYS, PAID_SPREAD, count)) * SECONDS).astype(np.int64)
    paid = np.where(invoices["has_debit"], debit, invoices["issued"] + 3600 + wait)
    again = np.where(invoices["is_recovered"], debit + RETRIED_AFTER_DAYS * SECONDS, NEVER)
    paid = np.where(invoices["is_failed"], again, paid)
    # A wrong bill that will be taken back is not paid.
    return np.where(paid < invoices["withdrawn"], paid, NEVER)


def _rows(block: Block, invoices: pd.DataFrame, due: Ints) -> pd.DataFrame:
    wanted = ["invoice_id", "customer_id", "subscription_id", "bill_run_id", "currency", "delivery"]
    return invoices[wanted].assign(
        issued_at=block.at(0, invoices["issued"]),
        due_date=dates(block, due),
        total_amount=invoices["total"] / 100,
    )
