"""Web, app, store and service behaviour of the simulator hangs together and shows its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from orchestration.contracts import Contract
from simulation.channels.web.layout import HOT_ELEMENTS, PAGE_TYPES
from simulation.company_life import MODULES, live
from simulation.settings import BLOCK_DAYS, CompanySettings
from tests.simulation.conftest import CONTRACTS, Recorder

OWN = ("app", "calls", "footfall", "kiosk", "operations", "service", "tickets", "web")
ACTING = MODULES[: MODULES.index("simulation.channels.service") + 1]
DAY = pd.Timedelta(days=1)


class Company:
    """Some quarters of 500 customers: `rows` of an extract, `truth`, and what modules left."""

    def __init__(self, quarters: int) -> None:
        self.settings = CompanySettings(customers=500, seed=5)
        self.recorder = Recorder(OWN)
        self.facts: dict[str, list[pd.DataFrame]] = {}
        for block in live(self.settings, self.recorder, quarters * BLOCK_DAYS, ACTING):
            for name, frame in block.facts.items():
                self.facts.setdefault(name, []).append(frame)
            self.people, self.products = block.people.frame, block.reference.products

    def rows(self, slug: str) -> pd.DataFrame:
        return pd.concat(self.recorder.parts[slug], ignore_index=True)

    def truth(self, name: str) -> pd.DataFrame:
        return pd.concat(self.recorder.truth[name], ignore_index=True)

    def fact(self, name: str) -> pd.DataFrame:
        return pd.concat(self.facts[name], ignore_index=True)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(quarters=2)


@pytest.fixture(scope="module")
def events(company: Company) -> pd.DataFrame:
    rows = company.rows("web/events").sort_values(["visitor_id", "event_at"], kind="stable")
    return rows.reset_index(drop=True)


def broken_promises(contract: Contract, rows: pd.DataFrame) -> list[str]:
    """Columns of a contract that its rows break, and keys that come again."""
    broken = []
    for column in contract.columns:
        values = rows[column.name].dropna()
        if column.is_required and len(values) < len(rows):
            broken.append(f"{column.name} is missing")
        if column.values and not set(values) <= set(column.values):
            broken.append(f"{column.name} is {set(values) - set(column.values)}")
        if column.minimum is not None and (values < column.minimum).any():
            broken.append(f"{column.name} is below {column.minimum}")
        if column.maximum is not None and (values > column.maximum).any():
            broken.append(f"{column.name} is above {column.maximum}")
    versions = [contract.updated_at] if contract.updated_at else []
    if rows.duplicated([*contract.key, *versions]).any():
        broken.append("a key comes again")
    return broken


@pytest.mark.parametrize("slug", [s for s in CONTRACTS if s.split("/")[0] in OWN])
def test_every_row_keeps_its_contract(company, slug):
    rows = company.rows(slug)
    assert len(rows) > 0
    assert broken_promises(CONTRACTS[slug], rows) == []


@pytest.mark.parametrize("slug", [s for s in CONTRACTS if s.split("/")[0] in OWN])
def test_nothing_is_exported_before_it_happened(company, slug):
    contract, rows = CONTRACTS[slug], company.rows(slug)
    start = np.datetime64(company.settings.start)
    for column in contract.columns:
        if column.type == "timestamp":
            happened = rows[column.name].dropna()
            days = (happened - start) // DAY
            assert (rows.loc[happened.index, "day"] >= days).all(), column.name


def test_the_first_quarter_is_the_same_however_long_the_company_lives(company):
    alone = Company(quarters=1)
    for slug, parts in alone.recorder.parts.items():
        for own, other in zip(parts, company.recorder.parts[slug][: len(parts)], strict=True):
            pd.testing.assert_frame_equal(own, other)


def test_a_gap_of_half_an_hour_finds_the_true_visits(company, events):
    pause = events["event_at"].diff() > pd.Timedelta(minutes=30)
    starts = pause | (events["visitor_id"] != events["visitor_id"].shift())
    visits = company.truth("sessions").query("channel == 'website'")
    assert abs(starts.sum() - len(visits)) <= 0.002 * len(visits)


def test_every_web_order_is_placed_in_a_visit_of_its_buyer(company, events):
    orders = company.fact("orders").query("method == 'web'").set_index("touch_id")
    placed = events.query("event_type == 'order'").set_index("order_id")
    assert set(placed.index) == set(orders.index)
    assert (placed["event_at"] == orders["placed_at"].reindex(placed.index)).all()
    people = company.truth("visitors").groupby("visitor_id")["person"].agg(set)
    buyers = orders["person"].reindex(placed.index)
    behind = people.reindex(placed["visitor_id"])
    assert all(buyer in known for buyer, known in zip(buyers, behind, strict=True))


def test_accounts_are_seen_from_the_log_in_on(company, events):
    accounts = company.fact("accounts")
    given = {*accounts["customer_id"].dropna(), *accounts["second_id"].dropna()}
    assert set(events["customer_id"].dropna()) <= given
    logins = events.query("event_type == 'login'")
    assert len(logins) > 50
    assert logins["customer_id"].notna().all()
    orders = company.fact("orders").query("method == 'web'")
    by_members = orders.loc[orders["customer_id"].notna(), "touch_id"]
    placed = events.query("event_type == 'order'").set_index("order_id")
    assert placed["customer_id"].reindex(by_members).notna().mean() > 0.8


def test_machines_and_staff_can_be_told_apart(company, events):
    bots = events.query("ip_class == 'data_centre'")
    assert set(bots["event_type"]) == {"page_view"}
    visits = company.truth("sessions").query("channel == 'website'")
    assert set(bots["visitor_id"]) == set(visits.loc[visits["is_bot"], "visitor_id"])
    staff = events.query("ip_class == 'office'")["visitor_id"]
    assert set(staff) == set(visits.loc[visits["is_internal"], "visitor_id"])


@pytest.mark.parametrize("page_type", ["home", "category", "product", "cart", "checkout"])
def test_the_planted_element_draws_most_clicks(events, page_type):
    clicks = events[(events["event_type"] == "click") & (events["page_type"] == page_type)]
    assert clicks["element"].value_counts().index[0] == HOT_ELEMENTS[PAGE_TYPES.index(page_type)]


def test_bursts_of_clicks_are_where_they_were_planted(company, events):
    clicks = events[events["event_type"] == "click"]
    third = clicks.groupby("visitor_id")[["event_at", "x", "y"]].shift(2)
    near = (clicks["event_at"] - third["event_at"]) <= pd.Timedelta(seconds=1)
    near &= np.hypot(clicks["x"] - third["x"], clicks["y"] - third["y"]) <= 30
    angry = company.truth("sessions").query("rage_click_count > 0")
    assert set(angry["visitor_id"]) == set(clicks.loc[near, "visitor_id"])


@pytest.mark.parametrize(
    ("channel", "slug", "browser"),
    [("website", "web/events", "visitor_id"), ("mobile_app", "app/events", "device_id")],
)
def test_the_truth_knows_when_carts_were_filled_and_with_what(company, channel, slug, browser):
    rows = company.rows(slug).query("event_type == 'add_to_cart'")
    visits = company.truth("sessions").query("channel == @channel").dropna(subset="cart_at")
    keys = [browser, "event_at"]
    told = visits.rename(columns={"visitor_id": browser, "cart_at": "event_at"})
    found = rows.merge(told, on=keys, how="outer", indicator="side")
    assert (found["side"] == "both").all()
    prices = company.products.set_index("product_id")
    full = found[found["basket_eur"] > 0]
    assert len(full) > 0.8 * len(found)
    assert (prices["list_price"].reindex(full["product_id"]).to_numpy() == full["basket_eur"]).all()


def test_heartbeats_come_every_ten_seconds_of_a_page(events):
    beats = events[events["event_type"].isin(["heartbeat", "page_view"])]
    gap = beats.groupby("visitor_id")["event_at"].diff().dt.total_seconds()
    own = gap[beats["event_type"] == "heartbeat"]
    assert np.allclose(own, 10, atol=0.01)


def test_abandoned_checkouts_have_a_reason_that_shows(company, events):
    visits = company.truth("sessions").query("channel == 'website'")
    failed = visits[visits["abandonment_reason"] == "payment_failed"]
    errors = events.query("field_action == 'error' and field_name == 'card_number'")
    assert set(failed["visitor_id"]) <= set(errors["visitor_id"])
    ordered = visits[visits["has_ordered"]]
    assert ordered["abandonment_reason"].isna().all()


def test_the_app_ends_in_the_orders_placed_there(company):
    rows = company.rows("app/events")
    orders = company.fact("orders").query("method == 'app'")
    assert set(rows["order_id"].dropna()) == set(orders["touch_id"])
    released = set(company.rows("operations/releases").query("product == 'app'")["version"])
    assert set(rows["app_version"]) <= released | {"4.0.0"}


def test_doors_count_the_visitors(company):
    counts = company.rows("footfall/door_counts")
    visits = company.truth("store_visits")
    assert not counts.duplicated(["sensor_id", "counted_at"]).any()
    hours = counts["counted_at"].dt.hour
    assert (hours.min(), hours.max()) == (9, 19)
    strays = 0.12 * len(counts)
    assert counts["entry_count"].sum() - strays == pytest.approx(1.45 * 0.97 * len(visits), rel=0.1)


def test_stated_reasons_are_truer_than_observed_ones(company):
    rows = company.rows("footfall/store_visits").dropna(subset="abandonment_reason")
    truth = company.truth("store_visits").dropna(subset="visit_id").set_index("visit_id")
    true_reason = truth["abandonment_reason"].reindex(rows["visit_id"]).to_numpy()
    right = (rows["abandonment_reason"] == true_reason).groupby(rows["reason_source"]).mean()
    assert right["customer"] > right["employee"] > 0.4
    bought = rows.loc[rows["has_purchased"], "abandonment_reason"]
    assert bought.isna().all()


def test_contacts_follow_their_cause_within_a_week(company):
    first = company.truth("contacts").query("attempt == 0")
    bills = company.fact("bills").set_index("invoice_id")["issued_at"]
    incidents = company.truth("incidents").set_index("incident_id")["start"]
    start = np.datetime64(company.settings.start)
    moments = {
        "bill_run": bills,
        "incident": start + pd.to_timedelta(incidents, unit="D"),
    }
    for cause, happened in moments.items():
        caused = first[first["cause"] == cause]
        lag = caused["at"] - happened.reindex(caused["cause_key"]).to_numpy()
        assert len(caused) > 0
        assert lag.between(pd.Timedelta(0), 7 * DAY).all(), cause


def test_late_parcels_make_people_ask(company):
    contacts = company.truth("contacts").query("attempt == 0")
    orders = company.fact("orders").query("method in ('web', 'app')")
    late = orders["delay_days"] > 0
    asked = orders["touch_id"].isin(contacts.query("cause == 'delivery_delay'")["cause_key"])
    assert asked[late].mean() > 0.2
    assert not asked[~late].any()


def test_an_issue_comes_back_until_it_is_resolved(company):
    contacts = company.truth("contacts").sort_values(["issue_id", "attempt"], kind="stable")
    following = contacts["issue_id"] == contacts["issue_id"].shift(-1)
    assert following.sum() > 20
    assert not contacts.loc[following, "is_resolved"].any()
    gap = (contacts["at"].shift(-1) - contacts["at"])[following]
    assert gap.between(pd.Timedelta(0), 7 * DAY).all()
    reasons = contacts.groupby("issue_id")["reason"].nunique()
    assert (reasons == 1).all()


def test_long_waits_are_given_up(company):
    calls = company.rows("calls/calls").drop_duplicates("call_id", keep="last")
    given_up = calls[calls["is_abandoned"]]
    assert 0.02 < len(given_up) / len(calls) < 0.15
    assert given_up["answered_at"].isna().all()
    assert given_up["wait_seconds"].mean() > 1.2 * calls["wait_seconds"].median()
    legs = calls.dropna(subset="parent_call_id")
    assert legs["parent_call_id"].isin(calls["call_id"]).all()


def test_turns_lie_within_their_call(company):
    calls = company.rows("calls/calls").drop_duplicates("call_id", keep="last")
    turns = company.rows("calls/turns")
    length = (calls["talk_seconds"] + calls["hold_seconds"]).set_axis(calls["call_id"])
    end = turns.groupby("call_id")["end_second"].max()
    ratio = end / length.reindex(end.index)
    assert ratio.median() == pytest.approx(1, abs=0.1)
    assert (turns["end_second"] > turns["start_second"]).all()
    assert 4 < len(turns) / turns["call_id"].nunique() < 12


def test_statuses_of_tickets_form_a_chain(company):
    changes = company.rows("tickets/status_changes").sort_values(
        ["ticket_id", "changed_at"], kind="stable"
    )
    is_same = changes["ticket_id"] == changes["ticket_id"].shift()
    before = changes["to_status"].shift()
    assert (changes.loc[is_same, "from_status"] == before[is_same]).all()
    assert (changes.loc[~is_same, "to_status"] == "new").mean() > 0.97
    tickets = company.rows("tickets/tickets").sort_values("updated_at", kind="stable")
    last = tickets.drop_duplicates("ticket_id", keep="last").set_index("ticket_id")["status"]
    ends = changes.drop_duplicates("ticket_id", keep="last").set_index("ticket_id")["to_status"]
    pd.testing.assert_series_equal(last.sort_index(), ends.sort_index(), check_names=False)
