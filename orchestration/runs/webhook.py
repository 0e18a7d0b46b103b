"""Tell somebody that a run failed."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request

from orchestration.config import Settings
from orchestration.runs.record import RunRecord

TIMEOUT_SECONDS = 10


def notify_failure(settings: Settings, record: RunRecord) -> str | None:
    """POST the failure as JSON to the configured address; returns what went wrong, if anything.

    The address comes from the environment variable that the settings name. A webhook that cannot
    be reached never changes how the run ended.
    """
    address = os.environ.get(settings.notifications.webhook_url_env)
    if not address:
        return None
    if not address.startswith(("http://", "https://")):
        return "the webhook address is neither http nor https"
    body = {
        "company": settings.company,
        "run_id": record.run_id,
        "status": record.status,
        "as_of_date": record.as_of_date,
        "error": record.error,
        "text": f"Rapport run {record.run_id} {record.status}: {record.error}",
    }
    request = urllib.request.Request(  # noqa: S310
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return None
    except (urllib.error.URLError, TimeoutError) as error:
        return f"the webhook did not accept the message ({error})"
