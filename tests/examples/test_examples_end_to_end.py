"""Real data through `rapport init --example` and `rapport run`, to the figures that are known."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import last_run, query, run_command

CDNOW_REVENUE = Decimal("2500315.63")


def built(name: str, data: Path, folder: Path) -> Workspace:
    if not data.is_dir():
        pytest.skip(f"the folder that RAPPORT_TEST_DATA names has no {data.name}")
    root = folder / name
    assert run_command("init", "-w", root, "--example", name, "--data", data) == 0
    assert run_command("run", "-w", root) == 0
    return Workspace(root)


@pytest.fixture(scope="module")
def cdnow(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built("cdnow", real_data / "cdnow", tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def completejourney(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    data = real_data / "completejourney"
    return built("completejourney", data, tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def olist(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built("olist", real_data / "olist_sample", tmp_path_factory.mktemp("examples"))


def answer(workspace: Workspace, sql: str) -> tuple[object, ...]:
    """The one row of a query on the published file."""
    [row] = query(workspace.current / "warehouse.duckdb", sql)
    return row


def loaded(workspace: Workspace) -> dict[object, object]:
    """Rows loaded by contract, proven to add up and to leave nothing out."""
    file = workspace.current / "warehouse.duckdb"
    sql = "select sum(rows_quarantined), bool_and(rows_delivered = rows_loaded + rows_quarantined)"
    assert query(file, f"{sql} from quality.deliveries") == [(0, True)]
    sql = "select contract, sum(rows_loaded)::bigint from quality.deliveries group by contract"
    return {contract: rows for contract, rows in query(file, sql)}


def test_every_cd_bought_is_an_order_and_nothing_is_set_aside(cdnow: Workspace) -> None:
    assert loaded(cdnow) == {"shop/orders": 69659}
    assert answer(
        cdnow, "select count(*), count(distinct customer_id) from marts.fct_orders where is_valid"
    ) == (69659, 23570)
    assert last_run(cdnow).as_of_date == "1998-06-30"


@pytest.mark.parametrize(
    ("mart", "column"),
    [
        ("fct_orders", "net_revenue_amount"),
        ("fct_orders", "net_revenue_amount_reporting"),
        ("customer_360", "net_revenue_amount"),
        ("metrics_daily_business", "net_revenue_amount"),
        ("metrics_monthly_cohorts", "net_revenue_amount"),
    ],
)
def test_the_revenue_of_cdnow_is_the_same_to_the_cent_in_every_mart(
    cdnow: Workspace, mart: str, column: str
) -> None:
    assert answer(cdnow, f"select sum({column}) from marts.{mart}") == (CDNOW_REVENUE,)


def test_the_customers_of_cdnow_are_scored_by_the_published_counts(cdnow: Workspace) -> None:
    sql = "select frequency_score, count(*) from marts.customer_360 group by 1 order by 1"
    found = query(cdnow.current / "warehouse.duckdb", sql)
    assert [count for _, count in found] == [12054, 4040, 2205, 2427, 2844]


def test_the_value_model_of_cdnow_is_the_one_that_beat_its_baseline(cdnow: Workspace) -> None:
    assert last_run(cdnow).models["customer_values"]["is_used"] is True
    (alive, expected) = answer(
        cdnow,
        "select avg(probability_active_90d), sum(expected_orders_90d) from marts.customer_360",
    )
    assert 0.05 < float(str(alive)) < 0.35
    assert 1000 < float(str(expected)) < 20000


@pytest.mark.nightly
def test_every_basket_and_line_of_the_complete_journey_arrives(
    completejourney: Workspace,
) -> None:
    rows = loaded(completejourney)
    assert rows["pos/receipt_lines"] == 1469307
    assert rows["pos/receipts"] == 155848
    assert answer(
        completejourney,
        "select count(*), count(distinct customer_id), sum(net_revenue_amount),"
        " sum(gross_amount), sum(discount_amount) from marts.fct_orders",
    ) == (155848, 2469, Decimal("4596039.58"), Decimal("5414050.12"), Decimal("818010.54"))
    assert answer(
        completejourney, "select count(*), sum(net_revenue_amount) from marts.fct_order_lines"
    ) == (1469307, Decimal("4596039.58"))


@pytest.mark.nightly
def test_the_households_that_told_of_themselves_are_described(completejourney: Workspace) -> None:
    assert answer(
        completejourney,
        "select count(*), count(age_band), count(household_income_band), count(marital_status),"
        " sum(net_revenue_amount) from marts.customer_360",
    ) == (2469, 801, 801, 664, Decimal("4596039.58"))


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("mart", "count", "households"),
    [("fct_campaign_messages", 6589, 1559), ("fct_offer_redemptions", 2102, 410)],
)
def test_campaigns_and_redemptions_find_their_campaign_and_their_household(
    completejourney: Workspace, mart: str, count: int, households: int
) -> None:
    assert answer(
        completejourney,
        f"select count(*), count(distinct customers.customer_id), count(campaigns.campaign_id)"
        f" from marts.{mart} as facts"
        " left join marts.dim_customers as customers using (customer_id)"
        " left join marts.dim_campaigns as campaigns on campaigns.campaign_id = facts.campaign_id",
    ) == (count, households, count)


@pytest.mark.nightly
def test_households_of_the_complete_journey_are_retained_as_counted_on_the_file_itself(
    completejourney: Workspace,
) -> None:
    sql = (
        "select cohort_customer_count, active_customer_count, active_or_later_customer_count"
        " from marts.metrics_monthly_cohorts"
        " where cohort_month = '2017-01-01' and month_number in (1, 6, 11) order by month_number"
    )
    file = completejourney.current / "warehouse.duckdb"
    assert query(file, sql) == [(1983, 1763, 1978), (1983, 1775, 1962), (1983, 1755, 1755)]
    sql = (
        "select to_state, sum(customer_count)::bigint"
        " from marts.metrics_monthly_lifecycle_transitions"
        " where state_type = 'engagement' and month = '2017-12-01' group by 1 order by 1"
    )
    assert query(file, sql) == [
        ("dormant", 192), ("inactive", 215), ("new", 6), ("resurrecting", 187), ("returning", 1869),
    ]  # fmt: skip


def test_every_order_of_olist_is_kept_those_without_items_too(olist: Workspace) -> None:
    rows = loaded(olist)
    assert (rows["shop/orders"], rows["survey/responses"], rows["shop/payments"]) == (
        8135,
        8225,
        8924,
    )
    assert answer(
        olist,
        "select count(*), count(distinct customer_id), count(*) filter (line_count = 0),"
        " count(*) filter (is_valid), sum(net_revenue_amount), sum(paid_amount)"
        " from marts.fct_orders",
    ) == (8135, 8016, 775, 6901, Decimal("996021.39"), Decimal("1428602.81"))
    assert answer(olist, "select count(*) from marts.dim_customers") == (8016,)


def test_every_review_of_olist_keeps_its_text_to_the_last_line_break(
    olist: Workspace, real_data: Path
) -> None:
    [path] = (real_data / "olist_sample").glob("olist_order_reviews_dataset.csv*")
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    written = {
        f"{row['review_id']}-{row['order_id']}": (
            row["review_comment_title"] or None,
            row["review_comment_message"] or None,
        )
        for row in csv.DictReader(io.StringIO(text, newline=""))
    }
    found = query(
        olist.current / "restricted.duckdb",
        "select response_id, title, comment from marts.fct_survey_answers",
    )
    assert {key: (title, comment) for key, title, comment in found} == written
    assert len(found) == len(written) == 8225
    assert sum("\n" in (comment or "") for _, comment in written.values()) > 400


def test_the_answers_of_olist_are_joined_to_their_orders_and_persons(olist: Workspace) -> None:
    assert answer(
        olist,
        "select count(orders.order_id), count(answers.customer_id), round(avg(score), 2)::varchar"
        " from marts.fct_survey_answers as answers left join marts.fct_orders as orders"
        " on orders.order_id = answers.order_id",
    ) == (8225, 8225, "3.27")


def test_parcels_that_came_late_on_olist_are_reviewed_two_points_lower(
    olist: Workspace, real_data: Path
) -> None:
    def lines(table: str) -> list[dict[str, str]]:
        [path] = (real_data / "olist_sample").glob(f"olist_{table}_dataset.csv*")
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    days = {
        order["order_id"]: (
            order["order_delivered_customer_date"][:10],
            order["order_estimated_delivery_date"][:10],
        )
        for order in lines("orders")
    }
    scores: dict[bool, list[int]] = {False: [], True: []}
    for review in lines("order_reviews"):
        delivered, promised = days[review["order_id"]]
        if delivered and promised:
            scores[delivered > promised].append(int(review["review_score"]))
    day = "timezone('America/Sao_Paulo', timezone('UTC', {}))::date"
    found = query(
        olist.current / "warehouse.duckdb",
        f"select {day.format('delivered_at')} > {day.format('estimated_delivery_at')} as is_late,"
        " count(*), sum(score)::integer, count(*) filter (is_favourable)"
        " from marts.fct_survey_answers inner join marts.fct_orders using (order_id)"
        " where delivered_at is not null and estimated_delivery_at is not null"
        " group by 1 order by 1",
    )
    assert found == [
        (late, len(given), sum(given), sum(score >= 4 for score in given))
        for late, given in scores.items()
    ]
    assert [round(sum(given) / len(given), 2) for given in scores.values()] == [4.27, 2.18]
