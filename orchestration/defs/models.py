"""The models: features → scores in the schema `ml`."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration import dbt
from orchestration.defs.session import SESSION, session_of
from orchestration.history.outputs import keep_outputs, take_over_outputs, tracked_outputs
from orchestration.modelling import scoring
from orchestration.runs.session import RunSession


@contextmanager
def _model_run(session: RunSession) -> Iterator[scoring.ModelRun]:
    as_of_date = session.as_of_date
    with session.connection() as connection:
        yield scoring.ModelRun(
            connection=connection,
            models=session.workspace.models,
            save_to=session.models,
            settings=session.workspace.settings.models,
            run_id=session.record.run_id,
            scored_at=session.record.started,
            as_of_date=as_of_date,
        )


def _model_asset(model: scoring.Model) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ml", model.table],
        deps=[dg.AssetKey([scoring.schema_of(name), name]) for name in model.features],
        group_name="models",
        description=model.score.__doc__,
        required_resource_keys={SESSION},
    )
    def scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session = session_of(context)
        with session.step(f"Model {model.title}") as step, _model_run(session) as run:
            outcome = model.score(run)
            step.rows = outcome.rows
            session.record.models[model.table] = {
                "version": outcome.version,
                "is_used": outcome.is_used,
                "message": outcome.message,
                "card": outcome.card,
            }
            if not outcome.is_used:
                session.record.messages.append(f"Model {model.title} was {outcome.message}.")
            if outcome.warning:
                session.record.messages.append(f"Model {model.title} {outcome.warning}.")
        return dg.MaterializeResult(metadata={"rows": outcome.rows, "message": outcome.message})

    return scores


@dg.asset(
    key=["ml", "published_outputs"],
    deps=[dg.AssetKey(["identity", "customer_keys"])],
    group_name="models",
    required_resource_keys={SESSION},
)
def published_outputs(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """What the versions before this one said of customers: the past of computed attributes."""
    session = session_of(context)
    with session.step("Recall outputs") as step, session.connection() as connection:
        if not session.is_as_of_build:
            attributes = tracked_outputs(dbt.ensure_manifest(session.workspace))
            keep_outputs(connection, session.workspace, attributes)
        step.rows = take_over_outputs(connection, session.workspace, session.known_until)
    return dg.MaterializeResult(metadata={"rows": step.rows})


MODEL_ASSETS = [*(_model_asset(model) for model in scoring.MODELS), published_outputs]
