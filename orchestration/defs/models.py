"""The models: features in the intermediate layer → scores in the schema `ml`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration import dbt
from orchestration.defs.session import SESSION, session_of
from orchestration.history.outputs import keep_outputs, take_over_outputs, tracked_outputs
from orchestration.modelling import scoring
from orchestration.runs.session import RunSession

Score = Callable[[scoring.ModelRun], scoring.ModelOutcome]


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


def _model_asset(table: str, title: str, features: list[str], score: Score) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ml", table],
        deps=[dg.AssetKey(["intermediate", name]) for name in features],
        group_name="models",
        description=score.__doc__,
        required_resource_keys={SESSION},
    )
    def model(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session = session_of(context)
        with session.step(f"Model {title}") as step, _model_run(session) as run:
            outcome = score(run)
            step.rows = outcome.rows
            session.record.models[table] = {
                "version": outcome.version,
                "is_used": outcome.is_used,
                "message": outcome.message,
                "card": outcome.card,
            }
            if not outcome.is_used:
                session.record.messages.append(f"Model {title} was {outcome.message}.")
            if outcome.warning:
                session.record.messages.append(f"Model {title} {outcome.warning}.")
        return dg.MaterializeResult(metadata={"rows": outcome.rows, "message": outcome.message})

    return model


customer_rfm = _model_asset(
    "customer_rfm", "RFM", ["int_customer_rfm_inputs"], scoring.score_customers_rfm
)
customer_segments = _model_asset(
    "customer_segments", "segments", ["int_customer_rfm_inputs"], scoring.score_customer_segments
)
customer_values = _model_asset(
    "customer_values",
    "lifetime value",
    ["int_customer_value_inputs", "int_customer_value_calibrations"],
    scoring.score_customer_values,
)


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


MODEL_ASSETS = [customer_rfm, customer_segments, customer_values, published_outputs]
