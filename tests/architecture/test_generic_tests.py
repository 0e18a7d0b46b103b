"""What dbt's generic tests of ours find, as compiled, in rows made by hand."""

import duckdb
import pytest

KEYS = "warehouse.staging.stg_identity__customer_keys"
SOUND = "('account_id:A', 'c_1'), ('account_id:B', 'c_1')"


def found(manifest, name, rows):
    """The rows that a test returns over crosswalk rows (key, customer)."""
    [sql] = [n["compiled_code"] for n in manifest["nodes"].values() if n["name"] == name]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("create schema warehouse.staging")
        connection.execute(
            f"create table {KEYS} as from (values {rows}) as v (identity_key, customer_id)"
        )
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (SOUND, []),
        (f"{SOUND}, ('account_id:B', 'c_2')", [("key", 1)]),
        (f"{SOUND}, (null, 'c_2')", [("key", 1)]),
        (f"{SOUND}, ('account_id:C', null), ('account_id:D', null)", [("customer_is_known", 2)]),
        (f"{SOUND}, ('account_id:B', null)", [("customer_is_known", 1), ("key", 1)]),
    ],
)
def test_rules_name_each_broken_rule_and_the_key_with_their_rows(manifest, rows, broken):
    assert found(manifest, "rules_of_stg_identity__customer_keys", rows) == broken
