"""What the pages of the site look like: their elements, and which of them draw the clicks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.channels.arrays import Floats, Ints, pick_by_row

PAGE_TYPES = (
    "home", "category", "product", "search", "content", "help", "account", "cart", "checkout",
    "confirmation",
)  # fmt: skip
HOME, CATEGORY, PRODUCT, SEARCH, CONTENT, HELP, ACCOUNT, CART, CHECKOUT, CONFIRMATION = range(10)
# By page type: height of the document on a desktop, in pixels, and median seconds of stay.
HEIGHTS = np.array([4200, 5200, 3600, 4000, 3800, 2600, 1500, 1600, 1800, 1200])
STAYS = np.array([7.0, 9.0, 13.0, 8.0, 14.0, 15.0, 9.0, 8.0, 9.0, 5.0])
DEVICES = ("desktop", "mobile", "tablet")
DESKTOP, MOBILE, TABLET = range(3)
PAGE_WIDTHS = np.array([1440.0, 390.0, 820.0])
VIEWPORT_HEIGHTS = np.array([820.0, 760.0, 1080.0])
HEIGHT_FACTORS = np.array([1.0, 1.7, 1.2])
LAYOUT_DAYS = 273
LAYOUT_SHIFT = 140.0
# How much oftener a hot link is clicked than each other link of its page; on the way to an order
# nearly everyone goes on.
HOT_WEIGHT, ONWARD_WEIGHT = 3.0, 30.0


class Element(NamedTuple):
    """A box on a page type: left edge and width as shares, top and height in desktop pixels."""

    page_type: int
    name: str
    left: float
    top: float
    width: float
    height: float
    is_link: bool


# The first element of each page type is its hot one: it is clicked most.
ELEMENTS = (
    Element(HOME, "hero_banner", 0.10, 120, 0.80, 380, True),
    Element(HOME, "category_tile", 0.10, 620, 0.38, 260, True),
    Element(HOME, "newsletter_link", 0.40, 3600, 0.20, 40, True),
    Element(HOME, "carousel_arrow", 0.92, 280, 0.04, 60, False),
    Element(HOME, "decor_picture", 0.55, 980, 0.35, 300, False),
    Element(CATEGORY, "first_tile", 0.22, 260, 0.24, 340, True),
    Element(CATEGORY, "product_tile", 0.48, 260, 0.24, 340, True),
    Element(CATEGORY, "second_row_tile", 0.22, 700, 0.50, 340, True),
    Element(CATEGORY, "filter", 0.02, 260, 0.16, 420, False),
    Element(CATEGORY, "decor_header", 0.02, 90, 0.60, 60, False),
    Element(PRODUCT, "buy_button", 0.62, 520, 0.28, 56, True),
    Element(PRODUCT, "recommendation", 0.10, 1900, 0.80, 300, True),
    Element(PRODUCT, "breadcrumb", 0.08, 90, 0.30, 24, True),
    Element(PRODUCT, "picture_zoom", 0.08, 160, 0.44, 560, False),
    Element(PRODUCT, "size_chart_picture", 0.62, 700, 0.28, 200, False),
    Element(SEARCH, "first_result", 0.22, 240, 0.24, 340, True),
    Element(SEARCH, "second_result", 0.48, 240, 0.24, 340, True),
    Element(SEARCH, "search_box", 0.30, 30, 0.40, 44, False),
    Element(SEARCH, "result_count", 0.22, 190, 0.20, 24, False),
    Element(CONTENT, "inline_link", 0.25, 900, 0.40, 28, True),
    Element(CONTENT, "menu", 0.05, 40, 0.60, 44, True),
    Element(CONTENT, "video", 0.25, 1300, 0.50, 340, False),
    Element(CONTENT, "decor_quote", 0.25, 1900, 0.50, 120, False),
    Element(HELP, "first_question", 0.20, 300, 0.55, 40, True),
    Element(HELP, "contact_link", 0.20, 1900, 0.25, 40, True),
    Element(HELP, "answer_toggle", 0.20, 420, 0.55, 40, False),
    Element(HELP, "decor_icon", 0.05, 300, 0.10, 90, False),
    Element(ACCOUNT, "orders_link", 0.10, 260, 0.25, 44, True),
    Element(ACCOUNT, "points_link", 0.10, 330, 0.25, 44, True),
    Element(ACCOUNT, "address_toggle", 0.45, 260, 0.35, 44, False),
    Element(ACCOUNT, "avatar", 0.85, 120, 0.08, 90, False),
    Element(CART, "checkout_button", 0.66, 420, 0.26, 56, True),
    Element(CART, "continue_shopping", 0.08, 900, 0.22, 40, True),
    Element(CART, "quantity", 0.45, 300, 0.08, 40, False),
    Element(CART, "trust_badge", 0.66, 640, 0.26, 70, False),
    Element(CHECKOUT, "continue_button", 0.60, 980, 0.28, 56, True),
    Element(CHECKOUT, "back_link", 0.08, 980, 0.16, 40, True),
    Element(CHECKOUT, "coupon_toggle", 0.62, 380, 0.26, 36, False),
    Element(CHECKOUT, "delivery_note", 0.08, 760, 0.44, 60, False),
    Element(CONFIRMATION, "order_link", 0.30, 300, 0.30, 44, True),
    Element(CONFIRMATION, "home_link", 0.30, 380, 0.20, 44, True),
    Element(CONFIRMATION, "print_button", 0.62, 300, 0.14, 44, False),
    Element(CONFIRMATION, "decor_confetti", 0.10, 90, 0.80, 120, False),
)
ELEMENT_NAMES = tuple(element.name for element in ELEMENTS)
ELEMENT_NUMBER = {element.name: number for number, element in enumerate(ELEMENTS)}
_BOXES = np.array([element[2:6] for element in ELEMENTS], dtype=np.float64)


def _weights(choose: str) -> Floats:
    """Weight of each element on each page type, among its links, its moving or its dead parts."""
    weights = np.zeros((len(PAGE_TYPES), len(ELEMENTS)))
    for page_type in range(len(PAGE_TYPES)):
        own = [n for n, element in enumerate(ELEMENTS) if element.page_type == page_type]
        links = [n for n in own if ELEMENTS[n].is_link]
        # The last element of a page type does nothing when it is clicked.
        chosen = {"link": links, "moving": own[len(links) : -1], "dead": own[-1:], "any": own}
        weights[page_type, chosen[choose]] = 1.0 / len(chosen[choose])
    if choose in ("link", "any"):
        hot = [min(n for n, e in enumerate(ELEMENTS) if e.page_type == p) for p in range(10)]
        onward = np.isin(np.arange(10), (CART, CHECKOUT)) & (choose == "link")
        weights[np.arange(10), hot] *= np.where(onward, ONWARD_WEIGHT, HOT_WEIGHT)
    return weights


_WEIGHTS = {choose: _weights(choose) for choose in ("link", "moving", "dead", "any")}
HOT_ELEMENTS = tuple(
    next(element.name for element in ELEMENTS if element.page_type == page_type)
    for page_type in range(len(PAGE_TYPES))
)
DEAD_ELEMENTS = tuple(
    [element.name for element in ELEMENTS if element.page_type == page_type][-1]
    for page_type in range(len(PAGE_TYPES))
)


def pick_element(rng: np.random.Generator, choose: str, page_type: Ints) -> Ints:
    """An element for each page: a `link`, a `moving` or `dead` part, or `any` of them."""
    return pick_by_row(rng, _WEIGHTS[choose], page_type)


def point_on(
    rng: np.random.Generator, element: Ints, device: Ints, layout: Ints
) -> tuple[Floats, Floats]:
    """Where a pointer meets each element: most often near its middle."""
    box = _BOXES[element]
    inside = (rng.random((2, len(element))) + rng.random((2, len(element)))) / 2
    x = (box[:, 0] + inside[0] * box[:, 2]) * PAGE_WIDTHS[device]
    top = box[:, 1] + np.where(box[:, 1] > 100, LAYOUT_SHIFT * layout, 0.0)
    y = (top + inside[1] * box[:, 3]) * HEIGHT_FACTORS[device]
    return np.round(x, 1), np.round(y, 1)


def layout_of(day: Ints) -> Ints:
    """Number of the layout that is live on each day."""
    return np.asarray(day) // LAYOUT_DAYS
