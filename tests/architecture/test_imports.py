"""Imports run one way, and the command line starts light."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    *("dagster", "dbt", "duckdb", "great_expectations", "numpy", "pandas", "pyarrow", "scipy"),
    "sklearn",
)
HEAVY_FOR_DEFINITIONS = ("great_expectations", "scipy", "sklearn")


def loaded_by(statement: str, packages: tuple[str, ...], folder: Path) -> list[str]:
    """Which of these packages a fresh interpreter holds after a statement."""
    program = (
        "import json, sys\n"
        f"{statement}\n"
        f"print(json.dumps(sorted(set({packages!r}) & {{m.split('.')[0] for m in sys.modules}})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_the_command_line_loads_nothing_heavy(root):
    assert loaded_by("import orchestration.cli.main", HEAVY, root) == []


def test_definitions_load_no_statistics_and_no_expectations(root):
    assert loaded_by("import orchestration.definitions", HEAVY_FOR_DEFINITIONS, root) == []


def test_ml_loads_neither_warehouse_nor_orchestration(root):
    names = sorted(path.stem for path in (root / "ml").rglob("*.py") if path.stem != "__init__")
    modules = ", ".join(
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in sorted((root / "ml").rglob("*.py"))
        if path.stem != "__init__"
    )
    assert names
    assert loaded_by(f"import {modules}", ("dagster", "dbt", "duckdb", "orchestration"), root) == []


@pytest.mark.parametrize("name", ["json", "sqlite3"])
def test_a_planted_import_is_seen(name, tmp_path):
    (tmp_path / "planted.py").write_text(f"def late():\n    import {name}\n\n\nimport {name}\n")
    assert loaded_by("import planted", ("sqlite3", "json"), tmp_path) == sorted({"json", name})
