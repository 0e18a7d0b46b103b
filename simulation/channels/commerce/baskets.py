"""What is in the baskets: products near what the person means to spend, mostly of a liking."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints, pick, pick_by_row, spread
from simulation.channels.money import CURRENCY_ORDER, contained_tax, list_prices

FAVOURITE_SHARE = 0.45
CANDIDATES = 6
TAX_AND_DISCOUNT = 1.28
# Nobody fills a basket with many things on a small budget.
LEAST_SPEND_ON_A_LINE = 22.0
GREATEST_QUANTITY = 4
PROMOTION_STEPS = (0.1, 0.2, 0.3)


def fill_baskets(block: Block, orders: pd.DataFrame) -> pd.DataFrame:
    """Lines of the orders: order (its row), line_number, product (index), quantity, price, gross,
    discount, offer_discount (part of discount), tax; money in hundredths of the order's currency.
    """
    rng = block.rng("commerce.baskets")
    order, position = spread(orders["basket_lines"])
    tag = orders["spend"].to_numpy() * TAX_AND_DISCOUNT / orders["basket_lines"].to_numpy()
    target = tag[order] * np.exp(rng.normal(0, 0.3, len(order)))
    product = _products(block, orders, order, target, rng)
    euros = block.reference.products["list_price"].to_numpy()[product]
    quantity = np.clip(np.rint(target / euros), 1, GREATEST_QUANTITY).astype(np.int64)
    currency = pd.Categorical(orders["currency"], CURRENCY_ORDER).codes[order]
    price = list_prices(block.reference.products)[currency, product]
    lines = pd.DataFrame({"order": order, "line_number": position + 1, "product": product})
    lines["quantity"], lines["price"] = quantity, price
    lines["gross"] = price * quantity
    return _discounted(block, orders, lines, rng)


def affordable(basket_lines: pd.Series, spend: pd.Series) -> pd.Series:
    """The lines of each basket, as many as the money is enough for."""
    enough = np.clip(np.rint(spend / LEAST_SPEND_ON_A_LINE), 1, None).astype("int64")
    return basket_lines.clip(upper=enough)


def _products(
    block: Block, orders: pd.DataFrame, order: Ints, target: np.ndarray, rng: np.random.Generator
) -> Ints:
    """Of a few products of a category, by their share of sales, the one nearest to the target."""
    products = block.reference.products
    category, names = pd.factorize(products["category"])
    share = products["share"].to_numpy()
    shares = np.zeros((len(names), len(products)))
    shares[category, np.arange(len(products))] = share
    liked = orders["favourite_category"].to_numpy()[order]
    is_liked = rng.random(len(order)) < FAVOURITE_SHARE
    candidates = np.stack(
        [
            np.where(is_liked, pick_by_row(rng, shares, liked), pick(rng, share, len(order)))
            for _ in range(CANDIDATES)
        ]
    )
    distance = np.abs(np.log(products["list_price"].to_numpy()[candidates] / target))
    best: Ints = candidates[distance.argmin(axis=0), np.arange(len(order))]
    return best


def _discounted(
    block: Block, orders: pd.DataFrame, lines: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """An offer holds for the whole order; without one, the price-sensitive find promotions."""
    order, count = lines["order"].to_numpy(), len(lines)
    sensitivity = block.people.column("price_sensitivity")[orders["person"].to_numpy()[order]]
    offer = orders["offer_share"].to_numpy()[order]
    promotion = rng.choice(PROMOTION_STEPS, count)
    promotion = np.where(rng.random(count) < 0.04 + 0.2 * sensitivity, promotion, 0.0)
    gross = lines["gross"].to_numpy()
    lines["offer_discount"] = np.rint(gross * offer).astype(np.int64)
    lines["discount"] = np.rint(gross * np.where(offer > 0, offer, promotion)).astype(np.int64)
    paid = gross - lines["discount"].to_numpy()
    lines["tax"] = contained_tax(paid, orders["tax_rate"].to_numpy()[order])
    return lines


def line_columns(block: Block, lines: pd.DataFrame) -> pd.DataFrame:
    """The columns that lines of all sources share; a quantity below 0 makes a return."""
    sign = np.sign(lines["quantity"].to_numpy())
    names = block.reference.products["product_id"].to_numpy(dtype=object)
    money = {f"{name}_amount": lines[name] * sign / 100 for name in ("gross", "discount", "tax")}
    return pd.DataFrame(
        {
            "line_number": lines["line_number"],
            "product_id": names[lines["product"]],
            "quantity": lines["quantity"],
            "list_price_amount": lines["price"] / 100,
            **money,
        }
    )
