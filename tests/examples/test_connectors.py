"""Every shape in examples/connectors loads: public samples of real systems, and files of ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from orchestration.config import Feed, load_settings
from orchestration.contracts import load_contracts
from orchestration.workspace import Workspace
from tests.conftest import run_command
from tests.examples.connectors import (
    ARCHIVE,
    CONNECTORS,
    PUBLIC,
    ROOT,
    SAMPLES,
    Shapes,
    feeds_of,
    shapes,
    systems,
    unpack,
)
from tests.orchestration.loading.company import Company

# What a feed that groups, filters or unites makes of its files.
DERIVED_ROWS = {
    ("zendesk", "tickets/status_changes"): 27,  # of 30 changes of status, 3 stand there 4 times
    ("zendesk", "service/emails"): 20,
    ("zendesk", "service/chats"): 7,  # conversations; they led to 10 tickets
    ("klaviyo", "marketing/campaign_messages"): 2,  # of 4 events: an order, and one of no campaign
    ("shopify", "shop/order_lines"): 4,  # 3 sold, 1 refunded
    ("shopify", "shop/payments"): 5,
    ("hubspot", "crm/contacts"): 122,  # 22 contacts, 100 meetings
    ("hubspot", "marketing/campaigns"): 1,  # of 100, the one whose events are there
    ("hubspot", "marketing/campaign_messages"): 22,  # of 97 events
    ("segment", "web/events"): 8,  # of 12 calls: 3 from the app, 1 of a group
    ("segment", "app/events"): 3,
    ("segment", "crm/contacts"): 1,  # 2 calls of one person
    ("rudderstack", "web/events"): 8,  # 3 pages, 5 tracks
    ("salesforce", "tickets/status_changes"): 3,  # of 5 changes, those of the status
    ("webtrends", "web/events"): 6,
}
# Every row arrives with the value in the file: table, key and column; contract, key and column.
UNCHANGED = [
    ("zendesk", "ticket id via_channel", "tickets/tickets ticket_id channel"),
    ("zendesk", "ticket_comment id body", "service/emails message_id body"),
    ("qualtrics", "survey_response id recipient_email", "survey/responses response_id email"),
    ("klaviyo", "person id email", "crm/contacts contact_id email"),
    ("klaviyo", "campaign id name", "marketing/campaigns campaign_id name"),
    ("shopify", "customer id first_name", "crm/customers customer_id first_name"),
    ("shopify", "order id currency", "shop/orders order_id currency"),
    (
        "shopify",
        "abandoned_checkout cart_token abandoned_checkout_url",
        "web/events cart_id page_url",
    ),
    ("shopify", "product id vendor", "catalog/products product_id brand"),
    ("shopify", "location id name", "locations/stores store_id name"),
    (
        "shopify",
        "tender_transaction order_id payment_method",
        "shop/payments order_id payment_method",
    ),
    ("hubspot", "ticket id property_hs_ticket_category", "tickets/tickets ticket_id reason"),
    (
        "hubspot",
        "engagement_email engagement_id property_hs_email_subject",
        "service/emails message_id subject",
    ),
    (
        "hubspot",
        "engagement_note engagement_id property_hs_note_body",
        "service/agent_notes note_id note",
    ),
    ("amplitude", "event uuid device_id", "app/events event_id device_id"),
    ("salesforce", "Account Id BillingStreet", "crm/customers customer_id street"),
    ("salesforce", "Contact Id Email", "crm/contacts contact_id email"),
    ("salesforce", "EmailMessage Id TextBody", "service/emails message_id body"),
    ("speech_analytics", "recordings media_id skill_group", "calls/calls call_id queue"),
    ("rudderstack", "users id last_name", "crm/contacts customer_id last_name"),
]
VISITS = {
    "segment": "page_view page_view search add_to_cart checkout_step login order click",
    "rudderstack": "page_view page_view search add_to_cart checkout_step order click page_view",
    "google_analytics": ("heartbeat page_view scroll search add_to_cart checkout_step order click"),
    "webtrends": "page_view search add_to_cart checkout_step order click",
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """The shapes whose sample files are ours."""
    return Shapes(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def public(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """The shapes whose sample files are public."""
    if not (real_data / ARCHIVE).exists():
        pytest.skip(f"the folder that RAPPORT_TEST_DATA names has no {ARCHIVE}")
    folder = tmp_path_factory.mktemp("public")
    return Shapes(folder, unpack(real_data / ARCHIVE, folder / "unpacked"))


@pytest.fixture
def samples(system: str, request: pytest.FixtureRequest) -> Shapes:
    """The samples that a system is loaded from."""
    found: Shapes = request.getfixturevalue("public" if system in PUBLIC else "own")
    return found


@pytest.mark.parametrize(
    ("system", "feed"),
    [*shapes()],
    ids=lambda item: item if isinstance(item, str) else item.contract,
)
def test_every_row_of_a_shape_is_loaded(system: str, feed: Feed, samples: Shapes) -> None:
    found = samples.company(system).rows(
        "select status, reason, rows_loaded, rows_quarantined from quality.deliveries"
        " where contract = $1",
        feed.contract,
    )
    expected = DERIVED_ROWS.get((system, feed.contract)) or delivered(samples, system, feed)
    assert found == [("loaded", None, expected, 0)]


def delivered(samples: Shapes, system: str, feed: Feed) -> int:
    """Records of the first relation: `preserve` promises one row for each."""
    assert feed.rows == "preserve", f"say in DERIVED_ROWS what {system} makes of {feed.contract}"
    first = next(iter(feed.files.values()))
    if first.format == "csv":
        return len(samples.records(system, Path(first.path).parent.name))
    [path] = samples.company(system).workspace.landing.glob(first.path)
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize(("system", "written", "arrived"), UNCHANGED)
def test_values_arrive_as_they_stand_in_the_file(
    system: str, written: str, arrived: str, samples: Shapes
) -> None:
    table, key, column = written.split()
    contract, row_key, row_column = arrived.split()
    expected = {row[key]: row[column] or None for row in samples.records(system, table)}
    assert expected
    assert dict(samples.rows(system, contract, f"{row_key}, {row_column}")) == expected


def test_no_file_of_a_sample_is_left_unread(own: Shapes) -> None:
    for system in set(systems()) - set(PUBLIC):
        assert own.company(system).arrivals.unclaimed == [], system


def test_a_ticket_of_zendesk_knows_when_it_was_solved(public: Shapes) -> None:
    assert ("11071", "closed", "2020-11-14 11:01:27") in public.rows(
        "zendesk", "tickets/tickets", "ticket_id, status, solved_at::varchar"
    )


def test_a_refund_of_shopify_is_a_negative_line_of_its_order(public: Shapes) -> None:
    columns = "quantity::varchar, gross_amount::varchar, tax_amount::varchar"
    found = public.rows("shopify", "shop/order_lines", f"order_id, line_number, {columns}")
    assert [row for row in found if row[0] == "2674098602081"] == [
        ("2674098602081", 9101, "-1.0000", "-2.8000", "-0.2500"),
        ("2674098602081", 5708321914977, "2.0000", "5.6000", "0.5000"),
    ]


def test_an_abandoned_checkout_of_shopify_tells_its_step(public: Shapes) -> None:
    found = public.rows("shopify", "web/events", "event_id, event_type, checkout_step")
    assert found == [
        ("checkout-11111", "checkout_step", "delivery"),
        ("checkout-12111", "checkout_step", "payment"),
        ("checkout-66531", "checkout_step", "delivery"),
    ]


def test_the_reason_of_a_return_is_read_from_its_words(public: Shapes) -> None:
    assert {reason for (reason,) in public.rows("shopify", "shop/returns", "reason")} == {
        *("size_fit", "changed_mind", "damaged", "wrong_item", "not_as_described", "other")
    }


def test_an_nps_answer_of_qualtrics_has_score_comment_and_person(tmp_path: Path) -> None:
    settings = yaml.safe_load((CONNECTORS / "qualtrics" / "rapport.yml").read_text("utf-8"))
    slugs = {feed.contract for feed in feeds_of("qualtrics")}
    contracts = [c for c in load_contracts(ROOT / "data_contracts") if c.slug in slugs]
    company = Company(tmp_path, contracts, settings)
    shutil.copytree(SAMPLES / "qualtrics_nps", company.workspace.landing / "qualtrics")
    company.load()
    assert company.rows(
        "select response_id, customer_id, order_id, survey_type, score::integer,"
        " scale_max::integer, comment, is_partial from raw.survey_responses order by 1"
    ) == [
        ("R_1", "C-100", "O-55", "nps", 9, 10, "Gyors volt,\nköszönöm", False),
        ("R_2", None, None, "nps", 3, 10, None, True),
    ]
    assert company.rows(
        "select email, bounced_at is null, completed_at is null from raw.survey_invitations"
        " order by 1"
    ) == [("anna.kiss@mail.example", True, False), ("gone@mail.example", False, True)]


@pytest.mark.parametrize(("system", "events"), VISITS.items())
def test_a_visit_to_the_site_is_told_in_the_words_of_the_contract(
    system: str, events: str, own: Shapes
) -> None:
    found = own.rows(system, "web/events", "event_at, event_type, visitor_id, order_id, product_id")
    assert [event for _, event, *_ in found] == events.split()
    assert len({visitor for _, _, visitor, *_ in found}) == 1
    [order] = [row[3] for row in found if row[1] == "order"]
    assert order is not None
    assert [row[4] for row in found if row[1] == "add_to_cart"] in (["mug-7"], ["lamp-2"])


def test_the_last_traits_of_a_person_hold(own: Shapes) -> None:
    columns = "customer_id, email, first_name, postcode, created_at::varchar"
    assert own.rows("segment", "crm/contacts", columns) == [
        ("C-100", "ada.berg@shop.example", "Ada", "1010", "2025-11-05 08:00:00")
    ]


def test_a_won_opportunity_is_an_order_and_a_lost_one_earns_nothing(own: Shapes) -> None:
    columns = "status, gross_amount::varchar, ordered_at::date::varchar"
    assert own.rows("salesforce", "shop/orders", columns) == [
        ("canceled", "940.0000", "2026-02-10"),
        ("completed", "12500.5000", "2026-02-11"),
        ("unavailable", "8000.0000", "2026-02-09"),
    ]


def test_a_reopened_case_of_salesforce_is_counted(own: Shapes) -> None:
    columns = "status, reopened_count, solved_at is null"
    assert own.rows("salesforce", "tickets/tickets", columns) == [
        ("closed", 1, False),
        ("open", 0, True),
    ]


def test_a_phrase_is_placed_in_its_call(own: Shapes) -> None:
    columns = "call_id, phrase, match_type, start_second, confidence, speaker"
    assert own.rows("speech_analytics", "calls/phrases", columns) == [
        ("M-9001", "cancel my account", "phonetic", 72.45, 0.87, "customer"),
        ("M-9001", "cancel my account", "phonetic", 241.0, 0.645, "customer"),
        ("M-9001", "charged twice", "text", 31.1, 0.98, "customer"),
        ("M-9002", "thank you for calling", "text", 2.0, 0.99, "agent"),
    ]
    assert own.rows("speech_analytics", "calls/calls", "started_at::varchar, direction") == [
        ("2026-03-02 14:15:30", "inbound"),
        ("2026-03-02 22:40:00", "outbound"),
    ]


def test_a_shape_begins_a_workspace(tmp_path: Path) -> None:
    data = tmp_path / "exports"
    shutil.copytree(SAMPLES / "speech_analytics", data / "speech_analytics")
    root = tmp_path / "workspace"
    example = "connectors/speech_analytics"
    assert run_command("init", "-w", root, "--example", example, "--data", data) == 0
    landed = Workspace(root).landing.rglob("*.csv")
    assert sorted(path.name for path in landed) == [
        "phrase_hits_20260304.csv",
        "recordings_20260304.csv",
    ]


def test_the_readme_names_every_shape_with_its_contracts() -> None:
    text = (CONNECTORS / "README.md").read_text("utf-8")
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line[:2] == "| "}
    missing = [
        f"{system}: {feed.contract}"
        for system, feed in shapes()
        if f"`{feed.contract}`" not in lines.get(f"[{system}]({system}/rapport.yml)", "")
    ]
    assert missing == []


@pytest.mark.parametrize("system", systems())
def test_a_shape_alone_knows_the_day_it_is_run_for(system: str) -> None:
    contracts = {item.slug: item for item in load_contracts(ROOT / "data_contracts")}
    moves_the_clock = any(contracts[feed.contract].is_clock for feed in feeds_of(system))
    as_of = load_settings(CONNECTORS / system / "rapport.yml").as_of
    assert (as_of == "latest") == moves_the_clock
