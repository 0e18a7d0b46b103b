"""What is published: which marts, and which of their columns are personal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUALITY_TABLES = ("deliveries", "check_results")


@dataclass(frozen=True)
class PublishedTable:
    """One table as it is published."""

    schema: str
    name: str
    description: str
    columns: Mapping[str, str]
    personal: frozenset[str] = frozenset()

    @property
    def open_columns(self) -> list[str]:
        """The columns that everyone may see."""
        return [name for name in self.columns if name not in self.personal]


def marts(manifest: Path) -> list[PublishedTable]:
    """Every mart of the dbt project with its described columns."""
    return [_published(node) for node in mart_nodes(manifest)]


def mart_nodes(manifest: Path) -> Iterator[Mapping[str, Any]]:
    """The models of the schema `marts` in dbt's manifest, by name."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    models = (node for node in nodes if node["resource_type"] == "model")
    yield from sorted(
        (node for node in models if node["schema"] == "marts"), key=lambda node: node["name"]
    )


def _published(node: Mapping[str, Any]) -> PublishedTable:
    columns = node["columns"]
    return PublishedTable(
        schema=node["schema"],
        name=node["name"],
        description=node["description"],
        columns={name: column["description"] for name, column in columns.items()},
        personal=frozenset(name for name, column in columns.items() if _pii(column)),
    )


def _pii(column: Mapping[str, Any]) -> str | None:
    meta = {**column.get("meta", {}), **column.get("config", {}).get("meta", {})}
    return meta.get("pii")
