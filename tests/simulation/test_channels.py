"""Every channel of the catalogue lives: a contract, simulated rows, a staging model of its own."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.contracts import Contract, load_contracts
from orchestration.contracts.model import NORMALISED_TYPES
from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace
from tests.conftest import query

CONTRACTS = load_contracts(CODE_ROOT / "data_contracts")
EVERYWHERE = "all"  # reference data that belongs to no one channel
WITHOUT_BRAND = {"finance/exchange_rates", "locations/postcodes"}  # the same for every brand


def staging_columns(workspace: Workspace, contract: Contract) -> set[str]:
    rows = query(
        workspace.warehouse,
        "select column_name from duckdb_columns() where schema_name = 'staging' and table_name = ?",
        f"stg_{contract.source}__{contract.extract}",
    )
    return {str(name) for (name,) in rows}


def test_at_least_27_channels_have_rows_in_a_staging_model_of_their_own(
    sample_workspace: Workspace,
) -> None:
    staged: dict[str, int] = {}
    with duckdb.connect(str(sample_workspace.warehouse), read_only=True) as connection:
        for contract in CONTRACTS:
            table = f"staging.stg_{contract.source}__{contract.extract}"
            row = connection.execute(f"select count(*) from {table}").fetchone()
            assert row is not None
            channel = contract.properties["channel"]
            staged[channel] = staged.get(channel, 0) + int(row[0])
    live = {channel for channel, rows in staged.items() if rows and channel != EVERYWHERE}
    assert len(live) >= 27
    assert live == staged.keys() - {EVERYWHERE}
    published = query(
        sample_workspace.current / DATABASE_FILE,
        "select channel_id from marts.dim_channels where contract_count > 0 and row_count > 0",
    )
    assert {channel for (channel,) in published} == live


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.slug)
def test_staging_keeps_the_normalised_forms(
    sample_workspace: Workspace, contract: Contract
) -> None:
    normalised = {column.name for column in contract.columns if column.pii in NORMALISED_TYPES}
    found = staging_columns(sample_workspace, contract)
    assert {f"{name}_normalised" for name in normalised} <= found


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.slug)
def test_every_contract_carries_the_brand(contract: Contract) -> None:
    carries = "brand_id" in {column.name for column in contract.columns}
    assert carries == (contract.slug not in WITHOUT_BRAND)
