"""What the measuring script sends of each page view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import giving_up, searches
from simulation.channels.arrays import Bools, Floats, Ints, pick, spread
from simulation.channels.web import layout, sessions
from simulation.channels.web.layout import (
    CART,
    CHECKOUT,
    CONFIRMATION,
    ELEMENT_NUMBER,
    SEARCH,
    pick_element,
    point_on,
)  # fmt: skip
from simulation.channels.web.pages import Pages

EVENT_TYPES = (
    "page_view", "click", "pointer_rest", "scroll", "heartbeat", "form_field", "add_to_cart",
    "remove_from_cart", "checkout_step", "search", "order", "login", "app_error",
)  # fmt: skip
(
    PAGE_VIEW, CLICK, POINTER_REST, SCROLL, HEARTBEAT, FORM_FIELD, ADD_TO_CART, REMOVE_FROM_CART,
    CHECKOUT_STEP, SEARCHED, ORDERED, LOGGED_IN, APP_ERROR,
) = range(13)  # fmt: skip
HEARTBEAT_SECONDS = 10.0
FIELDS = ("street", "postcode", "delivery_option", "card_number")
CARD_NUMBER = 3
FIELD_ACTIONS = ("focus", "change", "error", "blur")
FOCUS, CHANGE, ERROR = range(3)
FIELDS_OF_STEP = ((0, 1), (2,), (3,), ())
DEAD_CLICK_RATE, MISTYPED_SHARE = 0.02, 0.03
DEFAULTS = {
    "element": -1, "x": np.nan, "y": np.nan, "scroll_y": np.nan, "rest_ms": np.nan, "field": -1,
    "action": -1, "step": -1, "term": -1, "result_count": np.nan,
}  # fmt: skip


@dataclass
class Events:
    """Events as they are gathered: kind, page (row of Pages), at (seconds), and what they carry."""

    kinds: list[Ints] = field(default_factory=list)
    pages: list[Ints] = field(default_factory=list)
    moments: list[Floats] = field(default_factory=list)
    carried: dict[str, list[tuple[int, np.ndarray]]] = field(default_factory=dict)
    count: int = 0

    def add(self, kind: int, page: Ints, at: Floats, **carried: np.ndarray) -> None:
        """Take events of one kind in."""
        self.kinds.append(np.full(len(page), kind, dtype=np.int8))
        self.pages.append(page)
        self.moments.append(np.asarray(at))
        for name, values in carried.items():
            self.carried.setdefault(name, []).append((self.count, np.asarray(values)))
        self.count += len(page)

    def in_time(self) -> dict[str, np.ndarray]:
        """All events in order of time: kind, page, at and every carried column."""
        at = np.round(np.concatenate(self.moments), 3)
        order = np.argsort(at, kind="stable")
        found: dict[str, np.ndarray] = {
            "kind": np.concatenate(self.kinds)[order],
            "page": np.concatenate(self.pages)[order],
            "at": at[order],
        }
        for name, default in DEFAULTS.items():
            dtype = np.float64 if isinstance(default, float) else np.int16
            column = np.full(self.count, default, dtype=dtype)
            for first, values in self.carried.get(name, []):
                column[first : first + len(values)] = values
            found[name] = column[order]
        return found


@dataclass
class Scene:
    """The pages with what their visits lend them, by page."""

    block: Block
    rng: np.random.Generator
    pages: Pages
    device: Ints
    layout: Ints
    reason: Ints
    is_human: Bools
    visits: pd.DataFrame
    events: Events = field(default_factory=Events)

    def point(self, element: Ints, page: Ints) -> dict[str, Any]:
        """Where a pointer meets an element of a page."""
        x, y = point_on(self.rng, element, self.device[page], self.layout[page])
        return {"element": element, "x": x, "y": y}

    def chosen(self, share: float | Floats, among: Bools) -> Ints:
        """Rows of the pages to which something happens."""
        return np.flatnonzero(among & (self.rng.random(len(among)) < share))

    def during(self, page: Ints, first: float, last: float) -> Floats:
        """A moment of each page's stay, between two shares of it."""
        share = self.rng.uniform(first, last, len(page))
        return self.pages.start[page] + share * self.pages.stay[page]


def scene_of(block: Block, visits: pd.DataFrame, pages: Pages) -> Scene:
    """Everything that the events of the pages depend on."""
    session = pages.session
    return Scene(
        block=block,
        rng=block.rng("web.events"),
        pages=pages,
        device=visits["device"].to_numpy()[session],
        layout=layout.layout_of((pages.start // 86400).astype(np.int64)),
        reason=visits["reason"].to_numpy()[session],
        is_human=visits["kind"].to_numpy()[session] != sessions.BOT,
        visits=visits,
    )


def add_attention(scene: Scene) -> None:
    """Page views, heartbeats while engaged, scrolling, pointer rests."""
    pages, rng, events = scene.pages, scene.rng, scene.events
    every = np.arange(len(pages))
    events.add(PAGE_VIEW, every, pages.start)
    page, number = spread((pages.engaged // HEARTBEAT_SECONDS).astype(np.int64))
    events.add(HEARTBEAT, page, pages.start[page] + HEARTBEAT_SECONDS * (number + 1))
    page, number = spread(np.where(scene.is_human, rng.binomial(3, 0.22, len(pages)), 0))
    deepest = rng.beta(1.2, 1.5, len(pages))[page]
    hidden = heights(scene)[page] - layout.VIEWPORT_HEIGHTS[scene.device[page]]
    depth = np.round(np.maximum(hidden, 0) * deepest * (number + 1) / 3)
    at = pages.start[page] + pages.stay[page] * (number + 1) / 5
    events.add(SCROLL, page, at, scroll_y=depth)
    rests = scene.chosen(0.3, scene.is_human & (scene.device == layout.DESKTOP))
    rest_pointer(scene, rests, pick_element(rng, "any", pages.kind[rests]))


def rest_pointer(scene: Scene, page: Ints, element: Ints) -> None:
    """A pointer that stands still on an element of each page."""
    rest = np.round(500 + scene.rng.exponential(1100, len(page)))
    at = scene.during(page, 0.1, 0.7)
    scene.events.add(POINTER_REST, page, at, rest_ms=rest, **scene.point(element, page))


def heights(scene: Scene) -> Floats:
    """Height of the document of each page; a product page is as long as its description."""
    factor = 1 + 0.03 * (np.maximum(scene.pages.product, 0) % 7)
    height = layout.HEIGHTS[scene.pages.kind] * layout.HEIGHT_FACTORS[scene.device] * factor
    found: Floats = np.round(height + layout.LAYOUT_SHIFT * scene.layout)
    return found


def add_clicks(scene: Scene) -> None:
    """Clicks that lead on, clicks that move something, and dead clicks."""
    pages, rng, events = scene.pages, scene.rng, scene.events
    leads_on = scene.is_human & ~pages.is_last & ~pages.is_focus
    page = scene.chosen(0.7, leads_on)
    end = pages.start[page] + pages.stay[page]
    element = pick_element(rng, "link", pages.kind[page])
    at = end - rng.uniform(0.1, 0.9, len(page))
    events.add(CLICK, page, at, **scene.point(element, page))
    page = scene.chosen(0.12, scene.is_human & (pages.stay > 5))
    at = scene.during(page, 0.2, 0.7)
    element = pick_element(rng, "moving", pages.kind[page])
    events.add(CLICK, page, at, **scene.point(element, page))
    moved = np.round(rng.uniform(0, 300, len(page)))
    events.add(SCROLL, page, at + rng.uniform(0.1, 0.8, len(page)), scroll_y=moved)
    page = scene.chosen(DEAD_CLICK_RATE, scene.is_human & (pages.stay > 6))
    element = pick_element(rng, "dead", pages.kind[page])
    events.add(CLICK, page, scene.during(page, 0.3, 0.6), **scene.point(element, page))
    count_of_visit(scene, "dead_click_count", page)


def count_of_visit(scene: Scene, name: str, page: Ints) -> None:
    """Keep the number of planted events of each visit."""
    sessions_hit = scene.pages.session[page]
    scene.visits[name] = np.bincount(sessions_hit, minlength=len(scene.visits))


def add_purchase_path(scene: Scene) -> None:
    """Searches, carts, checkout steps, forms, orders and log-ins."""
    pages, rng, events = scene.pages, scene.rng, scene.events
    page = np.flatnonzero(scene.is_human & (pages.kind == SEARCH))
    term, found = _searches(scene, page)
    events.add(SEARCHED, page, pages.start[page] + 0.12, term=term, result_count=found)
    page = np.flatnonzero(pages.is_focus)
    at = scene.during(page, 0.4, 0.8)
    button = np.full(len(page), ELEMENT_NUMBER["buy_button"])
    events.add(CLICK, page, at, **scene.point(button, page))
    added = at + rng.uniform(0.1, 0.4, len(page))
    events.add(ADD_TO_CART, page, added)
    cart = np.flatnonzero((pages.kind == CART) & scene.is_human)
    step = np.flatnonzero(pages.kind == CHECKOUT)
    events.add(CHECKOUT_STEP, cart, pages.start[cart] + 0.15, step=np.zeros(len(cart)))
    events.add(CHECKOUT_STEP, step, pages.start[step] + 0.15, step=pages.step[step] + 1)
    removed = cart[rng.random(len(cart)) < 0.08]
    events.add(REMOVE_FROM_CART, removed, scene.during(removed, 0.5, 0.8))
    _tell_carts(scene, page, added, removed)
    _add_forms(scene, step)
    done = np.flatnonzero(pages.kind == CONFIRMATION)
    events.add(ORDERED, done, pages.start[done])
    _add_logins(scene)


def _tell_carts(scene: Scene, filled: Ints, at: Floats, emptied: Ints) -> None:
    """When each visit filled its cart, and what was in it at the end, at list price."""
    prices = scene.block.reference.products["list_price"].to_numpy()
    visits, session = scene.visits, scene.pages.session
    visits["cart_at"], visits["basket_eur"] = np.nan, np.nan
    rows = session[filled]
    visits.loc[rows, "cart_at"] = np.round(at, 3)
    visits.loc[rows, "basket_eur"] = prices[scene.pages.product[filled]]
    visits.loc[session[emptied], "basket_eur"] = 0.0


def _searches(scene: Scene, page: Ints) -> tuple[Ints, np.ndarray]:
    rng, count = scene.rng, len(page)
    person = scene.visits["person"].to_numpy()[scene.pages.session[page]]
    codes = np.append(searches.language_codes(scene.block.people.column("language")), 0)
    language = np.where(person >= 0, codes[person], pick(rng, (0.35, 0.3, 0.15, 0.2), count))
    category = rng.integers(0, 10, count)
    return searches.search(rng, language, category, scene.reason[page] == giving_up.STOCK)


def _add_forms(scene: Scene, step_pages: Ints) -> None:
    """Each field of a step is focused and filled in; a payment that fails is refused twice."""
    pages, rng, events = scene.pages, scene.rng, scene.events
    sizes = np.array([len(own) for own in FIELDS_OF_STEP])
    firsts = np.array([min(own, default=0) for own in FIELDS_OF_STEP])
    step = pages.step[step_pages]
    row, number = spread(sizes[step])
    page, form_field = step_pages[row], firsts[step][row] + number
    at = pages.start[page] + pages.stay[page] * (number + 0.5) / 5
    leaves_early = pages.is_last[page] & (number > 0) & (rng.random(len(page)) < 0.5)
    page, form_field, at = page[~leaves_early], form_field[~leaves_early], at[~leaves_early]
    events.add(FORM_FIELD, page, at, field=form_field, action=np.full(len(page), FOCUS))
    later = at + pages.stay[page] * 0.08
    events.add(FORM_FIELD, page, later, field=form_field, action=np.full(len(page), CHANGE))
    refused = (scene.reason[page] == giving_up.PAYMENT_FAILED) & pages.is_last[page]
    refused &= form_field == CARD_NUMBER
    fails = np.where(refused, 2, rng.random(len(page)) < MISTYPED_SHARE).astype(np.int64)
    row, number = spread(fails)
    events.add(
        FORM_FIELD, page[row], later[row] + 0.4 + pages.stay[page[row]] * 0.2 * number,
        field=form_field[row], action=np.full(len(row), ERROR),
    )  # fmt: skip


def _add_logins(scene: Scene) -> None:
    """The moment of the log-in: on the first page of the checkout, else on the first of all."""
    pages, visits = scene.pages, scene.visits
    first = np.searchsorted(pages.session, np.arange(len(visits)))
    at_checkout = np.flatnonzero((pages.kind == CHECKOUT) & (pages.step == 0))
    where = first.copy()
    where[pages.session[at_checkout]] = at_checkout
    moment = np.round(pages.start[where] + 0.5 * pages.stay[where], 3)
    logs_in = visits["has_login"].to_numpy() & ~visits["stays_in"].to_numpy()
    visits["login_at"] = np.where(
        logs_in, moment, np.where(visits["has_login"], visits["start"], np.inf)
    )
    scene.events.add(LOGGED_IN, where[logs_in], moment[logs_in])
