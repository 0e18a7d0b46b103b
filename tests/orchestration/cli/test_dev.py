"""`rapport dev`: dbt on a private copy; nobody else notices."""

from __future__ import annotations

import json
import re
import shutil

import duckdb
import pytest

from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import RunCli, query


@pytest.fixture(scope="module")
def workspace(sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One copy of the built sample for all tests: dbt parses the project for it once."""
    root = tmp_path_factory.mktemp("dev") / "workspace"
    shutil.copytree(sample_workspace.root, root, symlinks=True)
    return Workspace(root)


def test_a_model_is_built_in_the_copy_and_the_working_file_stays(
    cli: RunCli, workspace: Workspace
) -> None:
    before = workspace.warehouse.read_bytes()
    assert cli("dev", "-w", workspace.root, "--refresh").exit_code == 0
    copy = workspace.dev / DATABASE_FILE
    assert copy.read_bytes() == before
    stores = query(copy, "select * from marts.dim_stores order by all")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("delete from marts.dim_stores")
    outcome = cli("dev", "-w", workspace.root, "run", "--select", "dim_stores")
    assert outcome.exit_code == 0, outcome.out
    assert query(copy, "select * from marts.dim_stores order by all") == stores != []
    assert workspace.warehouse.read_bytes() == before


def test_every_unit_test_of_the_models_passes(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("dev", "-w", workspace.root, "test", "--select", "test_type:unit")
    assert outcome.exit_code == 0, outcome.out
    found = re.search(r"PASS=(\d+) WARN=(\d+) ERROR=(\d+) SKIP=(\d+)", outcome.out)
    assert found is not None, outcome.out
    passed, *others = map(int, found.groups())
    assert passed > 15
    assert others == [0, 0, 0]


def test_a_model_that_does_not_build_is_an_error(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("dev", "-w", workspace.root, "run", "--select", "dim_stores", "--nonsense")
    assert outcome.exit_code == 1
    assert "dbt did not succeed" in outcome.err
    assert "Traceback" not in outcome.err


def test_what_differs_from_the_published_version_is_what_was_changed(
    cli: RunCli, workspace: Workspace
) -> None:
    state = workspace.current / "dbt" / "target"
    listed = ["dev", "-w", workspace.root, "ls", "--resource-type", "model"]
    modified = [*listed, "--select", "state:modified", "--state"]
    nothing = cli(*modified, state)
    assert nothing.exit_code == 0
    assert "rapport.marts" not in nothing.out
    older = workspace.root / "older"
    shutil.copytree(state, older)
    manifest = json.loads((older / "manifest.json").read_text())
    manifest["nodes"]["model.rapport.dim_stores"]["raw_code"] += " where false"
    (older / "manifest.json").write_text(json.dumps(manifest))
    named = [line for line in cli(*modified, older).out.splitlines() if "rapport.marts" in line]
    assert named == ["rapport.marts.commerce.dim_stores"]


def test_the_cost_of_every_model_is_published(workspace: Workspace) -> None:
    costs = query(
        workspace.current / DATABASE_FILE,
        "select count(distinct name), min(seconds) > 0 from quality.model_runs"
        " where resource_type = 'model'",
    )
    models = query(workspace.current / DATABASE_FILE, "show tables from marts")
    assert costs[0][0] > len(models)
    assert costs[0][1]
