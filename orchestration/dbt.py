"""dbt in this process: parsed once, called once per phase, its connection closed after."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.contracts import load_contracts
from orchestration.contracts.dbt_sources import write_sources
from orchestration.declared import declared_by
from orchestration.environment import environment
from orchestration.errors import RapportError
from orchestration.workspace import CODE_ROOT, Workspace, sync

PROJECT = CODE_ROOT / "dbt_project"
PARSED_SUFFIXES = (".sql", ".yml", ".csv", ".md")
SELECTED = "selected"
PARSED_BY_DBT = "partial_parse.msgpack"
MANIFEST, SEMANTIC_MANIFEST = "manifest.json", "semantic_manifest.json"
ENGINES = ("dbt-core", "dbt-duckdb")
GOOD_STATUSES = ("success", "pass", "warn", "no-op")


@dataclass(frozen=True)
class NodeResult:
    """What dbt said of one model or test."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    failures: int
    message: str
    is_blocking: bool

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.status in GOOD_STATUSES


def target_folder(workspace: Workspace) -> Path:
    """Where dbt's artefacts lie: in the workspace, never in the project."""
    return workspace.dbt / "target"


def ensure_manifest(workspace: Workspace) -> Path:
    """The path of an up-to-date manifest.json, parsing the project only when it changed."""
    _write_sources()
    manifest = target_folder(workspace) / MANIFEST
    stamp = workspace.dbt / "parsed"
    current = _project_hash()
    is_whole = manifest.exists() and manifest.with_name(SEMANTIC_MANIFEST).exists()
    if not is_whole or not stamp.exists() or stamp.read_text() != current:
        stamp.unlink(missing_ok=True)  # a parse that is killed may leave half a manifest
        with dbt_environment(workspace, workspace.warehouse):
            _write_manifest(manifest, current)
        sync(manifest)
        stamp.write_text(current)
    return manifest


def _write_manifest(path: Path, project: str) -> None:
    """Parse the project, unless this process has, and write its manifests."""
    if project in _PARSED:
        from dbt.contracts.graph.semantic_manifest import SemanticManifest

        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(PARSED_BY_DBT).unlink(missing_ok=True)  # it would be of an earlier project
        _PARSED[project].write(str(path))
        semantics = SemanticManifest(_PARSED[project])
        semantics.write_json_to_file(str(path.with_name(SEMANTIC_MANIFEST)))
    else:
        _keep_parsed(project, _invoke(["parse"], None).result)


def build(
    workspace: Workspace,
    warehouse: Path,
    selection: Sequence[str],
    variables: Mapping[str, Any],
    with_tests: bool = True,
) -> list[NodeResult]:
    """`dbt build` a selection of models with their tests; unit tests are for `make test`."""
    left_out = ["unit_test"] if with_tests else ["unit_test", "test"]
    arguments = [
        "build", *selection, "--exclude-resource-type", *left_out,
        "--vars", json.dumps(dict(variables)), "--target", "run", "--no-write-json",
    ]  # fmt: skip
    with dbt_environment(workspace, warehouse):
        outcome = _invoke(arguments, _manifest(workspace))
    return _results(outcome, _broken_rules(outcome, warehouse))


def build_nodes(
    workspace: Workspace, warehouse: Path, nodes: Collection[str], variables: Mapping[str, Any]
) -> list[NodeResult]:
    """`dbt build` exactly these models, seeds and tests, by dbt's own keys of them.

    They are selected by a tag, because selecting a hundred by name costs five CPU seconds.
    """
    with dbt_environment(workspace, warehouse):
        known = _manifest(workspace).nodes
    for key in nodes:
        known[key].tags.append(SELECTED)
    try:
        selection = ["--select", f"tag:{SELECTED}", "--indirect-selection", "empty"]
        return build(workspace, warehouse, selection, variables)
    finally:
        for key in nodes:
            known[key].tags.remove(SELECTED)


def invoke_for_person(workspace: Workspace, warehouse: Path, arguments: Sequence[str]) -> bool:
    """Run any dbt command with its own output; returns whether it succeeded."""
    from dbt.adapters.duckdb import connections
    from dbt.cli.main import dbtRunner

    _write_sources()
    try:
        with dbt_environment(workspace, warehouse, workspace.dev):
            return bool(dbtRunner().invoke(list(arguments)).success)
    finally:
        manager: Any = connections.DuckDBConnectionManager
        manager.close_all_connections()


@contextmanager
def dbt_environment(
    workspace: Workspace, warehouse: Path, private: Path | None = None
) -> Iterator[None]:
    """The variables that `profiles.yml` reads, set for the length of one call.

    A person's call leaves its files in a folder of its own: dbt parses anew what was last parsed
    for another target.
    """
    resources = workspace.settings.resources
    values = {
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(private / "target" if private else target_folder(workspace)),
        "DBT_LOG_PATH": str(workspace.dbt / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "RAPPORT_WAREHOUSE": str(warehouse),
        "RAPPORT_DEV_WAREHOUSE": str(workspace.dev / warehouse.name),
        "RAPPORT_MEMORY_LIMIT": resources.memory_limit,
        "RAPPORT_TEMP_DIRECTORY": str(private / "temporary" if private else workspace.temporary),
        "RAPPORT_THREADS": str(resources.threads),
    }
    with environment(values):
        yield


def variables(workspace: Workspace, as_of_date: object) -> dict[str, Any]:
    """The vars that every model is built with."""
    priority = workspace.settings.survivorship.source_priority
    return (
        {
            "as_of_date": str(as_of_date),
            "reporting_currency": workspace.settings.currency,
            "reporting_time_zone": workspace.settings.time_zone,
            "rfm_window_months": workspace.settings.models.rfm_window_months,
            "internal_ids": workspace.settings.behaviour.internal_ids,
        }
        | declared_by(workspace)
        | ({"source_priority": priority} if priority else {})
    )


# It holds nothing of a workspace: the same object builds any file.
_PARSED: dict[str, Any] = {}


def _keep_parsed(project: str, manifest: Any) -> None:
    """Keep dbt's own manifest object, of one project state, for the rest of the process."""
    _PARSED.clear()
    _PARSED[project] = manifest


def _manifest(workspace: Workspace) -> Any:
    """dbt's own manifest object, read or parsed once per process."""
    ensure_manifest(workspace)
    project = (workspace.dbt / "parsed").read_text()
    if project not in _PARSED:
        _keep_parsed(project, _read_parsed(target_folder(workspace) / PARSED_BY_DBT))
    return _PARSED[project]


def _read_parsed(path: Path) -> Any:
    """dbt's manifest object out of its file, as dbt does where no file of a project has changed."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    if not path.exists():
        return _invoke(["parse", "--no-write-json"], None).result
    manifest: Any = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def _invoke(arguments: Sequence[str], manifest: Any) -> Any:
    from dbt.adapters.duckdb import connections
    from dbt.cli.main import dbtRunner

    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    try:
        with _without_debug_events():
            outcome = dbtRunner(manifest=manifest).invoke([*quiet, *arguments])
    finally:
        manager: Any = connections.DuckDBConnectionManager
        manager.close_all_connections()
        logging.getLogger("dbt").handlers.clear()
    if outcome.exception is not None:
        raise RapportError(
            f"dbt could not {arguments[0]} the models: {_one_line(str(outcome.exception))}"
        ) from outcome.exception
    return outcome


@contextmanager
def _without_debug_events() -> Iterator[None]:
    """No events below what the log keeps: dbt words twenty of them a model, for nobody."""
    from dbt_common.events import event_manager_client as client
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    class Manager(EventManager):
        def fire_event(
            self, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **named: Any
        ) -> None:
            if (level or e.level_tag()) is not EventLevel.DEBUG:
                super().fire_event(e, level, *rest, **named)

    before = client.get_event_manager()
    client.ctx_set_event_manager(Manager())
    try:
        yield
    finally:
        client.ctx_set_event_manager(before)


def _broken_rules(outcome: Any, warehouse: Path) -> dict[str, str]:
    """For each failed test `rules`, the rules that rows break and how many do."""
    import duckdb

    failed = [
        item.node
        for item in outcome.result.results
        if str(item.status) in ("fail", "warn")
        and getattr(getattr(item.node, "test_metadata", None), "name", "") == "rules"
    ]
    if not failed:
        return {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        broken = {
            node.unique_id: connection.execute(node.compiled_code).fetchall() for node in failed
        }
    return {
        unique_id: ", ".join(f"{rule} ({count} rows)" for rule, count in rows)
        for unique_id, rows in broken.items()
    }


def _results(outcome: Any, broken_rules: Mapping[str, str]) -> list[NodeResult]:
    """Every model and test that ran; what was skipped after a failure is no result."""
    return [
        NodeResult(
            unique_id=item.node.unique_id,
            name=item.node.name,
            resource_type=str(item.node.resource_type),
            status=str(item.status),
            seconds=round(item.execution_time, 3),
            failures=int(item.failures or 0),
            message=_message(item, broken_rules)[:500],
            is_blocking=str(getattr(item.node.config, "severity", "error")).lower() == "error",
        )
        for item in outcome.result.results
        if str(item.status) != "skipped"
    ]


def _message(item: Any, broken_rules: Mapping[str, str]) -> str:
    rules = broken_rules.get(item.node.unique_id)
    return f"broken rules: {rules}" if rules else _one_line(item.message or "")


def _write_sources() -> None:
    write_sources(PROJECT, load_contracts(CODE_ROOT / "data_contracts"))


def _project_hash() -> str:
    hasher = hashlib.sha256("".join(map(version, ENGINES)).encode())
    for path in sorted(PROJECT.rglob("*")):
        if path.suffix in PARSED_SUFFIXES:
            hasher.update(path.relative_to(PROJECT).as_posix().encode() + path.read_bytes())
    return hasher.hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())
