"""Web events as the measuring script exports them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import giving_up, searches
from simulation.channels.arrays import Ints, coded, lookup, mixed, numbered
from simulation.channels.blanks import known
from simulation.channels.web import events, layout, sessions
from simulation.channels.web.events import Scene

SITE = "https://shop.example"
PAGE_URLS = tuple(
    SITE + path
    for path in ("/", "/category", "/product", "/search", "/guide", "/help", "/account", "/cart",
                 "/checkout", "/thank-you")
)  # fmt: skip
DESKTOP_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
)
MOBILE_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/139.0 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 Chrome/138.0 Mobile Safari",
)
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "GPTBot/1.2 (+https://openai.com/gptbot)",
)
# Scrapers that pose as browsers and change their name from visit to visit.
POSING_AGENTS = tuple(
    f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/{number}.0 Safari/537.36"
    for number in range(80, 140)
)
AGENTS = (*DESKTOP_AGENTS, *MOBILE_AGENTS, *BOT_AGENTS, *POSING_AGENTS)
POSING_SHARE = 0.3
PLACED_KINDS = (events.CLICK, events.POINTER_REST)


def emit_events(scene: Scene) -> None:
    """Write all events of the pages to `web/events`, and count the pages of each visit."""
    block, pages, visits = scene.block, scene.pages, scene.visits
    visits["page_count"] = np.bincount(pages.session, minlength=len(visits))
    found = scene.events.in_time()
    page, kind, at = found["page"], found["kind"], found["at"]
    session = pages.session[page]
    columns: dict[str, Any] = {
        "event_id": block.ids("WE", len(page)),
        "visitor_id": visits["visitor_id"].to_numpy()[session],
        "event_at": block.at(0, at),
        "event_type": coded(kind, events.EVENT_TYPES),
    }
    columns |= _of_visit(scene, session, at)
    columns |= _of_page(scene, page, kind)
    columns |= _of_event(scene, found, session)
    day = np.maximum(at // 86400, block.first_day).astype(np.int64)
    block.emit("web/events", columns, day=day)


def _of_visit(scene: Scene, session: Ints, at: np.ndarray) -> dict[str, Any]:
    visits = scene.visits
    is_logged_in = at >= visits["login_at"].to_numpy()[session]
    accounts = visits["customer_id"].to_numpy(dtype=object)[session]
    accounts[~is_logged_in] = None
    kind, device = visits["kind"].to_numpy(), visits["device"].to_numpy()
    return {
        "customer_id": accounts,
        "device_class": coded(device[session], layout.DEVICES),
        "user_agent": coded(_agents(scene, kind, device)[session], AGENTS),
        "ip_class": coded(
            np.array([0, 0, 1, 2])[kind][session], ("residential", "office", "data_centre")
        ),
    }


def _agents(scene: Scene, kind: Ints, device: Ints) -> Ints:
    """How each browser names itself: always the same, but for scrapers that pose as browsers."""
    visitor = scene.visits["visitor"].to_numpy()
    own = (mixed(visitor.astype(np.int64), 31) % np.uint64(3)).astype(np.int64)
    own = own + np.where(device == layout.DESKTOP, 0, len(DESKTOP_AGENTS))
    first_bot = len(DESKTOP_AGENTS) + len(MOBILE_AGENTS)
    honest = first_bot + scene.rng.integers(0, len(BOT_AGENTS), len(kind))
    posing = first_bot + len(BOT_AGENTS) + scene.rng.integers(0, len(POSING_AGENTS), len(kind))
    bot = np.where(scene.rng.random(len(kind)) < POSING_SHARE, posing, honest)
    return np.where(kind == sessions.BOT, bot, own)


def _of_page(scene: Scene, page: Ints, kind: np.ndarray) -> dict[str, Any]:
    pages, device = scene.pages, scene.device[page]
    page_kind, product = pages.kind[page], pages.product[page]
    products = scene.block.reference.products["product_id"].to_numpy(dtype=object)
    names = [*PAGE_URLS, *(f"{SITE}/product/{name}" for name in products)]
    url = np.where(page_kind == layout.PRODUCT, len(PAGE_URLS) + product, page_kind)
    versions = [f"L{number + 1}" for number in range(int(scene.layout.max(initial=0)) + 1)]
    has_product = np.isin(page_kind, (layout.PRODUCT,)) | np.isin(
        kind, (events.ADD_TO_CART, events.REMOVE_FROM_CART)
    )
    is_view = kind == events.PAGE_VIEW
    scrolled = np.isin(kind, (events.SCROLL,))
    return {
        "page_url": coded(url, names),
        "page_type": coded(page_kind, layout.PAGE_TYPES),
        "product_id": coded(np.where(has_product, product, -1), products),
        "page_width": layout.PAGE_WIDTHS[device],
        "viewport_height": layout.VIEWPORT_HEIGHTS[device],
        "document_height": np.where(
            is_view | scrolled | np.isin(kind, PLACED_KINDS), events.heights(scene)[page], np.nan
        ),
        "layout_version": coded(scene.layout[page], versions),
    }


def _of_event(scene: Scene, found: dict[str, np.ndarray], session: Ints) -> dict[str, Any]:
    kind, visits = found["kind"], scene.visits
    is_landing = (kind == events.PAGE_VIEW) & (scene.pages.position[found["page"]] == 0)
    source = np.where(is_landing, visits["source"].to_numpy()[session], -1)
    campaign = known(is_landing, visits["campaign_id"].to_numpy(dtype=object)[session])
    has_cart = np.isin(
        kind, (events.ADD_TO_CART, events.REMOVE_FROM_CART, events.CHECKOUT_STEP, events.ORDERED)
    )
    carts = numbered("cart-", visits["session"].to_numpy(dtype=object))
    ordered = np.where(kind == events.ORDERED, session, -1)
    utm = [(name, medium) for name, medium, _ in sessions.SOURCES]
    return {
        "referrer": lookup([host for *_, host in sessions.SOURCES], source),
        "utm_source": lookup([name if medium else None for name, medium in utm], source),
        "utm_medium": lookup([medium for _, medium in utm], source),
        "campaign_id": campaign,
        "element": coded(found["element"], layout.ELEMENT_NAMES),
        **{name: found[name] for name in ("x", "y", "scroll_y", "rest_ms")},
        "field_name": coded(found["field"], events.FIELDS),
        "field_action": coded(found["action"], events.FIELD_ACTIONS),
        "checkout_step": coded(found["step"], giving_up.CHECKOUT_STEPS),
        "search_term": lookup(searches.TERMS, found["term"]),
        "search_result_count": found["result_count"],
        "cart_id": lookup(carts, np.where(has_cart, session, -1)),
        "order_id": lookup(visits["order_id"].to_numpy(dtype=object), ordered),
    }


def tell_layout(block: Block) -> None:
    """The planted hot element and the dead one of each page type."""
    frame = pd.DataFrame(
        {
            "page_type": layout.PAGE_TYPES,
            "hot_element": layout.HOT_ELEMENTS,
            "dead_element": layout.DEAD_ELEMENTS,
        }
    )
    block.truth("page_elements", frame, day=np.zeros(len(frame), dtype=np.int64))
