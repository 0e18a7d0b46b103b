"""dbt's graph, and for each of its nodes a version of all that decides what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Macros that find the yml of other models and sources in dbt's graph.
READ_YML = "macros/graph/"
# It differs between dbt's targets, and decides how a node is built, not what it holds.
NO_CONTENT = ("full_refresh",)
OWN_MACROS = "macro.rapport."
ENGINES = ("dbt-core", "dbt-duckdb", "duckdb")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """The manifest as dbt wrote it, and the settings of the project."""

    nodes: Mapping[str, Node]
    sources: Mapping[str, Node]
    macros: Mapping[str, Node]
    project: str

    def parents(self, key: str) -> list[str]:
        """The models, seeds and sources that a node reads."""
        found: list[str] = self.nodes[key]["depends_on"].get("nodes", [])
        return found

    def downstream(self, keys: Iterable[str]) -> set[str]:
        """These nodes or sources, and all that is built on them."""
        found, waiting = set(keys), list(keys)
        while waiting:
            children = self._children.get(waiting.pop(), set()) - found
            waiting += children
            found |= children
        return found

    def in_order(self, keys: Collection[str]) -> list[str]:
        """Nodes in an order in which they can be built."""
        reads = {key: set(self.parents(key)) & self.nodes.keys() for key in self.nodes}
        return [key for key in TopologicalSorter(reads).static_order() if key in keys]

    def described(self, key: str) -> str:
        """The yml of all models and sources, where a node calls a macro that reads it."""
        macros = (self.macros[name] for name in self._macros(self.nodes[key]))
        reads = any(macro["original_file_path"].startswith(READ_YML) for macro in macros)
        return self._described if reads else ""

    def text(self, key: str) -> str:
        """What decides a node's content by itself: SQL, macros, settings, columns, arguments."""
        if key not in self._texts:
            self._texts[key] = "\x1f".join(self._parts(self.nodes[key]))
        return self._texts[key]

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {}

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        children: dict[str, set[str]] = {}
        for key in self.nodes:
            for parent in self.parents(key):
                children.setdefault(parent, set()).add(key)
        return children

    def _parts(self, node: Node) -> Iterator[str]:
        yield node["unique_id"]
        yield _json({k: v for k, v in node["config"].items() if k not in NO_CONTENT})
        yield _json((node.get("test_metadata") or {}).get("kwargs"))
        yield _json(_columns(node))
        yield node["checksum"]["checksum"] if node["resource_type"] == "seed" else ""
        yield node["raw_code"]
        macros = [self.macros[key] for key in sorted(self._macros(node))]
        yield from (macro["macro_sql"] for macro in macros)

    def _macros(self, node: Node) -> set[str]:
        """Our own macros that a node calls, or dbt for it, and those that they call."""
        found: set[str] = set()
        waiting = [*node["depends_on"].get("macros", []), *_called_by_dbt(node)]
        while waiting:
            key = waiting.pop()
            if key in self.macros and key.startswith(OWN_MACROS) and key not in found:
                found.add(key)
                waiting += self.macros[key]["depends_on"]["macros"]
        return found

    @cached_property
    def _described(self) -> str:
        """What macros that read the graph find in it: the yml of all models and sources."""
        models = {key: _columns(node) for key, node in self.nodes.items()}
        sources = {key: node["config"].get("meta") for key, node in self.sources.items()}
        return _json([models, sources])


@dataclass(frozen=True)
class Versions:
    """For each node the version of its own text, the variables it names and all upstream of it."""

    graph: Graph
    source: Callable[[str], str]
    variables: Mapping[str, Any]
    _known: dict[str, str] = field(default_factory=dict)

    def of(self, key: str) -> str:
        """The version of a node or source."""
        if key not in self._known:
            self._known[key] = hashlib.sha256(self._all_of(key).encode()).hexdigest()
        return self._known[key]

    def _all_of(self, key: str) -> str:
        if key not in self.graph.nodes:
            return self.source(key)
        text = self.graph.text(key)
        named = {name: value for name, value in self.variables.items() if name in text}
        parents = [self.of(parent) for parent in sorted(set(self.graph.parents(key)))]
        described = self.graph.described(key)
        return "\x1f".join([self.graph.project, text, described, _json(named), *parents])


def read_graph(manifest: Path, project: Path) -> Graph:
    """The graph of a manifest, read once as long as it is not written anew."""
    status = manifest.stat()
    return _read(manifest, project, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read(manifest: Path, project: Path, *_: int) -> Graph:
    graph = json.loads(manifest.read_text("utf-8"))
    settings = (project / "dbt_project.yml").read_text("utf-8")
    engines = [f"{name} {version(name)}" for name in ENGINES]
    return Graph(graph["nodes"], graph["sources"], graph["macros"], "\n".join([*engines, settings]))


def _called_by_dbt(node: Node) -> Iterator[str]:
    """What no node names, and yet decides how it is built."""
    config = node["config"]
    yield f"{OWN_MACROS}generate_schema_name"
    yield f"{OWN_MACROS}materialization_{config['materialized']}_duckdb"
    if config["materialized"] == "incremental":
        yield f"{OWN_MACROS}get_incremental_{config['incremental_strategy']}_sql"


def _columns(node: Node) -> dict[str, Any]:
    """The columns of a node without what they are said to mean."""
    return {
        name: [column.get("data_type"), column.get("config")]
        for name, column in node.get("columns", {}).items()
    }


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
