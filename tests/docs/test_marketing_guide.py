"""The query of the marketing guide draws holdouts as it says."""

from __future__ import annotations

import re

import duckdb
import pytest

from orchestration.workspace import CODE_ROOT

CUSTOMERS = 100_000


def drawn(campaign: str) -> str:
    """The query of the guide for another campaign."""
    text = (CODE_ROOT / "docs" / "marketing.md").read_text("utf-8")
    [query] = re.findall(r"<!-- sql: holdout -->\n```sql\n(.*?)```", text, re.DOTALL)
    return str(query).replace("spring_sale", campaign)


def test_a_holdout_is_a_tenth_always_the_same_and_independent_of_other_campaigns() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.customer_360 as select 'c_' || md5(i::varchar)[:20] as customer_id,"
            f" false as is_over_contact_limit from range({CUSTOMERS}) as numbers (i)"
        )
        spring, autumn, again = (
            dict(connection.execute(drawn(name)).fetchall())
            for name in ("spring_sale", "autumn_sale", "spring_sale")
        )
    assert spring == again
    assert sum(spring.values()) / CUSTOMERS == pytest.approx(0.1, abs=0.005)
    both = sum(spring[customer] and autumn[customer] for customer in spring)
    assert both / CUSTOMERS == pytest.approx(0.01, abs=0.0015)
