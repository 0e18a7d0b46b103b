"""What is published: which marts, and which of their columns are personal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# dbt's generic tests that say what the key of a model is, with the argument that names it
KEY_TESTS = {"key": "columns", "rules": "key"}
QUALITY_TABLES = (
    "sources",
    "source_columns",
    "deliveries",
    "event_plan",
    "check_results",
    "model_runs",
)


@dataclass(frozen=True)
class PublishedTable:
    """One table as it is published."""

    schema: str
    name: str
    description: str
    columns: Mapping[str, str]
    key: Sequence[str] = ()
    personal: frozenset[str] = frozenset()

    @property
    def open_columns(self) -> list[str]:
        """The columns that everyone may see."""
        return [name for name in self.columns if name not in self.personal]


def marts(manifest: Path) -> list[PublishedTable]:
    """Every mart of the dbt project with its described columns, by name."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    models = [node for node in nodes if node["resource_type"] == "model"]
    keys = _keys(nodes)
    return sorted(
        (_published(node, keys) for node in models if node["schema"] == "marts"),
        key=lambda table: table.name,
    )


def _published(node: Mapping[str, Any], keys: Mapping[str, Sequence[str]]) -> PublishedTable:
    columns = node["columns"]
    return PublishedTable(
        schema=node["schema"],
        name=node["name"],
        description=node["description"],
        columns={name: column["description"] for name, column in columns.items()},
        key=keys.get(node["unique_id"], ()),
        personal=frozenset(name for name, column in columns.items() if _pii(column)),
    )


def _keys(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Sequence[str]]:
    """The key of each model, from its dbt test `key`, or `rules` where that names one."""
    tests = ((node, node["test_metadata"]) for node in nodes if node.get("test_metadata"))
    found = ((node, test["kwargs"].get(KEY_TESTS.get(test["name"]))) for node, test in tests)
    return {node["attached_node"]: key for node, key in found if key}


def _pii(column: Mapping[str, Any]) -> str | None:
    meta = {**column.get("meta", {}), **column.get("config", {}).get("meta", {})}
    return meta.get("pii")
