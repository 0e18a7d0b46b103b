"""What the marts say of voice and market is what a plain reading of facts and extracts gives."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from statistics import mean, stdev
from typing import Any

import pytest
from scipy.stats import t

from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import query

LAST_MONTH, BEFORE = dt.date(2026, 6, 1), dt.date(2025, 7, 1)


def published(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the published file."""
    return query(workspace.current / DATABASE_FILE, sql)


def working(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the working file."""
    return query(workspace.warehouse, sql)


def test_the_nps_of_a_year_is_that_of_each_customers_last_answer(
    sample_workspace: Workspace,
) -> None:
    answers = published(
        sample_workspace,
        "select coalesce(customer_id, response_id), score::integer from marts.fct_survey_answers"
        " where survey_type = 'nps' and touchpoint is null and score is not null"
        f" and business_date >= '{BEFORE}' order by answered_at, response_id",
    )
    scores = list(dict(answers).values())
    count, promoters = len(scores), sum(score >= 9 for score in scores)
    detractors = sum(score <= 6 for score in scores)
    balance = (promoters - detractors) / (count + 3)
    spread = (promoters + detractors + 1.5) / (count + 3) - balance**2
    margin = t.ppf(0.975, count - 1) * stdev(scores) / math.sqrt(count)
    [found] = published(
        sample_workspace,
        "select case_count, favourable_count, unfavourable_count, figure, figure_lower,"
        " figure_upper, mean_score, mean_lower, mean_upper"
        " from marts.metrics_monthly_satisfaction where measure = 'nps' and breakdown = 'all'"
        f" and touchpoint = 'relationship' and window_months = 12 and month = '{LAST_MONTH}'",
    )
    assert found[:3] == (count, promoters, detractors)
    assert len(answers) > count > 30
    assert found[3:] == pytest.approx(
        (
            100 * (promoters - detractors) / count,
            100 * (balance - 1.96 * math.sqrt(spread / (count + 3))),
            100 * (balance + 1.96 * math.sqrt(spread / (count + 3))),
            mean(scores),
            mean(scores) - margin,
            mean(scores) + margin,
        ),
        abs=1e-4,
    )


def test_response_rates_count_the_invitations_that_did_not_come_back(
    sample_workspace: Workspace,
) -> None:
    [expected] = working(
        sample_workspace,
        "select count(*) filter (bounced_at is null),"
        " count(*) filter (bounced_at is null and completed_at is not null)"
        " from staging.stg_survey__invitations where survey_type = 'ces'",
    )
    [(cases, favourable)] = published(
        sample_workspace,
        "select sum(case_count)::integer, sum(favourable_count)::integer"
        " from marts.metrics_monthly_satisfaction where measure = 'response_rate'"
        " and survey_type = 'ces' and touchpoint = 'all' and breakdown = 'all'"
        " and window_months = 1",
    )
    # an answer that was left early counts too, where its invitation is known
    assert cases == expected[0]
    assert expected[1] <= favourable <= expected[1] * 1.2


def test_every_weight_stands_for_its_own_answer_and_the_silent_like_it(
    sample_workspace: Workspace,
) -> None:
    [(answers, least, weight, invited)] = working(
        sample_workspace,
        "select count(*), min(weight), sum(weight)::double, (select count(*)"
        " from intermediate.int_survey_invitations_resolved"
        " where customer_id is not null and not is_bounced)"
        " from ml.survey_weights semi join intermediate.int_survey_invitations_resolved"
        " using (response_id)",
    )
    assert answers > 200
    assert least >= 1
    assert weight == pytest.approx(invited, rel=0.1)


def test_a_price_index_is_the_geometric_mean_over_products_of_their_months(
    sample_workspace: Workspace,
) -> None:
    prices = published(
        sample_workspace,
        "select product_id, ln(price_amount / list_price_amount)"
        " from marts.fct_competitor_prices inner join marts.dim_products using (product_id)"
        f" where competitor = 'Vestia' and business_date >= '{LAST_MONTH}'",
    )
    of_product: dict[str, list[float]] = defaultdict(list)
    for product, ratio in prices:
        of_product[product].append(ratio)
    means = [mean(ratios) for ratios in of_product.values()]
    margin = t.ppf(0.975, len(means) - 1) * stdev(means) / math.sqrt(len(means))
    [found] = published(
        sample_workspace,
        "select other_count, other_value, gap, gap_lower, gap_upper"
        " from marts.metrics_monthly_market where measure = 'price_index'"
        f" and company = 'Vestia' and part = 'all' and month = '{LAST_MONTH}'",
    )
    index, lower, upper = (100 * math.exp(mean(means) + side * margin) for side in (0, -1, 1))
    assert found[0] == len(means) > 30
    assert found[1:] == pytest.approx((index, 100 - index, 100 - upper, 100 - lower), abs=1e-3)
