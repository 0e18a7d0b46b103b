"""The code location: `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.fetched import fetched_assets
from orchestration.defs.identity import identity_ledger
from orchestration.defs.jobs import JOB_NAME, daily_job, daily_schedule, delivery_sensor
from orchestration.defs.models import MODEL_ASSETS
from orchestration.defs.publish import publish_definitions
from orchestration.defs.raw import gate_raw, raw_deliveries
from orchestration.defs.session import SESSION, session_resource
from orchestration.defs.sources import sources
from orchestration.defs.transform import dbt_definitions
from orchestration.runs.fetch import configured
from orchestration.workspace import Workspace


def build_definitions(workspace: Workspace) -> dg.Definitions:
    """Everything Dagster needs to show and run one workspace."""
    workspace.create()
    servers = configured(workspace)
    published, published_checks = publish_definitions(workspace)
    return dg.Definitions(
        assets=[
            *fetched_assets(servers),
            raw_deliveries(servers),
            sources,
            *dbt_definitions(workspace),
            identity_ledger,
            *MODEL_ASSETS,
            *published,
        ],
        asset_checks=[gate_raw, *published_checks],
        jobs=[daily_job],
        schedules=[daily_schedule(workspace)],
        sensors=[delivery_sensor(workspace)],
        resources={SESSION: session_resource},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The workspace named by `RAPPORT_WORKSPACE`, built when Dagster asks for it."""
    return build_definitions(Workspace.locate())


__all__ = ["JOB_NAME", "build_definitions", "defs"]
