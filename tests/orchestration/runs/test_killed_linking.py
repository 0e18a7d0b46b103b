"""Killed while it asks linkage who is who, a run leaves the ledger that the next one mends."""

from __future__ import annotations

import random
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import query, run_command
from tests.orchestration.runs.conftest import Yesterday, undisturbed
from tests.orchestration.runs.killing import tables

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(7200)]
SEED, KILLS = 20261123, 3
# accounts of persons who have one already, under a misspelt name and without a key that ties them
AGAIN = """
    copy (
        select
            'N' || row_number() over (order by customer_id) as customer_id,
            first_name,
            last_name || last_name[-1] as last_name,
            birth_date, street, postcode, city,
            timestamp '2026-06-30 12:00:00' as created_at,
            timestamp '2026-06-30 12:00:00' as updated_at
        from raw.crm_customers
        where birth_date is not null and street is not null
        qualify row_number() over (partition by customer_id order by updated_at desc) = 1
        order by customer_id
        limit 40
    ) to $path (header)
"""
LIKELY = """
    select count(*) from identity.events
    where rule = 'likely' and run_id = (select max(run_id) from identity.events)
"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yesterday]:
    """A company that is large enough for linkage."""
    workspace = Workspace(tmp_path_factory.mktemp("linked") / "workspace")
    root = workspace.root
    assert run_command("init", "--workspace", root) == 0
    workspace.settings_file.write_bytes(
        (CODE_ROOT / "examples" / "sample" / "rapport.yml").read_bytes()
    )
    company = ("--customers", 700, "--daily-from", "2026-06-28", "--out", root)
    assert run_command("simulate", *company) == 0
    assert run_command("run", "--workspace", root) == 0
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        path = workspace.landing / "crm/customers/customers_20260702.csv"
        connection.execute(AGAIN, {"path": str(path)})
    with undisturbed(workspace) as company_of_yesterday:
        assert query(workspace.warehouse, LIKELY) > [(0,)]
        yield company_of_yesterday


def test_whenever_a_run_is_killed_around_linkage_the_next_ends_with_the_same_ledger(
    linked: Yesterday,
) -> None:
    names = linked.driver.run(linked.restore(), step=99).log
    after = names.index("Identify") + 1
    workspace = linked.restore()
    start = linked.driver.run(workspace, step=after - 1).cpu
    linked.prove_equal("killed before Identify")
    workspace = linked.restore()
    end = linked.driver.run(workspace, step=after).cpu
    linked.prove_equal("killed after Identify")
    draw = random.Random(SEED)
    for _ in range(KILLS):
        workspace, moment = linked.restore(), draw.uniform(start, end)
        assert linked.driver.run(workspace, cpu=moment).is_killed
        linked.prove_readable()
        linked.prove_equal(f"killed after {moment:.1f} CPU seconds, in Identify")


def test_a_rebuild_gives_the_same_ledger_and_the_same_pairs(linked: Yesterday) -> None:
    workspace = linked.restore()
    assert linked.driver.run(workspace).code == 0
    before = tables(workspace.warehouse)
    ended = linked.driver.rapport("rebuild", workspace, "--json")
    assert ended.code == 0, ended.words
    after = tables(workspace.warehouse)
    for table in ("events", "customer_keys", "group_keys", "scored_pairs", "linked_pairs"):
        assert after[f"identity.{table}"] == before[f"identity.{table}"], table
