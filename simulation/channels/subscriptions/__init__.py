"""Subscriptions with their bills and ends, and what people hold with the company."""

from __future__ import annotations

from simulation.block import Block
from simulation.channels.subscriptions.balances import keep_balances
from simulation.channels.subscriptions.billing import run_bills
from simulation.channels.subscriptions.cancelling import (
    decide_cancellations,
    emit_cancellations,
)
from simulation.channels.subscriptions.holdings import keep_holdings
from simulation.channels.subscriptions.invoices import emit_invoices
from simulation.channels.subscriptions.plans import emit_started, running


def simulate(block: Block) -> None:
    """Leave `bills` and `subscriptions`.

    bills: invoice_id, person, bill_run_id, issued_at, day, amount, currency, is_wrong (a billing
    error), is_failed (the payment was refused). subscriptions: all that have not ended before the
    block: subscription_id, person, customer_id, plan, started, canceled, ended (whole seconds).
    """
    subscriptions = running(block)
    emit_started(block, subscriptions)
    decide_cancellations(block, subscriptions)
    invoices = run_bills(block, subscriptions)
    emit_invoices(block, invoices)
    emit_cancellations(block, subscriptions)
    keep_balances(block, subscriptions, invoices)
    keep_holdings(block)
    bills = ["invoice_id", "person", "bill_run_id", "day", "currency", "is_wrong", "is_failed"]
    block.facts["bills"] = invoices[bills].assign(
        issued_at=block.at(0, invoices["issued"]), amount=invoices["total"] / 100
    )
    known = ["subscription_id", "person", "customer_id", "plan", "started", "canceled", "ended"]
    block.facts["subscriptions"] = subscriptions[known]
