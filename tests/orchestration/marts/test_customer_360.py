"""What the sample's customers are known by."""

from __future__ import annotations

import duckdb

from orchestration.workspace import Workspace
from tests.conftest import query

# In the small sample all satisfaction is asked on one scale, no ticket is open, and nobody is
# written to too often.
OF_ONE_VALUE = {
    *("last_satisfaction_scale_max", "currency", "as_of_date"),
    *("open_case_count", "oldest_open_case_days", "is_over_contact_limit"),
}


def one_valued_columns(workspace: Workspace) -> set[str]:
    """The columns of customer_360 without two values, versions of models left out."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        table = connection.table("marts.customer_360")
        names = [name for name in table.columns if not name.endswith("_model_version")]
        counts = table.aggregate(", ".join(f'count(distinct "{name}")' for name in names))
        found = counts.fetchone() or ()
    return {name for name, count in zip(names, found, strict=True) if count < 2}


def test_every_attribute_tells_customers_apart(sample_workspace: Workspace) -> None:
    assert one_valued_columns(sample_workspace) == OF_ONE_VALUE


def test_the_catalogue_of_attributes_knows_how_fresh_each_is(sample_workspace: Workspace) -> None:
    sql = """
        select sources, loaded_sources, age_days
        from marts.dim_customer_360_attributes where attribute = ?
    """
    file = sample_workspace.warehouse
    found = query(file, sql, "last_nps_score"), query(file, sql, "points_balance")
    assert found == (
        [("survey/responses", "survey/responses", 2)],
        [("loyalty/points", "loyalty/points", 0)],
    )
    without = "select attribute from marts.dim_customer_360_attributes where loaded_sources is null"
    assert query(file, without) == []
