"""What dbt puts into a template, as far as the linter has to render one.

sqlfluff loads every public name of this package into its Jinja context, so that models and macros
render with the project's own variables and with the DuckDB side of each dispatched macro.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import pass_context
from jinja2.runtime import Context

_PROJECT = Path(__file__).resolve().parents[3] / "dbt_project" / "dbt_project.yml"
_VARIABLES = (yaml.safe_load(_PROJECT.read_text()) if _PROJECT.is_file() else {}).get("vars") or {}


def var(name: str, default: Any = None) -> Any:
    """Return the project's value of a variable, else the template's own default."""
    own = _VARIABLES.get("rapport")
    scope = {**_VARIABLES, **(own if isinstance(own, dict) else {})}
    value = scope.get(name, default)
    return name if value is None and default is None and name not in scope else value


def env_var(name: str, default: str = "") -> str:
    """Return the template's default: linting does not depend on the environment."""
    return default or name


def _dispatch(
    context: Context, name: str, macro_namespace: str | None = None
) -> Callable[..., str]:
    for prefix in ("duckdb__", "default__"):
        macro = context.resolve(prefix + name)
        if callable(macro):
            return macro
    raise LookupError(f"no macro duckdb__{name} or default__{name}")


adapter = SimpleNamespace(dispatch=pass_context(_dispatch), type=lambda: "duckdb")
target = SimpleNamespace(name="run", type="duckdb", schema="main", database="warehouse")
execute = False
invocation_id = "lint"

_MODELS = _PROJECT.parent / "models"


def columns_with_meta(model_name: str, key: str) -> dict[str, dict[str, Any]]:
    """The columns of a model whose yml carries a key of `meta`; of dbt's macro a stand-in."""
    [path] = _MODELS.rglob(f"{model_name}.yml")
    [model] = yaml.safe_load(path.read_text("utf-8"))["models"]
    metas = {
        column["name"]: column | {"meta": column.get("config", {}).get("meta", {})}
        for column in model["columns"]
    }
    return {name: column for name, column in metas.items() if column["meta"].get(key)}


def customer_attributes() -> dict[str, dict[str, Any]]:
    """The attributes of customers that sources state; of dbt's macro a stand-in."""
    columns = columns_with_meta("int_customer_records_versioned", "survivorship")
    return {
        name: {
            "type": column["data_type"],
            "group": column["meta"].get("group", name),
            "rule": column["meta"]["survivorship"],
            "verified_by": column["meta"].get("verified_by"),
            "is_personal": "pii" in column["meta"],
        }
        for name, column in columns.items()
    }


def tracked_columns() -> dict[str, dict[str, Any]]:
    """The columns whose history is kept; of dbt's macro a stand-in."""
    stated = customer_attributes()
    return {
        name: {
            "type": column["data_type"],
            "is_stated": name in stated,
            "is_restrictive": stated.get(name, {}).get("rule") == "most_restrictive",
        }
        for name, column in columns_with_meta("customer_360_history", "track").items()
    }


def late_after_days(source_name: str, extract: str) -> float:
    """Days from which a row is late; of dbt's macro a stand-in."""
    return 1.0
