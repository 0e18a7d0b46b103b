"""What a mart is built from: all upstream of it in dbt's graph, and of the models it reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.modelling.scoring import MODELS, Model

PROJECT = "rapport"


@dataclass(frozen=True)
class Needs:
    """The nodes upstream of a mart, by what has to fill or build them."""

    raw_tables: frozenset[str]
    before_models: tuple[str, ...]
    models: tuple[Model, ...]
    after_models: tuple[str, ...]
    schemas: frozenset[str]
    identity_tables: frozenset[str]


def needs_of(manifest: Path, mart: str) -> Needs:
    """What has to be loaded, built and scored to build one mart."""
    graph = json.loads(manifest.read_text("utf-8"))
    nodes, sources = graph["nodes"], graph["sources"]
    keys = _upstream(nodes, [f"model.{PROJECT}.{mart}"])
    read = {sources[key]["identifier"] for key in keys if key.startswith(f"source.{PROJECT}.ml.")}
    models = tuple(model for model in MODELS if model.table in read)
    features = [f"model.{PROJECT}.{name}" for model in models for name in model.features]
    keys |= _upstream(nodes, features)
    needed = [sources[key] for key in keys if key in sources]
    later = {key for key in keys if _reads_models(nodes, key)}
    return Needs(
        raw_tables=frozenset(item["identifier"] for item in needed if item["schema"] == "raw"),
        before_models=tuple(sorted((keys - later) & nodes.keys())),
        models=models,
        after_models=tuple(sorted(later & nodes.keys())),
        schemas=frozenset(item["schema"] for item in needed),
        identity_tables=frozenset(
            item["identifier"] for item in needed if item["schema"] == "identity"
        ),
    )


def _upstream(nodes: Mapping[str, Any], keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += nodes.get(key, {}).get("depends_on", {}).get("nodes", [])
    return found


def _reads_models(nodes: Mapping[str, Any], key: str) -> bool:
    return any(item.startswith(f"source.{PROJECT}.ml.") for item in _upstream(nodes, [key]))
