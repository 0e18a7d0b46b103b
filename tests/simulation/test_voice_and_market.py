"""Campaigns, voices, market and context of the simulator hang together and show their truth."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from simulation.channels.context.public_holidays import _bank, easter_sunday
from simulation.channels.voice.brand_tracker import RESPONDENTS_A_REGION
from simulation.company_life import MODULES, live
from simulation.settings import BLOCK_DAYS, CompanySettings
from tests.simulation.conftest import CONTRACTS, Recorder

LEFT_OUT = {"subscriptions", "stores", "service"}
OWN = ("context", "market", "marketing", "research", "reviews", "social", "survey")
BLOCKS = 2
# Announced for later by their nature.
ANNOUNCED = {"context/local_events", "context/public_holidays", "market/competitor_offers"}
DAY = np.timedelta64(1, "D")


class Company:
    """Two quarters of 700 customers: versions and winners of an extract, truth, people."""

    def __init__(self) -> None:
        self.settings = CompanySettings(customers=700, seed=11)
        self.recorder = Recorder((*OWN, "crm"))
        names = [name for name in MODULES if name.rpartition(".")[2] not in LEFT_OUT]
        for block in live(self.settings, self.recorder, BLOCKS * BLOCK_DAYS, names):
            self.block, self.people = block, block.people

    def versions(self, slug: str) -> pd.DataFrame:
        return pd.concat(self.recorder.parts[slug], ignore_index=True)

    def rows(self, slug: str) -> pd.DataFrame:
        """The last version of each key."""
        versions = self.versions(slug).sort_values("day", kind="stable")
        return versions.drop_duplicates(list(CONTRACTS[slug].key), keep="last")

    def truth(self, name: str) -> pd.DataFrame:
        return pd.concat(self.recorder.truth[name], ignore_index=True)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company()


def own_slugs() -> list[str]:
    return sorted(slug for slug in CONTRACTS if slug.split("/")[0] in OWN)


@pytest.mark.parametrize("slug", own_slugs())
def test_an_extract_has_rows_that_keep_their_contract(company: Company, slug: str) -> None:
    contract, rows = CONTRACTS[slug], company.versions(slug)
    for column in contract.columns:
        values = rows[column.name]
        assert not (column.is_required and values.isna().any()), column.name
        if column.values:
            assert set(values.dropna()) <= set(column.values)
        if column.minimum is not None:
            assert (values.dropna().astype(float) >= column.minimum).all()
        if column.maximum is not None:
            assert (values.dropna().astype(float) <= column.maximum).all()
    if contract.mode == "append":
        assert not rows.duplicated(list(contract.key)).any()


@pytest.mark.parametrize("slug", [slug for slug in own_slugs() if slug not in ANNOUNCED])
def test_nothing_is_exported_before_it_happens(company: Company, slug: str) -> None:
    rows = company.versions(slug)
    end_of_day = np.datetime64(company.settings.start) + (rows["day"].to_numpy() + 1) * DAY
    for column in CONTRACTS[slug].columns:
        if column.type == "timestamp" and column.name != "expires_at":
            known = rows[column.name].notna().to_numpy()
            assert (rows[column.name].to_numpy()[known] < end_of_day[known]).all(), column.name


def test_who_is_kept_out_of_a_campaign_gets_nothing(company: Company) -> None:
    messages = company.rows("marketing/campaign_messages")
    kept_out = messages[messages["is_holdout"].astype(bool)]
    assert len(kept_out) > 20
    steps = ["delivered_at", "opened_at", "clicked_at", "bounced_at", "unsubscribed_at"]
    assert kept_out[steps].isna().all(axis=None)
    offers = company.rows("marketing/offers")[["campaign_id", "customer_id"]]
    assert offers.merge(kept_out, on=["campaign_id", "customer_id"]).empty


def test_messages_go_to_those_who_agreed_and_stop_when_they_leave(company: Company) -> None:
    messages = company.rows("marketing/campaign_messages")
    consents = company.rows("crm/consents")
    consents = consents[consents["purpose"] == "marketing_email"]
    mails = messages[messages["channel"] == "email"]
    known = mails[["message_id", "customer_id", "sent_at"]].merge(consents, on="customer_id")
    before = known[known["recorded_at"] < known["sent_at"].dt.normalize()]
    latest = before.sort_values("recorded_at").drop_duplicates("message_id", keep="last")
    assert len(latest) == len(mails)
    assert set(latest["status"]) == {"granted"}


def test_the_truth_of_campaigns_names_every_message(company: Company) -> None:
    effects = company.truth("campaign_effects")
    chosen = effects[effects["chosen"]]
    assert len(chosen) == len(company.rows("marketing/campaign_messages"))
    assert effects["uplift"].between(0, 0.5).all()
    assert effects["uplift"].mean() > 0.003
    gone = company.people.column("dropout_day")[effects["person"]] < effects["day"] - 182
    assert (effects["uplift"][gone] == 0).all()


def test_platforms_claim_more_than_followed_their_clicks(company: Company) -> None:
    truth = company.truth("ad_conversions")
    assert truth["claimed"].sum() > 1.5 * truth["after_click"].sum() > 0
    costs = company.rows("marketing/ad_costs")
    assert float(costs["platform_conversions"].sum()) == truth["claimed"].sum()


def test_an_offer_is_redeemed_after_it_was_made_within_the_discount(company: Company) -> None:
    redeemed = company.rows("marketing/offer_redemptions")
    assert len(redeemed) > 5
    offers = company.rows("marketing/offers")[["offer_id", "sent_at", "expires_at"]]
    terms = redeemed.merge(offers.drop_duplicates("offer_id"), on="offer_id")
    assert len(terms) == len(redeemed)
    assert terms["redeemed_at"].between(terms["sent_at"].dt.normalize(), terms["expires_at"]).all()


def test_nobody_is_asked_twice_in_thirty_days(company: Company) -> None:
    truth = company.truth("survey_invitations").merge(
        company.rows("survey/invitations")[["invitation_id", "invited_at"]], on="invitation_id"
    )
    gaps = truth.sort_values("invited_at").groupby("person")["invited_at"].diff().dropna()
    assert len(gaps) > 50
    assert gaps.min() >= pd.Timedelta(days=30)


def test_answers_follow_their_probability_and_favour_the_satisfied(company: Company) -> None:
    truth = company.truth("survey_invitations")
    probability, responded = truth["response_probability"], truth["responded"]
    spread = np.sqrt((probability * (1 - probability)).sum())
    # Dead addresses never answer: one to two in a hundred.
    assert abs((responded - probability).sum()) < 4 * spread + 0.02 * len(truth)
    assert len(company.rows("survey/responses")) == responded.sum()
    assert truth["true_score"][responded].mean() > truth["true_score"].mean() + 0.05
    terms = set(company.truth("survey_bias")["term"])
    assert {"age_per_15_years_from_45", "true_score_from_7.6"} <= terms


def test_every_text_has_its_truth(company: Company) -> None:
    truth = company.truth("texts")
    for slug, column in (
        ("survey/responses", "comment"),
        ("reviews/reviews", "text"),
        ("social/posts", "text"),
        ("market/mystery_visits", "comment"),
    ):
        written = company.rows(slug)
        keys = truth.loc[truth["source"] == slug, "record_key"]
        assert keys.is_unique
        assert len(keys) == written[column].notna().sum() > 0
    assert truth["sentiment"].between(-5, 5).all()


def test_prices_show_the_true_index(company: Company) -> None:
    prices = company.rows("market/competitor_prices")
    products = company.block.reference.products.set_index("product_id")
    plain = prices[~prices["is_promotion"].astype(bool)]
    own = products.loc[plain["product_id"]]
    plain = plain.assign(
        ratio=100 * plain["price_amount"].astype(float) / own["list_price"].to_numpy(),
        category=own["category"].to_numpy(),
    )
    keys = ["day", "competitor", "category"]
    shown = plain.groupby(keys)["ratio"].mean().reset_index()
    both = shown.merge(company.truth("price_index"), on=keys)
    assert len(both) == len(shown)
    assert (both["ratio"] / both["price_index"] - 1).abs().mean() < 0.03


def test_the_tracker_differs_from_the_truth_by_sampling_alone(company: Company) -> None:
    keys = ["brand", "measure", "region", "day"]
    both = company.rows("research/brand_tracker").merge(company.truth("brand_health"), on=keys)
    error = both["share"] - both["true_share"]
    bound = np.sqrt(0.25 / (RESPONDENTS_A_REGION - 25))
    assert error.abs().max() < 5 * bound
    assert abs(error.mean()) < bound / 5


def test_a_mystery_visit_adds_up(company: Company) -> None:
    visits = company.rows("market/mystery_visits").set_index("visit_id")
    scores = company.rows("market/mystery_scores")
    sums = scores.groupby("visit_id")[["score", "score_max"]].sum().astype(float)
    stated = visits.loc[sums.index, ["total_score", "score_max"]].astype(float)
    assert (sums.to_numpy() == stated.to_numpy()).all()


def test_published_figures_are_revised_once(company: Company) -> None:
    index = company.versions("context/industry_index")
    final = index.groupby(["period_start_date", "industry", "country_code"])["is_provisional"]
    assert (final.sum() == 1).all()
    assert (final.size() <= 2).all()


@pytest.mark.parametrize(
    ("year", "date"),
    [(2024, dt.date(2024, 3, 31)), (2025, dt.date(2025, 4, 20)), (2038, dt.date(2038, 4, 25))],
)
def test_easter_falls_on_its_sunday(year: int, date: dt.date) -> None:
    assert easter_sunday(year) == date


def test_a_bank_holiday_on_a_weekend_has_a_substitute() -> None:
    days = {name: date for date, name in _bank(2027)}
    assert days["Christmas Day"] == dt.date(2027, 12, 25)
    assert days["Christmas Day (substitute day)"] == dt.date(2027, 12, 27)
    assert days["Boxing Day (substitute day)"] == dt.date(2027, 12, 28)
    assert days["Spring bank holiday"] == dt.date(2027, 5, 31)
