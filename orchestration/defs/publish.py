"""A candidate, the gate on it, and publishing: what is checked is what readers get."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration import dbt
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import HeldForReviewError
from orchestration.gates.great import validate
from orchestration.gates.headline import headline_checks, headline_figures, published_headline
from orchestration.gates.results import CheckResult, fold, result_rows
from orchestration.gates.suites import mart_suite
from orchestration.history.outputs import KNOWN_AT_KEY
from orchestration.identity.changes import MANIFEST_KEY
from orchestration.publishing.publish import seal_candidate, write_candidate
from orchestration.publishing.semantics import write_semantics
from orchestration.publishing.tables import PublishedTable, marts
from orchestration.publishing.versions import activate
from orchestration.runs.record import BUILT, PUBLISHED
from orchestration.runs.session import RunSession
from orchestration.sql import insert_rows
from orchestration.workspace import DATABASE_FILE, Workspace

CANDIDATE = dg.AssetKey(["published", "candidate"])
HEADLINE_CHECK = "headline_figures"


def publish_definitions(
    workspace: Workspace,
) -> tuple[list[dg.AssetsDefinition], list[dg.AssetChecksDefinition]]:
    """The candidate, its blocking checks (one a mart, one for the headline), the version."""
    tables = marts(dbt.ensure_manifest(workspace))
    check_names = [*(table.name for table in tables), HEADLINE_CHECK]

    @dg.asset(
        key=CANDIDATE,
        deps=[dg.AssetKey([table.schema, table.name]) for table in tables],
        group_name="published",
        required_resource_keys={SESSION},
    )
    def candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Both files of a version, complete but not yet seen by any reader."""
        session = session_of(context)
        with session.step("Write candidate") as step:
            rows = _write(session, tables)
            step.rows = sum(rows.values())
        return dg.MaterializeResult(metadata=dict(rows))

    @dg.multi_asset_check(
        name="gate_marts",
        specs=[dg.AssetCheckSpec(name, asset=CANDIDATE, blocking=True) for name in check_names],
        required_resource_keys={SESSION},
    )
    def gate_marts(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        session = session_of(context)
        with session.step("Gate marts") as step:
            results = _judge(session, tables)
            step.rows = len(results)
            session.judge("Published marts", results)
            _hold_if_headline_jumped(results)
            session.fail_on_blocking(results)
        for name in check_names:
            mine = [item for item in results if _check_name(item) == name]
            yield dg.AssetCheckResult(check_name=name, asset_key=CANDIDATE, **fold(mine))

    @dg.asset(
        key=["published", "warehouse"],
        deps=[CANDIDATE],
        group_name="published",
        required_resource_keys={SESSION},
    )
    def published_warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """The version that readers see from now on."""
        session = session_of(context)
        with session.step("Publish"):
            _publish(session, tables)
        return dg.MaterializeResult(metadata={"folder": session.record.published or ""})

    return [candidate, published_warehouse], [gate_marts]


def _check_name(result: CheckResult) -> str:
    if result.check_name.startswith("headline_"):
        return HEADLINE_CHECK
    return result.subject.removeprefix("marts.")


def _write(session: RunSession, tables: list[PublishedTable]) -> dict[str, int]:
    workspace = session.workspace
    session.release()
    return write_candidate(
        session.warehouse,
        session.candidate,
        tables,
        workspace.settings.resources,
        workspace.temporary,
    )


def _judge(session: RunSession, tables: list[PublishedTable]) -> list[CheckResult]:
    """Great Expectations on the candidate itself, and the jump of headline figures."""
    settings, workspace = session.workspace.settings, session.workspace
    suites = [mart_suite(table.name, table.open_columns, table.key) for table in tables]
    results = validate(
        session.candidate / DATABASE_FILE, suites, settings.resources, workspace.temporary
    )
    with session.connection() as connection:
        session.record.headline = headline_figures(connection)
    if session.is_as_of_build:
        return results
    return results + headline_checks(
        session.record.headline,
        published_headline(workspace.current),
        settings.gates.headline_jump,
        is_accepted=session.options.accept_change,
    )


def _hold_if_headline_jumped(results: list[CheckResult]) -> None:
    jumped = [
        item.message
        for item in results
        if not item.is_passed and item.is_blocking and _check_name(item) == HEADLINE_CHECK
    ]
    if jumped:
        raise HeldForReviewError(
            f"Publication is held: {'; '.join(jumped)}. If this is right, run again with"
            " --accept-change; until then the last version stays readable."
        )


def _publish(session: RunSession, tables: list[PublishedTable]) -> None:
    """Seal the candidate and flip to it; without `publish` it stays in the folder of the run."""
    record, workspace = session.record, session.workspace
    _store_results(session)
    write_semantics(dbt.target_folder(workspace), session.candidate)
    seal_candidate(session.warehouse, session.candidate, tables, _manifest(session, tables))
    if session.options.publish:
        folder = session.candidate.rename(workspace.published / record.run_id)
        activate(workspace.published, record.run_id, workspace.settings.keep_published)
    else:
        folder = session.candidate.rename(session.folder / "published")
    record.published = str(folder)
    record.status = PUBLISHED if session.options.publish else BUILT


def _manifest(session: RunSession, tables: list[PublishedTable]) -> Mapping[str, Any]:
    record = session.record
    return {
        "run_id": record.run_id,
        "company": session.workspace.settings.company,
        "currency": session.workspace.settings.currency,
        "as_of_date": session.as_of_date,
        "headline": record.headline,
        MANIFEST_KEY: record.identity_event,
        KNOWN_AT_KEY: record.known_at,
        "code_hash": record.code_hash,
        "settings_hash": record.settings_hash,
        "models": {name: model["version"] for name, model in record.models.items()},
        "tables": [table.name for table in tables],
        "restricted_tables": [table.name for table in tables if table.personal],
    }


def _store_results(session: RunSession) -> None:
    """Keep the results in the warehouse, so that they travel with the figures."""
    rows = result_rows(session.record, session.results)
    with session.connection() as connection:
        insert_rows(connection, "quality.check_results", rows)
        connection.execute("checkpoint")
    session.release()
