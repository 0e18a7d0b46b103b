"""The architecture of the dbt project as functions: a manifest in, what it breaks out.

A manifest is dbt's own `manifest.json` as a dictionary, so that a rule can be tried on a planted
violation of a few lines.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

Manifest = dict[str, Any]
Node = dict[str, Any]

LAYERS = {
    "staging": {"source", "seed"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
}
SUMMARY = re.compile(r"int_customer_[a-z0-9_]+_summarised")
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|current_time|localtime|localtimestamp|sysdate|"
    r"run_started_at|get_current_timestamp)\b|\b(now|today|getdate|unix_timestamp)\s*\(",
    re.IGNORECASE,
)
SCHEMAS = "raw|quarantine|staging|intermediate|identity|marts|ml|quality"
HARD_CODED = re.compile(rf"\b(?:from|join)\s+(?:\w+\.)?({SCHEMAS})\.\w+", re.IGNORECASE)
LAYER_DEFAULTS = {"schema", "access", "contract", "group", "enabled"}
PYTHON_SOURCES = {"identity", "ml", "quality"}
JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def models(manifest: Manifest) -> list[Node]:
    """Every model of the project, by name."""
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    return sorted(nodes, key=lambda node: node["name"])


def layer(node: Node) -> str:
    """The first folder below models/."""
    parts = PurePosixPath(node["original_file_path"]).parts
    return parts[1] if len(parts) > 2 else ""


def code_of(node: Node) -> str:
    """The SQL of a node without its comments."""
    return SQL_COMMENT.sub("", JINJA_COMMENT.sub("", node.get("raw_code") or ""))


def layers_read_downwards(manifest: Manifest) -> list[str]:
    """Staging reads sources, intermediate and marts read what lies below them or beside them.

    A summary per customer may read facts, which are built once; customer_360 reads it.
    """
    broken = []
    for node in models(manifest):
        for parent in node["depends_on"]["nodes"]:
            kind = parent.split(".", 1)[0]
            below = layer(manifest["nodes"][parent]) if kind == "model" else kind
            name = parent.rsplit(".", 1)[-1]
            if below == "marts" and SUMMARY.fullmatch(node["name"]) and name.startswith("fct_"):
                continue
            if below not in LAYERS.get(layer(node), set()):
                broken.append(f"{node['name']} ({layer(node)}) reads {parent} ({below})")
    return broken


def relations_are_referenced(manifest: Manifest) -> list[str]:
    """Tables are reached by ref() and source(), never by a written schema."""
    return [
        f"{node['name']} names the schema {match.group(1)} itself"
        for node in manifest["nodes"].values()
        for match in HARD_CODED.finditer(code_of(node))
    ]


def sources_are_read_once(manifest: Manifest) -> list[str]:
    """Each source table is read by one staging model, in the folder of its source.

    Where its history is kept, by a second one, `..._versions`.
    """
    readers = defaultdict(list)
    for node in models(manifest):
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source."):
                readers[parent].append(node)
    broken = []
    for key, source in sorted(manifest["sources"].items()):
        label = f"{source['source_name']}.{source['name']}"
        first = [node for node in readers[key] if not node["name"].endswith("_versions")]
        if len(first) != 1 or len(readers[key]) > 2:
            names = ", ".join(node["name"] for node in readers[key]) or "no model"
            broken.append(f"{label} is read by {names}")
        folder = f"models/staging/{source['source_name']}"
        broken += [
            f"{label} is read by {node['name']} outside {folder}"
            for node in readers[key]
            if str(PurePosixPath(node["original_file_path"]).parent) != folder
        ]
    return broken


def folders_are_sources_or_concerns(manifest: Manifest) -> list[str]:
    """Every model lies in a folder of its layer, staging models in the folder of their source."""
    broken = []
    for node in models(manifest):
        name, path = node["name"], PurePosixPath(node["original_file_path"])
        if len(path.parts) != 4:
            broken.append(f"{path} lies in no folder of a source or concern")
        elif layer(node) == "staging" and not name.startswith(f"stg_{path.parts[2]}__"):
            broken.append(f"{name} lies in the folder {path.parts[2]}")
    return broken


def models_have_keys(manifest: Manifest) -> list[str]:
    """Every model has a key that is tested, or constrained, to be unique and not null."""
    unique: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    filled: dict[str, set[str]] = defaultdict(set)
    for node in models(manifest):
        key = node["unique_id"]
        for kind, columns in _constraints(node):
            if kind in {"primary_key", "unique"}:
                unique[key].add(columns)
            if kind in {"primary_key", "not_null"}:
                filled[key].update(columns)
    for model, rule, columns in _tests(manifest):
        if rule in {"unique", "key", "rules"}:
            unique[model].add(columns)
        if rule in {"not_null", "key", "rules"}:
            filled[model].update(columns)
    return [
        f"{node['name']} has no key that is unique and not null"
        for node in models(manifest)
        if not any(
            columns and set(columns) <= filled[node["unique_id"]]
            for columns in unique[node["unique_id"]]
        )
    ]


def _constraints(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in node["columns"].values():
        for constraint in column.get("constraints") or []:
            yield constraint["type"], (column["name"],)
    for constraint in node.get("constraints") or []:
        yield constraint["type"], tuple(constraint.get("columns") or ())


def _tests(manifest: Manifest) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Model, rule and columns of every generic test that gates a run."""
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata")
        if node["resource_type"] != "test" or not metadata or not node.get("attached_node"):
            continue
        if str(node.get("config", {}).get("severity", "error")).lower() != "error":
            continue
        arguments = metadata.get("kwargs") or {}
        named = next(
            (arguments[k] for k in ("key", "columns", "combination_of_columns") if k in arguments),
            arguments.get("column_name") or (),
        )
        columns = (named,) if isinstance(named, str) else tuple(named)
        yield node["attached_node"], metadata["name"], columns


def sources_match_contracts(manifest: Manifest, tables: Iterable[str]) -> list[str]:
    """Every contract has one dbt source table of schema raw, and the reverse."""
    raw = Counter(s["identifier"] for s in manifest["sources"].values() if s["schema"] == "raw")
    promised = set(tables)
    broken = [f"the contract {table} has no source" for table in sorted(promised - set(raw))]
    broken += [f"the source {table} has no contract" for table in sorted(set(raw) - promised)]
    broken += [f"{table} is declared {count} times" for table, count in raw.items() if count > 1]
    return broken


def only_python_tables_are_declared_by_hand(manifest: Manifest) -> list[str]:
    """Sources are derived from contracts, but for what Python assets write."""
    return [
        f"{source['source_name']}.{source['name']} is declared in {source['original_file_path']}"
        for source in manifest["sources"].values()
        if not source["original_file_path"].endswith("_sources.generated.yml")
        and source["schema"] not in PYTHON_SOURCES
    ]


def yml_stands_beside_its_sql(manifest: Manifest) -> list[str]:
    """One yml per model, same stem, same folder."""
    broken = []
    for node in models(manifest):
        expected = str(PurePosixPath(node["original_file_path"]).with_suffix(".yml"))
        actual = (node.get("patch_path") or "").rpartition("://")[2]
        if actual != expected:
            broken.append(f"{node['name']} is described in {actual or 'no file'}, not {expected}")
    return broken


def no_model_reads_a_clock(manifest: Manifest) -> list[str]:
    """as_of_date is a variable; nothing in SQL asks what time it is."""
    nodes = [*manifest["nodes"].values(), *_own_macros(manifest)]
    return [
        f"{node['name']} reads the clock: {match.group(0)}"
        for node in nodes
        for match in CLOCK.finditer(code_of({"raw_code": node.get("macro_sql")} | node))
    ]


def _own_macros(manifest: Manifest) -> list[Node]:
    project = manifest.get("metadata", {}).get("project_name")
    return [m for m in manifest.get("macros", {}).values() if m["package_name"] == project]


def layer_defaults_have_one_home(manifest: Manifest) -> list[str]:
    """What holds for a layer stands in dbt_project.yml, never in a model's config()."""
    broken = []
    for node in models(manifest):
        call = re.search(r"\bconfig\((.*?)\)\s*-?\}\}", code_of(node), re.DOTALL)
        keys = set(re.findall(r"(\w+)\s*=(?!=)", call.group(1))) if call else set()
        broken += [f"{node['name']} sets {key} itself" for key in sorted(keys & LAYER_DEFAULTS)]
    return broken


def incremental_models_follow_touched_dates(manifest: Manifest) -> list[str]:
    """They select by is_touched, and read nothing whose changes no touched date tells."""
    broken = []
    for node in models(manifest):
        if node["config"].get("materialized") != "incremental":
            continue
        if not re.search(r"is_touched(_session|_session_day|_day_of_sessions)?\(", code_of(node)):
            broken.append(f"{node['name']} is incremental and does not select by is_touched")
        schemas = {source["schema"] for source in _sources(manifest, node)}
        broken += [
            f"{node['name']} is incremental and reads the schema {name}"
            for name in sorted(schemas - {"raw", "identity"})
        ]
    return broken


def personal_columns_are_marked(manifest: Manifest, personal: dict[str, set[str]]) -> list[str]:
    """A mart column that carries the name of a personal column it descends from is marked pii.

    `personal` gives the personal columns of each raw table.
    """
    broken = []
    for node in models(manifest):
        if layer(node) != "marts":
            continue
        inherited = set().union(*(personal.get(t, set()) for t in _raw_tables(manifest, node)))
        broken += [
            f"{node['name']}.{column['name']} is personal and not marked pii"
            for column in node["columns"].values()
            if column["name"] in inherited and not _pii(column)
        ]
    return broken


def _pii(column: Node) -> str | None:
    return ((column.get("config") or {}).get("meta") or {}).get("pii")


def _raw_tables(manifest: Manifest, node: Node) -> set[str]:
    """Raw tables that a model descends from."""
    return {source["identifier"] for source in _sources(manifest, node)}


def _sources(manifest: Manifest, node: Node) -> list[Node]:
    """Sources that a model descends from."""
    found, waiting, seen = [], [node["unique_id"]], set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in manifest["sources"]:
            found.append(manifest["sources"][key])
        elif key in manifest["nodes"]:
            waiting += manifest["nodes"][key].get("depends_on", {}).get("nodes", [])
    return found
