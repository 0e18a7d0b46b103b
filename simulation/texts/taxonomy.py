"""What a text can be about: the one home of kinds, languages, topics, causes and emotions."""

from __future__ import annotations

KINDS = (
    "comment",
    "review",
    "post",
    "email",
    "chat",
    "message",
    "call_turn_customer",
    "call_turn_agent",
    "agent_note",
    "site_comment",
    "store_visit",
    "panel",
    "return",
)
LANGUAGES = ("en", "es", "pt", "hu")
EMOTIONS = (
    "anger",
    "frustration",
    "disappointment",
    "confusion",
    "anxiety",
    "sadness",
    "joy",
    "gratitude",
    "surprise",
    "none",
)
ROOT_CAUSES = {
    "delivery": ("late", "lost", "damaged", "wrong_address"),
    "price": ("too_high", "discount_missing", "competitor_cheaper"),
    "product_quality": ("defective", "wears_out", "not_as_described"),
    "size_fit": ("runs_small", "runs_large", "wrong_size_sent"),
    "stock": ("sold_out", "canceled_after_order", "wrong_availability"),
    "staff": ("rude", "unhelpful", "not_enough_staff"),
    "waiting": ("long_queue", "long_hold", "no_reply"),
    "website": ("slow_page", "search_fails", "checkout_error"),
    "app": ("crash", "login_fails", "update_broke"),
    "payment": ("declined", "method_missing", "security_check"),
    "billing": ("wrong_amount", "double_charge", "unclear_bill", "price_increase"),
    "returns": ("refund_late", "refused", "label_missing"),
    "loyalty": ("points_missing", "points_expired", "reward_unusable"),
    "subscription": ("cancel_difficult", "renewed_unasked", "not_used"),
    "general": (),
}
TOPICS = tuple(ROOT_CAUSES)
NO_CAUSE = "none"
CAUSES = tuple(f"{topic}/{cause}" for topic in TOPICS for cause in ROOT_CAUSES[topic])
