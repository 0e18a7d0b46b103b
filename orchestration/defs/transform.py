"""The dbt models: three phases of one project, each one call of dbt in this process."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration import dbt
from orchestration.defs.raw import CONTRACTS
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import RapportError
from orchestration.gates.results import CheckResult
from orchestration.increments.due import Code, keep_built
from orchestration.increments.moved import note_built
from orchestration.increments.touched import note_changes
from orchestration.runs.session import RunSession
from orchestration.workspace import Workspace

UNIQUE_ID = "dagster_dbt/unique_id"


@dataclass(frozen=True)
class Phase:
    """Which models a call of dbt builds."""

    name: str
    step: str
    select: str
    exclude: str = ""

    @property
    def arguments(self) -> list[str]:
        """The selection as dbt's command line takes it."""
        exclude = ["--exclude", *self.exclude.split()] if self.exclude else []
        return ["--select", *self.select.split(), *exclude]


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
    return [_phase_assets(phase, manifest) for phase in PHASES]


def _phase_assets(phase: Phase, manifest: Any) -> dg.AssetsDefinition:
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
        with session.step(phase.step) as step:
            results = _build(session, phase)
            step.rows = sum(item.resource_type == "model" for item in results)
        yield from _events(context, results)

    return build


def _find_changes(session: RunSession) -> None:
    """Note which business dates the models have to make anew."""
    zone = session.workspace.settings.time_zone
    with session.step("Find changes") as step, session.connection() as connection:
        step.rows = note_changes(connection, CONTRACTS, zone, session.as_of_date)


def _build(session: RunSession, phase: Phase) -> list[dbt.NodeResult]:
    """Build one phase; its tests are a gate of the run."""
    variables = dbt.variables(session.workspace, session.as_of_date)
    manifest = dbt.ensure_manifest(session.workspace)
    code = Code(manifest, dbt.PROJECT, CONTRACTS, variables)
    if phase.step == STAGE:
        return _build_staging(session, phase, code)
    if phase.step == TRANSFORM:
        _drop_outdated(session, code)
    results = _build_selected(session, phase, phase.arguments, variables)
    if phase.step == COMBINE:
        with session.connection() as connection:
            keep_built(connection, code.incremental(), session.record.run_id)
            note_built(connection, session.record.run_id)
    return results


def _build_staging(session: RunSession, phase: Phase, code: Code) -> list[dbt.NodeResult]:
    """The staging models that changed, alone."""
    with session.connection() as connection:
        due = code.due_staging(connection)
    if not due.models:
        return []
    arguments = phase.arguments if due.is_everything else due.selection
    results = _build_selected(session, phase, arguments, code.variables)
    with session.connection() as connection:
        keep_built(connection, due.models, session.record.run_id)
    return results


def _drop_outdated(session: RunSession, code: Code) -> None:
    """Let dbt build in full what was made by other code, and say so."""
    with session.connection() as connection:
        outdated = code.drop_outdated(connection)
    if outdated:
        names = ", ".join(name.replace('"', "") for name in outdated)
        session.record.messages.append(
            f"Built in full, since the code or settings that decide them changed: {names}."
        )


def _build_selected(
    session: RunSession, phase: Phase, arguments: Sequence[str], variables: Mapping[str, Any]
) -> list[dbt.NodeResult]:
    results = dbt.build(session.workspace, session.warehouse, arguments, variables)
    session.judge(f"dbt {phase.step.lower()}", [_check(phase, item) for item in results])
    broken = [item for item in results if not item.is_good]
    if broken:
        first = broken[0]
        raise RapportError(
            f"dbt {first.resource_type} {first.name} failed: {first.message or first.status}"
            f"{f' (and {len(broken) - 1} more)' if len(broken) > 1 else ''}; `rapport status` lists"
            " every failed check."
        )
    return results


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
    context: dg.AssetExecutionContext, results: Sequence[dbt.NodeResult]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Tell Dagster of every model up to date and every test that it knows as a check."""
    specs = context.assets_def.specs
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in specs if UNIQUE_ID in spec.metadata}
    checks = {
        spec.metadata[UNIQUE_ID]: spec
        for spec in context.assets_def.check_specs
        if spec.metadata and UNIQUE_ID in spec.metadata
    }
    found = {item.unique_id: item for item in results}
    # in the order of building, as Dagster asks; then what is up to date, since it skips whatever
    # reads an asset of which it heard nothing
    for unique_id in [*(key for key in found if key in keys), *(keys.keys() - found.keys())]:
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
