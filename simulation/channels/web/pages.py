"""The pages that each visit shows, how long, and which products are on them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import giving_up
from simulation.channels.arrays import Bools, Floats, Ints, pick, pick_by_row, spread
from simulation.channels.moments import undisturbed
from simulation.channels.web import layout, sessions
from simulation.channels.web.layout import (
    ACCOUNT,
    CART,
    CATEGORY,
    CHECKOUT,
    CONFIRMATION,
    CONTENT,
    HELP,
    HOME,
    PRODUCT,
    SEARCH,
)  # fmt: skip

POWER, MOST_PAGES = 1.7, 40
QUICK_BACK_SHARE, LIKED_SHARE, STRAY_SHARE = 0.05, 0.5, 0.25
# Weights of the page types on the first page of a visit, and on those that follow.
FIRST_PAGES = {HOME: 0.42, CATEGORY: 0.2, PRODUCT: 0.26, CONTENT: 0.08, HELP: 0.04}
NEXT_PAGES = {
    HOME: 0.05, CATEGORY: 0.28, PRODUCT: 0.46, SEARCH: 0.09, CONTENT: 0.04, HELP: 0.04,
    ACCOUNT: 0.04,
}  # fmt: skip


@dataclass
class Pages:
    """Page views as arrays, in the order of visits and within them of time.

    session: row of the visit; position within it; kind: index into PAGE_TYPES; step: 0 to 3 on the
    checkout's pages, else -1; start: seconds since the company's start; stay, engaged: seconds;
    product: index or -1; is_last: whether the visit ends here; is_focus: the product page from
    which the cart is filled.
    """

    session: Ints
    position: Ints
    kind: Ints
    step: Ints
    start: Floats
    stay: Floats
    engaged: Floats
    product: Ints
    is_last: Bools
    is_focus: Bools

    def __len__(self) -> int:
        return len(self.session)

    def kept(self, keep: Bools, renumbered: Ints) -> Pages:
        """The pages of the visits that are kept, under their new row."""
        rows = keep[self.session]
        parts = {field.name: getattr(self, field.name)[rows] for field in fields(self)}
        return Pages(**{**parts, "session": renumbered[parts["session"]]})


def pages_of(block: Block, visits: pd.DataFrame) -> tuple[pd.DataFrame, Pages]:
    """Pages of the visits; visits that would run into the next one of their browser are left out.

    The visits come back in order of time, with `start` and `end` in seconds.
    """
    rng = block.rng("web.pages")
    pages = _laid_out(block, rng, visits)
    offset = _offsets(pages)
    last = np.cumsum(np.bincount(pages.session, minlength=len(visits))) - 1
    is_order = visits["intent"].to_numpy() == giving_up.ORDER
    until_order = offset[last]
    start = visits["at"].to_numpy() * 86400 - np.where(is_order, until_order, 0.0)
    pages.start = start[pages.session] + offset
    visits = visits.assign(start=start, end=start + offset[last] + pages.stay[last])
    keep = undisturbed(visits["visitor"].to_numpy(), start, visits["end"].to_numpy(), is_order)
    order = np.argsort(start, kind="stable")
    renumbered = np.full(len(visits), -1)
    renumbered[order[keep[order]]] = np.arange(keep.sum())
    pages = pages.kept(keep, renumbered)
    sort = np.lexsort((pages.position, pages.session))
    for field in fields(pages):
        setattr(pages, field.name, getattr(pages, field.name)[sort])
    return visits.iloc[order[keep[order]]].reset_index(drop=True), pages


def _laid_out(block: Block, rng: np.random.Generator, visits: pd.DataFrame) -> Pages:
    intent, reason = visits["intent"].to_numpy(), visits["reason"].to_numpy()
    kind = visits["kind"].to_numpy()
    is_bot = kind == sessions.BOT
    browse = np.minimum((1 - rng.random(len(visits))) ** (-1 / POWER), MOST_PAGES).astype(np.int64)
    browse = np.where(is_bot, rng.integers(4, 40, len(visits)), browse)
    browse = np.maximum(browse, np.where(~is_bot & (intent == giving_up.SEARCH), 2, 1))
    is_cart = ~is_bot & (intent >= giving_up.CART)
    steps = np.where(intent == giving_up.ORDER, 4, 0)
    gives_up = ~is_bot & (intent == giving_up.CHECKOUT)
    stop = np.where(reason >= 0, giving_up.STEP_OF_REASON[reason], 1)
    steps = np.where(gives_up, stop + 1, steps)
    count = browse + is_cart + steps + (intent == giving_up.ORDER)
    session, position = spread(count)
    after = position - browse[session]
    kinds = _kinds(rng, visits, session, position, browse)
    kinds = np.where(after == 0, CART, np.where(after > 0, CHECKOUT, kinds))
    kinds = np.where(after == 5, CONFIRMATION, kinds)
    stay, engaged = _stays(rng, kinds, is_bot[session])
    focus = (after == -1) & is_cart[session]
    step = np.where(kinds == CHECKOUT, after - 1, -1)
    is_last = position == count[session] - 1
    start, product = np.zeros(len(session)), np.full(len(session), -1)
    pages = Pages(session, position, kinds, step, start, stay, engaged, product, is_last, focus)
    _go_back(rng, pages, after < -1)
    pages.product = _products(block, rng, pages, visits)
    return pages


def _kinds(
    rng: np.random.Generator, visits: pd.DataFrame, session: Ints, position: Ints, browse: Ints
) -> Ints:
    """Page types of the browsing part: the visit's intent shows on its last page."""
    weights = np.zeros((2, len(layout.PAGE_TYPES)))
    for row, shares in enumerate((FIRST_PAGES, NEXT_PAGES)):
        weights[row, list(shares)] = list(shares.values())
    kinds = pick_by_row(rng, weights, np.minimum(position, 1))
    intent = visits["intent"].to_numpy()[session]
    is_last = position == browse[session] - 1
    kinds = np.where(is_last & (intent == giving_up.SEARCH), SEARCH, kinds)
    return np.where(is_last & (intent >= giving_up.PRODUCT), PRODUCT, kinds)


def _stays(rng: np.random.Generator, kinds: Ints, is_bot: Bools) -> tuple[Floats, Floats]:
    stay = layout.STAYS[kinds] * np.exp(rng.normal(0, 0.9, len(kinds)))
    stay = np.where(is_bot, rng.uniform(0.8, 2.2, len(kinds)), np.clip(stay, 1.6, 1200))
    engaged = np.where(is_bot, 0.0, stay * rng.uniform(0.5, 1.0, len(kinds)))
    return np.round(stay, 3), engaged


def _go_back(rng: np.random.Generator, pages: Pages, is_inner: Bools) -> None:
    """Some pages are left within seconds, back to the page before."""
    back = is_inner & (pages.position >= 1) & (rng.random(len(pages)) < QUICK_BACK_SHARE)
    row = np.flatnonzero(back)
    pages.stay[row] = np.round(rng.uniform(1.2, 4.2, len(row)), 3)
    pages.engaged[row] = pages.stay[row]
    inner_next = is_inner[np.minimum(row + 1, len(pages) - 1)]
    pages.kind[row[inner_next] + 1] = pages.kind[row[inner_next] - 1]


def _products(block: Block, rng: np.random.Generator, pages: Pages, visits: pd.DataFrame) -> Ints:
    """A product on each product page; a visit mostly stays with one category."""
    person, ordered = visits["person"].to_numpy(), visits["product"].to_numpy()[pages.session]
    products = block.reference.products
    category = pd.factorize(products["category"])[0]
    shares = np.zeros((category.max() + 1, len(products)))
    shares[category, np.arange(len(products))] = products["share"].to_numpy()
    liked = np.append(block.facts["accounts"]["favourite_category"].to_numpy(), 0)[person]
    drawn = category[pick(rng, products["share"].to_numpy(), len(person))]
    likes = (person >= 0) & (rng.random(len(person)) < LIKED_SHARE)
    favourite = np.where(likes, liked, drawn)
    strays = rng.random(len(pages)) < STRAY_SHARE
    anything = category[pick(rng, products["share"].to_numpy(), len(pages))]
    product = pick_by_row(rng, shares, np.where(strays, anything, favourite[pages.session]))
    shows = (pages.kind == PRODUCT) | (pages.kind == CART)
    product = np.where(pages.is_focus & (ordered >= 0), ordered, product)
    cart = np.flatnonzero(pages.kind == CART)
    product[cart] = product[cart - 1]
    return np.where(shows, product, -1)


def _offsets(pages: Pages) -> Floats:
    """Seconds from the start of the visit to each page."""
    total = np.cumsum(pages.stay) - pages.stay
    first = np.searchsorted(pages.session, pages.session)
    offsets: Floats = np.round(total - total[first], 3)
    return offsets
