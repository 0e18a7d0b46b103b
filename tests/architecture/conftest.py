"""What the architecture tests look at: the repository, its contracts, dbt's manifest."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
AS_OF_DATE = "2024-01-31"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def contracts() -> list[Any]:
    from orchestration.contracts import load_contracts

    return list(load_contracts(ROOT / "data_contracts"))


@pytest.fixture(scope="session")
def dbt(contracts: list[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parse and compile the project once; gives the folder of the artefacts."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from orchestration.contracts.dbt_sources import write_sources

    write_sources(PROJECT, contracts)
    folder = tmp_path_factory.mktemp("dbt")
    settings = {
        "RAPPORT_WAREHOUSE": folder / "warehouse.duckdb",
        "RAPPORT_DEV_WAREHOUSE": folder / "dev.duckdb",
        "RAPPORT_TEMP_DIRECTORY": folder / "spill",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in settings.items()})
    try:
        result = dbtRunner().invoke(
            [
                "compile",
                "--quiet",
                "--target",
                "run",
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
                *("--vars", json.dumps({"as_of_date": AS_OF_DATE})),
            ]
        )
        DuckDBConnectionManager.close_all_connections()
    finally:
        os.environ.clear()
        os.environ.update(before)
    if not result.success:
        raise RuntimeError(f"dbt cannot compile the project: {result.exception or result.result}")
    return folder / "target"


@pytest.fixture(scope="session")
def manifest(dbt: Path) -> dict[str, Any]:
    return json.loads((dbt / "manifest.json").read_text("utf-8"))
