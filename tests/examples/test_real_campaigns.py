"""Real campaigns: coupons by mail to households, and the randomised e-mail test of Hillstrom."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from math import sqrt
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from scipy.stats import binomtest

from orchestration.workspace import Workspace
from tests.conftest import query, run_command

pytestmark = pytest.mark.nightly

HILLSTROM = """
company: Hillstrom
currency: USD
time_zone: UTC
as_of: 2008-03-31
feeds:
  - contract: marketing/campaigns
    rows: derive
    files: {mail: {path: hillstrom/hillstrom.csv.gz}}
    sql: |
      select distinct
        segment as campaign_id,
        'email' as channel,
        date '2008-03-01' as start_date,
        0.5 as holdout_share
      from mail
      where segment <> 'No E-Mail'
  # Each of the two mails has the third that got none as its holdout.
  - contract: marketing/campaign_messages
    rows: derive
    files: {mail: {path: hillstrom/hillstrom.csv.gz}}
    sql: |
      with numbered as (select *, row_number() over () as number from mail),
      campaigns as (select unnest(['Mens E-Mail', 'Womens E-Mail']) as campaign_id)
      select
        campaign_id || '-' || number as message_id,
        campaign_id,
        'H' || number as customer_id,
        'email' as channel,
        timestamp '2008-03-01 12:00:00' as sent_at,
        segment = 'No E-Mail' as is_holdout
      from numbered
      inner join campaigns on segment in (campaign_id, 'No E-Mail')
  # The set tells what was spent in the two weeks after, not when.
  - contract: shop/orders
    rows: derive
    files: {mail: {path: hillstrom/hillstrom.csv.gz}}
    sql: |
      with numbered as (select *, row_number() over () as number from mail)
      select
        'O' || number as order_id,
        'H' || number as customer_id,
        'web' as sales_method,
        timestamp '2008-03-03 12:00:00' as ordered_at,
        'completed' as status,
        spend as gross_amount
      from numbered
      where conversion = '1'
"""


def marts(workspace: Workspace, sql: str) -> list[tuple[object, ...]]:
    return query(workspace.current / "warehouse.duckdb", sql)


def newcombe(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float, float]:
    """Difference of two shares with its interval, from the Wilson intervals of scipy."""
    shares = [k / n for k, n in (first, second)]
    (low, high), (other_low, other_high) = (
        binomtest(k, n).proportion_ci(method="wilson") for k, n in (first, second)
    )
    lift = shares[0] - shares[1]
    return (
        lift,
        lift - sqrt((shares[0] - low) ** 2 + (other_high - shares[1]) ** 2),
        lift + sqrt((high - shares[0]) ** 2 + (shares[1] - other_low) ** 2),
    )


def test_two_mails_of_hillstrom_bring_orders_that_would_not_have_come(
    real_data: Path, tmp_path: Path
) -> None:
    file = real_data / "hillstrom" / "hillstrom.csv.gz"
    if not file.exists():
        pytest.skip("the folder that RAPPORT_TEST_DATA names has no hillstrom")
    place = Workspace(tmp_path / "hillstrom")
    assert run_command("init", "-w", place.root) == 0
    place.settings_file.write_text(HILLSTROM, "utf-8")
    (place.landing / "hillstrom").mkdir(parents=True)
    (place.landing / "hillstrom" / file.name).write_bytes(file.read_bytes())
    assert run_command("run", "-w", place.root) == 0
    groups = {
        name: (int(orders), int(customers), float(spent))
        for name, orders, customers, spent in duckdb.sql(
            "select segment, sum(conversion), count(*), sum(spend)"
            f" from read_csv('{file}') group by segment"
        ).fetchall()
    }
    held = groups.pop("No E-Mail")
    found = marts(
        place,
        "select campaign_id, treated_converted_customer_count, treated_customer_count,"
        " holdout_converted_customer_count, holdout_customer_count, lift, lift_low, lift_high,"
        " is_lift_real, sample_ratio_p, incremental_net_revenue_amount"
        " from marts.metrics_campaign_results order by 1",
    )
    assert [row[:5] for row in found] == [
        (name, *groups[name][:2], *held[:2]) for name in sorted(groups)
    ]
    for name, *_, lift, low, high, is_real, ratio, money in found:
        orders, customers, spent = groups[str(name)]
        expected = newcombe((orders, customers), held[:2])
        assert [float(str(x)) for x in (lift, low, high)] == pytest.approx(expected, abs=1e-8)
        assert is_real is True
        assert float(str(ratio)) > 0.5
        brought = spent - customers * held[2] / held[1]
        assert float(str(money)) == pytest.approx(brought, abs=0.01)


def test_the_campaigns_of_the_complete_journey_are_counted_as_in_its_files(
    real_data: Path, tmp_path: Path
) -> None:
    data = real_data / "completejourney"
    if not data.is_dir():
        pytest.skip("the folder that RAPPORT_TEST_DATA names has no completejourney")
    place = Workspace(tmp_path / "completejourney")
    assert (
        run_command("init", "-w", place.root, "--example", "completejourney", "--data", data) == 0
    )
    assert run_command("run", "-w", place.root) == 0
    expected = []
    with duckdb.connect() as files:
        campaigns = files.sql(
            f"select campaign_id, start_date from '{data}/campaign_descriptions.parquet'"
        ).fetchall()
        for campaign, start in campaigns:
            begin = dt.datetime.combine(start, dt.time(), ZoneInfo("America/New_York"))
            begin = begin.astimezone(dt.UTC).replace(tzinfo=None)
            expected += files.execute(
                f"""
                with sent as (
                    from '{data}/campaigns.parquet' where campaign_id = $campaign
                ),
                bought as (
                    select household_id, sum(sales_value::decimal(18, 2)) as net
                    from '{data}/transactions.parquet' semi join sent using (household_id)
                    where transaction_timestamp >= $start
                        and transaction_timestamp < $start + interval 7 day
                    group by household_id
                ),
                redeemed as (
                    select distinct household_id
                    from '{data}/coupon_redemptions.parquet' semi join sent using (household_id)
                    where campaign_id = $campaign
                )
                select
                    $campaign::varchar,
                    (select count(distinct household_id) from sent),
                    (select count(*) from bought),
                    (select count(*) from redeemed),
                    (select coalesce(sum(net), 0) from bought)
                """,
                {"campaign": campaign, "start": begin},
            ).fetchall()
    found = marts(
        place,
        "select campaign_id, customer_count, converted_customer_count,"
        " responded_customer_count, net_revenue_amount, lift, delivered_count"
        " from marts.metrics_campaign_results",
    )
    assert sorted(row[:5] for row in found) == sorted(expected)
    # nobody was kept out and nothing tells of a delivery: no lift, no rate of what arrived
    assert {row[5:] for row in found} == {(None, None)}
    credited = marts(
        place,
        "select sum(conversion_count), sum(net_revenue_amount)"
        " from marts.metrics_monthly_attribution group by attribution_model",
    )
    assert credited == [(Decimal(155848), Decimal("4596039.58"))] * 8
