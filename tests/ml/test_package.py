import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import ml

MODULES = [module.name for module in pkgutil.walk_packages(ml.__path__, "ml.")]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, ml; print(sorted({'numpy', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_module_loads_without_the_warehouse_and_its_tools() -> None:
    outside = ["dagster", "dbt", "duckdb", "great_expectations", "orchestration"]
    code = (
        f"import importlib, sys\nfor name in {MODULES}: importlib.import_module(name)\n"
        f"print(sorted(set({outside}) & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
