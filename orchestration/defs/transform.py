"""The dbt models: three phases of one project, each one call of dbt in this process."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration import dbt
from orchestration.defs.raw import CONTRACTS
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import RapportError
from orchestration.gates.results import CheckResult
from orchestration.increments.due import Code, Due, forget, keep_built
from orchestration.increments.graph import Graph, read_graph
from orchestration.increments.moved import note_built
from orchestration.increments.touched import note_changes
from orchestration.runs.session import RunSession
from orchestration.sql import insert_rows
from orchestration.workspace import Workspace

UNIQUE_ID = "dagster_dbt/unique_id"
# dbt's names of the models of a phase, and of those that phases before it have built
Models = tuple[Collection[str], Collection[str]]


@dataclass(frozen=True)
class Phase:
    """Which models a call of dbt builds."""

    name: str
    step: str
    select: str
    exclude: str = ""


STAGE, TRANSFORM, COMBINE = "Stage", "Transform", "Combine"
PHASES = (
    Phase(
        "staging",
        STAGE,
        "rapport.staging",
        "rapport.staging.identity rapport.staging.ml rapport.staging.quality",
    ),
    Phase(
        "marts_without_models",
        TRANSFORM,
        "resource_type:seed rapport.staging.identity rapport.staging.quality"
        " rapport.intermediate rapport.marts",
        "source:ml+",
    ),
    Phase("marts_with_models", COMBINE, "source:ml+"),
)


class RapportTranslator(DagsterDbtTranslator):
    """Asset key = [schema, table]; group = folder."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The key of a model, seed or source: its schema and its table."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The folder that the model or seed lies in."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["fqn"][-2])


def dbt_definitions(workspace: Workspace) -> list[dg.AssetsDefinition]:
    """One assets definition per phase, from an up-to-date manifest."""
    manifest = dbt.ensure_manifest(workspace)
    found: list[dg.AssetsDefinition] = []
    for phase in PHASES:
        found.append(_phase_assets(phase, manifest, _models_of(*found)))
    return found


def _models_of(*definitions: dg.AssetsDefinition) -> dict[str, dg.AssetKey]:
    """The asset keys of the models and seeds of some phases, by dbt's names of them."""
    specs = [spec for definition in definitions for spec in definition.specs]
    return {spec.metadata[UNIQUE_ID]: spec.key for spec in specs if UNIQUE_ID in spec.metadata}


def _phase_assets(
    phase: Phase, manifest: Path, built_before: Collection[str]
) -> dg.AssetsDefinition:
    @dbt_assets(
        name=phase.name,
        manifest=manifest,
        select=phase.select,
        exclude=phase.exclude,
        dagster_dbt_translator=RapportTranslator(),
        required_resource_keys={SESSION},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        session = session_of(context)
        if phase.step == STAGE:
            _find_changes(session)
        code, models = _code(session, manifest), _models_of(context.assets_def)
        with session.step(phase.step) as step:
            results = _build(session, phase, code, (models, built_before))
            step.rows = sum(item.resource_type == "model" for item in results)
        yield from _events(context, code.graph, results)

    return build


def _find_changes(session: RunSession) -> None:
    """Note which business dates the models have to make anew."""
    zone = session.workspace.settings.time_zone
    with session.step("Find changes") as step, session.connection() as connection:
        step.rows = note_changes(connection, CONTRACTS, zone, session.as_of_date)


def _build(session: RunSession, phase: Phase, code: Code, models: Models) -> list[dbt.NodeResult]:
    """Build what is due of one phase; its tests are a gate of the run."""
    with session.connection() as connection:
        if phase.step == TRANSFORM:
            _drop_outdated(session, code, connection)
        due = code.due(connection, *models)
        forget(connection, due)
    results = _build_due(session, phase, due, code.variables)
    stand = [item.unique_id for item in results if item.status != "warn"]
    with session.connection() as connection:
        insert_rows(connection, "quality.model_runs", _costs(session, phase, results))
        keep_built(connection, due, stand, session.record.run_id)
        if phase.step == COMBINE:
            code.keep_definitions(connection, session.record.run_id)
            note_built(connection, session.record.run_id)
    return results


def _costs(
    session: RunSession, phase: Phase, results: Sequence[dbt.NodeResult]
) -> list[tuple[object, ...]]:
    """What each model, seed and test took: rows of `quality.model_runs`."""
    record = session.record
    return [
        (record.run_id, phase.name, item.name, item.resource_type, item.seconds, record.started)
        for item in results
    ]


def _code(session: RunSession, manifest: Path) -> Code:
    graph = read_graph(manifest, dbt.PROJECT)
    return Code(graph, CONTRACTS, dbt.variables(session.workspace, session.as_of_date))


def _drop_outdated(session: RunSession, code: Code, connection: duckdb.DuckDBPyConnection) -> None:
    """Let dbt build in full what was made by other code, and say so."""
    if outdated := code.drop_outdated(connection):
        names = ", ".join(name.replace('"', "") for name in outdated)
        session.record.messages.append(
            f"Built in full, since the code or settings that decide them changed: {names}."
        )


def _build_due(
    session: RunSession, phase: Phase, due: Due, variables: Mapping[str, Any]
) -> list[dbt.NodeResult]:
    results = []
    if due.nodes:
        session.release()
        results = dbt.build_nodes(session.workspace, session.warehouse, due.nodes, variables)
    found = [_check(phase, item) for item in results]
    standing = [_standing(phase, key, run_id) for key, run_id in due.standing.items()]
    session.judge(f"dbt {phase.step.lower()}", [*found, *standing])
    broken = [item for item in results if not item.is_good]
    if broken:
        first = broken[0]
        raise RapportError(
            f"dbt {first.resource_type} {first.name} failed: {first.message or first.status}"
            f"{f' (and {len(broken) - 1} more)' if len(broken) > 1 else ''}; `rapport status` lists"
            " every failed check."
        )
    return results


def _standing(phase: Phase, unique_id: str, run_id: str) -> CheckResult:
    """The verdict of a test that looks at nothing new."""
    return CheckResult(
        gate=f"dbt {phase.step.lower()}",
        check_name=unique_id.split(".")[2],
        subject=unique_id,
        is_passed=True,
        is_blocking=True,
        observed=f"0 rows, as of run {run_id}",
        expected="dbt test",
        message="",
    )


def _check(phase: Phase, item: dbt.NodeResult) -> CheckResult:
    return CheckResult(
        gate=f"dbt {phase.step.lower()}",
        check_name=item.name,
        subject=item.unique_id,
        is_passed=item.is_good and item.status != "warn",
        is_blocking=item.status != "warn",
        observed=f"{item.failures} rows" if item.resource_type == "test" else item.status,
        expected=f"dbt {item.resource_type}",
        message="" if item.is_good and item.status != "warn" else item.message or item.status,
    )


def _events(
    context: dg.AssetExecutionContext, graph: Graph, results: Sequence[dbt.NodeResult]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Tell Dagster of every model up to date and every test that it knows as a check."""
    keys = _models_of(context.assets_def)
    checks = {
        spec.metadata[UNIQUE_ID]: spec
        for spec in context.assets_def.check_specs
        if spec.metadata and UNIQUE_ID in spec.metadata
    }
    found = {item.unique_id: item for item in results}
    # also of what is up to date, since Dagster skips whatever reads an asset of which it heard
    # nothing; and in the order of building, as it asks
    for unique_id in graph.in_order(keys):
        item = found.get(unique_id)
        yield dg.MaterializeResult(
            asset_key=keys[unique_id],
            metadata={"is_rebuilt": item is not None, "seconds": item.seconds if item else 0.0},
        )
    for unique_id, spec in checks.items():
        item = found.get(unique_id)
        yield dg.AssetCheckResult(
            check_name=spec.name,
            asset_key=spec.asset_key,
            passed=item is None or item.is_good,
            metadata={"is_standing": item is None, "failing_rows": item.failures if item else 0},
        )
