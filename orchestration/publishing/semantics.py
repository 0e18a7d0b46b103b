"""What dbt and MetricFlow need to know of a version, kept beside its figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.dbt import MANIFEST, SEMANTIC_MANIFEST
from orchestration.environment import environment
from orchestration.workspace import DATABASE_FILE, sync

FOLDER = "dbt"
PUBLISHED_FILE = "RAPPORT_PUBLISHED_FILE"

# Json is YAML. The default path serves `mf` called in the folder itself, on any machine.
PROJECT = {"name": "rapport", "version": "0.1.0", "config-version": 2, "profile": "rapport"}
PROFILES = {
    "rapport": {
        "target": "published",
        "outputs": {
            "published": {
                "type": "duckdb",
                "path": f"{{{{ env_var('{PUBLISHED_FILE}', '../{DATABASE_FILE}') }}}}",
                "schema": "marts",
                "config_options": {"access_mode": "read_only"},
            }
        },
    }
}


def write_semantics(target: Path, version: Path) -> None:
    """Write a dbt project without models into a version: `mf` works in it, `--state` compares.

    Parameters
    ----------
    target : the folder of dbt's artefacts, of the run that made the version.
    version : the folder of the version.
    """
    folder = version / FOLDER
    artefacts = folder / "target"
    artefacts.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, SEMANTIC_MANIFEST):
        shutil.copyfile(target / name, artefacts / name)
    for name, content in (("dbt_project.yml", PROJECT), ("profiles.yml", PROFILES)):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    for path in (*artefacts.iterdir(), *folder.iterdir(), folder):
        sync(path)


@contextmanager
def metricflow_environment(version: Path, logs: Path) -> Iterator[None]:
    """The variables that lead MetricFlow to a version, set for the length of one call."""
    values = {
        "DBT_PROJECT_DIR": str(version / FOLDER),
        "DBT_PROFILES_DIR": str(version / FOLDER),
        "DBT_LOG_PATH": str(logs),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        PUBLISHED_FILE: str(version / DATABASE_FILE),
    }
    with environment(values):
        yield
