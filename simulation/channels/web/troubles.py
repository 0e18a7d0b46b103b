"""What goes wrong on the site, and how visitors show it."""

from __future__ import annotations

import numpy as np

from simulation.channels import giving_up
from simulation.channels.arrays import spread
from simulation.channels.web.events import APP_ERROR, CLICK, Scene, count_of_visit, rest_pointer
from simulation.channels.web.layout import CART, CHECKOUT, ELEMENT_NUMBER, PRODUCT, pick_element

RAGE_RATE, RAGE_RATE_WHEN_BROKEN = 0.004, 0.3
TRACE_SHARE = 0.65
# What a reason for giving up makes people point at before they go: page type and element.
TRACES = {
    giving_up.PRICE: (CHECKOUT, "coupon_toggle"),
    giving_up.SIZE_FIT: (PRODUCT, "size_chart_picture"),
    giving_up.DELIVERY: (CHECKOUT, "delivery_note"),
    giving_up.TRUST: (CART, "trust_badge"),
}


def add_rage(scene: Scene) -> None:
    """Three and more clicks within a second, within a few pixels; most where something failed."""
    pages, rng = scene.pages, scene.rng
    is_broken = (
        np.isin(scene.reason, (giving_up.TECHNICAL, giving_up.PAYMENT_FAILED)) & pages.is_last
    )
    rate = np.where(
        is_broken, RAGE_RATE_WHEN_BROKEN * scene.block.settings.preset.signal, RAGE_RATE
    )
    burst = scene.chosen(rate, scene.is_human & (pages.stay > 4))
    element = pick_element(rng, "any", pages.kind[burst])
    point = scene.point(element, burst)
    begin = scene.during(burst, 0.2, 0.5)
    row, number = spread(3 + rng.binomial(3, 0.4, len(burst)))
    scene.events.add(
        CLICK,
        burst[row],
        begin[row] + number * rng.uniform(0.12, 0.3, len(burst))[row],
        element=element[row],
        x=point["x"][row] + np.round(rng.uniform(-6, 6, len(row)), 1),
        y=point["y"][row] + np.round(rng.uniform(-6, 6, len(row)), 1),
    )
    count_of_visit(scene, "rage_click_count", burst)


def add_troubles(scene: Scene) -> None:
    """Errors of the site, and what a reason for giving up makes people look at."""
    pages, rng, events = scene.pages, scene.rng, scene.events
    rate = giving_up.error_rate(scene.block, "web", pages.start / 86400)
    is_end = (scene.reason == giving_up.TECHNICAL) & pages.is_last
    page = scene.chosen(np.where(is_end, 1.0, rate), scene.is_human)
    at = scene.during(page, 0.5, 0.9)
    element = pick_element(rng, "link", pages.kind[page])
    clicked = at - rng.uniform(0.2, 1.5, len(page))
    clicked = np.maximum(clicked, pages.start[page] + 0.2)
    events.add(CLICK, page, clicked, **scene.point(element, page))
    events.add(APP_ERROR, page, np.maximum(at, clicked + 0.1))
    for reason, (kind, name) in TRACES.items():
        share = TRACE_SHARE * scene.block.settings.preset.signal
        page = scene.chosen(share, (scene.reason == reason) & (pages.kind == kind))
        rest_pointer(scene, page, np.full(len(page), ELEMENT_NUMBER[name]))
