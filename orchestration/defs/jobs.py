"""When the daily job runs: by hand, on a schedule, or when something was delivered."""

from __future__ import annotations

import dagster as dg

from orchestration.errors import ConfigurationError
from orchestration.fetching.quick import may_fetch
from orchestration.runs.fingerprint import fingerprint, landing_fingerprint, unchanged_since
from orchestration.workspace import Workspace

JOB_NAME = "daily"
SENSOR_SECONDS = 60

daily_job = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Deliver, load, gate, transform, model, gate, publish.",
)


def daily_schedule(workspace: Workspace) -> dg.ScheduleDefinition:
    """The daily run, off until somebody switches it on; it skips when nothing changed."""

    def request_if_new() -> dg.RunRequest | dg.SkipReason:
        if may_fetch(workspace):  # only fetching tells whether there is anything new
            return dg.RunRequest()
        if record := unchanged_since(workspace, fingerprint(workspace)):
            return dg.SkipReason(f"Nothing has changed since run {record.run_id}.")
        return dg.RunRequest()

    cron = workspace.settings.schedule.cron
    try:
        return dg.schedule(
            name="daily_schedule",
            job=daily_job,
            cron_schedule=cron,
            execution_timezone=workspace.settings.time_zone,
            default_status=dg.DefaultScheduleStatus.STOPPED,
        )(request_if_new)
    except dg.DagsterInvalidDefinitionError as error:
        raise ConfigurationError(
            f"rapport.yml: `schedule.cron` is `{cron}`, which is no cron schedule of five fields:"
            " minute, hour, day, month, weekday."
        ) from error


def delivery_sensor(workspace: Workspace) -> dg.SensorDefinition:
    """A run when landing/ has changed and stayed so for one round; off by default."""

    @dg.sensor(
        name="delivery_sensor",
        job=daily_job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        current = landing_fingerprint(workspace)
        seen, _, started = (context.cursor or "|").partition("|")
        if current == started:
            return dg.SensorResult(skip_reason="Nothing new has been delivered.")
        if current != seen:
            return dg.SensorResult(
                skip_reason="Something is being delivered; a run starts when it is complete.",
                cursor=f"{current}|{started}",
            )
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=current)], cursor=f"{current}|{current}"
        )

    return sensor
