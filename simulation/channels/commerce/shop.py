"""The online shop: orders from web, app and telephone on their way, their lines and payments."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import pick
from simulation.channels.blanks import known
from simulation.channels.commerce.baskets import line_columns
from simulation.channels.commerce.invoices import emit_order_invoices
from simulation.channels.customers.records import SECONDS

PAYMENT_METHODS, PAYMENT_WEIGHTS = ("credit_card", "paypal", "invoice"), (0.52, 0.33, 0.15)
VOUCHER_SHARE, VOUCHER = 0.05, {"EUR": 1_000, "GBP": 1_000, "HUF": 400_000}
INSTALMENTS_FROM_EUR = 300


def emit_shop(block: Block, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Every version of each order, its lines as placed, and what was paid for it."""
    own = orders[orders["is_shop"]]
    header = _headers(block, own)
    stays, goes = own["is_delivered"].to_numpy(), own["is_canceled"].to_numpy()
    everything = np.full(len(own), True)
    nothing = known(~everything, None)
    for status, column, chosen in (
        (np.full(len(own), "created", dtype=object), "placed", everything),
        (np.full(len(own), "shipped", dtype=object), "shipped", stays),
        (np.full(len(own), "delivered", dtype=object), "delivered", stays),
        (own["end_status"].to_numpy(dtype=object), "canceled", goes),
    ):
        moment = own[column].to_numpy()
        arrived = block.at(0, moment) if column == "delivered" else nothing
        version = header.assign(status=status, delivered_at=arrived, updated_at=block.at(0, moment))
        block.emit("shop/orders", version[chosen], day=moment[chosen] // SECONDS)
    emit_lines(block, orders, lines[orders["is_shop"].to_numpy()[lines["order"]]])
    _emit_payments(block, own[stays])


def _headers(block: Block, own: pd.DataFrame) -> pd.DataFrame:
    amounts = ("gross", "discount", "tax", "shipping")
    return own[["customer_id", "loyalty_id", "email", "phone", "currency"]].assign(
        order_id=own["touch_id"],
        sales_method=own["method"],
        ordered_at=block.at(0, own["placed"]),
        **{f"{name}_amount": own[name] / 100 for name in amounts},
        coupon_code=own["offer_id"],
        estimated_delivery_at=block.at(0, own["promised"]),
    )


def emit_lines(block: Block, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Lines as placed; the postage of the order stands on its first line."""
    order = lines["order"].to_numpy()
    postage = orders["shipping"].to_numpy()[order]
    rows = line_columns(block, lines).assign(
        order_id=orders["touch_id"].to_numpy(dtype=object)[order],
        shipping_amount=np.where(lines["line_number"] == 1, postage, 0) / 100,
    )
    block.emit("shop/order_lines", rows, day=orders["day"].to_numpy()[order])


def _emit_payments(block: Block, own: pd.DataFrame) -> None:
    """Cards are charged when the goods leave, invoices are paid after delivery, vouchers first."""
    rng = block.rng("commerce.payments")
    count = len(own)
    due = (own["gross"] - own["discount"] + own["shipping"]).to_numpy()
    value = own["currency"].map(VOUCHER).astype("int64").to_numpy()
    has_voucher = (rng.random(count) < VOUCHER_SHARE) & (due > 2 * value)
    method = np.array(PAYMENT_METHODS, dtype=object)[pick(rng, PAYMENT_WEIGHTS, count)]
    is_invoice = method == "invoice"
    waits = rng.integers(2 * SECONDS, 14 * SECONDS, count)
    paid = np.where(is_invoice, own["delivered"] + waits, own["shipped"])
    in_parts = (method == "credit_card") & (due * own["euro_rate"] > INSTALMENTS_FROM_EUR * 100)
    row = own[["currency"]].assign(order_id=own["touch_id"])
    main = row.assign(
        payment_number=1 + has_voucher,
        payment_method=method,
        installment_count=np.where(in_parts, 3, 1),
        payment_amount=np.where(has_voucher, due - value, due) / 100,
        paid_at=block.at(0, paid),
    )
    block.emit("shop/payments", main, day=paid // SECONDS)
    emit_order_invoices(block, own[is_invoice], paid[is_invoice])
    shipped = own["shipped"].to_numpy()
    voucher = row.assign(
        payment_number=1,
        payment_method="voucher",
        installment_count=1,
        payment_amount=value / 100,
        paid_at=block.at(0, shipped),
    )
    block.emit("shop/payments", voucher[has_voucher], day=shipped[has_voucher] // SECONDS)
    for rows, moment in ((main, paid), (voucher[has_voucher], shipped[has_voucher])):
        block.truth("payments", rows[["order_id", "paid_at"]], day=moment // SECONDS)
