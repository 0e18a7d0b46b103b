"""A planted improvement is called real, none is not; the parts of a change are the change."""

from __future__ import annotations

import duckdb
import pytest

from orchestration import dbt
from orchestration.workspace import Workspace
from tests.conftest import query

AS_OF = "2026-06-30"
GOALS = """
shop:
  description: More sessions end in an order.
  figure: session_conversion
  since: 2026-01
  baseline: {first: 2025-01, last: 2025-06}
kept_out:
  description: Whoever is addressed buys more.
  figure: gross_revenue
  since: 2026-01
  holdout: {share: 0.5}
"""
VERDICTS = """
    select goal_name, verdict from marts.metrics_monthly_value_realised
    where month = '2026-06-01'
"""
# A quarter of the sessions converts by chance alone, whatever the year.
EVEN = "update marts.fct_web_sessions set is_converted = left(md5(session_id), 1) < '4'"
# This year half of them, and who is not kept out spends ten times as much.
PLANTED = """
    update marts.fct_web_sessions set is_converted = left(md5(session_id), 1) < '8'
    where business_date >= '2026-01-01';
    update marts.fct_orders set gross_amount_reporting = 10 * gross_amount_reporting
    where business_date >= '2026-01-01' and left(md5(customer_id), 4) >= '8000';
"""


def verdicts(place: Workspace, change: str) -> dict[object, object]:
    """What is said of each goal at the end of June, after a change to the facts."""
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute(change)
    model = ("--select", "metrics_monthly_value_realised")
    built = dbt.build(place, place.warehouse, model, dbt.variables(place, AS_OF))
    assert [result.message for result in built if not result.is_good] == []
    return {goal: verdict for goal, verdict in query(place.warehouse, VERDICTS)}


def test_a_planted_improvement_is_real_and_none_is_not(workspace: Workspace) -> None:
    (workspace.config / "goals.yml").write_text(GOALS, "utf-8")
    assert verdicts(workspace, EVEN)["shop"] != "real"
    assert verdicts(workspace, PLANTED) == {"kept_out": "real", "shop": "real"}


@pytest.mark.parametrize("dimension", ["channel", "segment", "product"])
@pytest.mark.parametrize(("period", "days"), [("day", 1), ("week", 7), ("month", 28)])
def test_the_parts_of_a_change_of_revenue_are_the_change(
    sample_workspace: Workspace, dimension: str, period: str, days: int
) -> None:
    change = f"""
        select sum(case when business_date > date '{AS_OF}' - {days} then 1 else -1 end
            * net_revenue_amount)
        from marts.metrics_daily_business where business_date > date '{AS_OF}' - {2 * days}
    """
    parts = """
        select sum(mix_amount) + sum(rate_amount) from marts.metrics_daily_changes
        where metric = 'net_revenue' and dimension = ? and period = ?
    """
    file = sample_workspace.warehouse
    assert query(file, parts, dimension, period) == query(file, change)


@pytest.mark.parametrize("period", ["week", "month"])
def test_the_parts_of_a_change_of_a_rate_are_the_change(
    sample_workspace: Workspace, period: str
) -> None:
    days = {"week": 7, "month": 28}[period]
    change = f"""
        select avg(is_converted::int) filter (business_date > date '{AS_OF}' - {days})
            - avg(is_converted::int) filter (business_date <= date '{AS_OF}' - {days})
        from marts.fct_web_sessions
        where business_date > date '{AS_OF}' - {2 * days} and not is_bot and not is_internal
    """
    parts = """
        select sum(mix_contribution) + sum(rate_contribution) from marts.metrics_daily_changes
        where metric = 'session_conversion' and dimension = 'channel' and period = ?
    """
    file = sample_workspace.warehouse
    [[expected]] = query(file, change)
    assert query(file, parts, period) == [(pytest.approx(expected, abs=1e-9),)]
