"""What the published versions said of customers: it cannot be found again from extracts.

It lies in `archive/outputs/`, a file for each version that readers had when the next run began,
with what had changed since the version before. A row holds a customer's number, the name of a
computed attribute and its value, and nothing else of a person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publishing.versions import published_manifest
from orchestration.sql import identifier, literal
from orchestration.workspace import DATABASE_FILE, Workspace, kept_file

OUTPUTS_FOLDER = "outputs"
ERASED = "(select other_customer_id from identity.events where kind = 'erase')"
KNOWN_AT_KEY = "known_at"
HISTORY_MODEL, RECORDS_MODEL = "customer_360_history", "int_customer_records_versioned"
COLUMNS = """
    customer_id varchar, attribute varchar, attribute_value varchar, as_of_date date,
    known_at timestamp, run_id varchar
"""


def tracked_outputs(manifest: Path) -> list[str]:
    """Tracked columns of the history that no record states: those that runs compute."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"]
    tracked = _columns_with(nodes[f"model.rapport.{HISTORY_MODEL}"], "track")
    stated = _columns_with(nodes[f"model.rapport.{RECORDS_MODEL}"], "survivorship")
    return [name for name in tracked if name not in stated]


def keep_outputs(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, attributes: Sequence[str]
) -> None:
    """Add to the archive what the version that readers have says and the one before did not."""
    version = published_manifest(workspace.current)
    if version is None or version.get(KNOWN_AT_KEY) is None:
        return
    folder = workspace.archive / OUTPUTS_FOLDER
    path = folder / f"{version['run_id']}.parquet"
    if path.exists():
        return
    connection.execute(
        f"attach {literal(workspace.current / DATABASE_FILE)} as version (read_only)"
    )
    try:
        with kept_file(path) as changes:
            _copy_changes(connection, folder, version, attributes, changes)
    finally:
        connection.execute("detach version")


def take_over_outputs(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    until: dt.datetime | None = None,
    before_run: str | None = None,
) -> int:
    """Fill `ml.published_outputs` from the archive with what was known by `until` (UTC).

    Where a run is named, only with what the versions before it had said.
    """
    connection.execute(f"create or replace table ml.published_outputs ({COLUMNS})")
    connection.execute(
        "insert into ml.published_outputs by name"
        f" {_archived(workspace.archive / OUTPUTS_FOLDER)}"
        " where ($until is null or known_at <= $until)"
        " and ($before_run is null or run_id < $before_run)",
        {"until": until, "before_run": before_run},
    )
    return int(connection.execute("select count(*) from ml.published_outputs").fetchall()[0][0])


def forget_outputs(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Take the numbers of the erased out of the archive, each file whole at every moment."""
    for path in sorted((workspace.archive / OUTPUTS_FOLDER).glob("[0-9]*.parquet")):
        rows = f"from read_parquet({literal(path)}) where customer_id"
        if connection.execute(f"{rows} in {ERASED} limit 1").fetchall():
            with kept_file(path) as kept:
                connection.execute(
                    f"copy ({rows} not in {ERASED} order by customer_id, attribute)"
                    f" to {literal(kept)} (format parquet, compression zstd)"
                )


def _copy_changes(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    version: Mapping[str, Any],
    attributes: Sequence[str],
    target: Path,
) -> None:
    found = connection.execute(
        "select column_name from duckdb_columns()"
        " where database_name = 'version' and schema_name = 'marts' and table_name = 'customer_360'"
    ).fetchall()
    published = [name for name in attributes if (name,) in found]
    said = " union all ".join(
        f"select customer_id, {literal(name)} as attribute,"
        f" cast({identifier(name)} as varchar) as attribute_value from version.marts.customer_360"
        for name in published
    )
    as_of_date = f"cast({literal(version['as_of_date'])} as date)"
    connection.execute(
        f"""
        copy (
            with before as (
                select
                    customer_id, attribute,
                    arg_max_null(attribute_value, (as_of_date, run_id)) as attribute_value
                from ({_archived(folder)})
                where as_of_date <= {as_of_date}
                group by customer_id, attribute
            ),
            said as ({said or "select null, null, null where false"})
            select
                said.*,
                {as_of_date} as as_of_date,
                cast({literal(version[KNOWN_AT_KEY])} as timestamp) as known_at,
                {literal(version["run_id"])} as run_id
            from said
            left join before using (customer_id, attribute)
            where
                said.attribute_value is distinct from before.attribute_value
                and customer_id not in {ERASED}
            order by customer_id, attribute
        ) to {literal(target)} (format parquet, compression zstd)
        """
    )


def _archived(folder: Path) -> str:
    files = ", ".join(literal(path) for path in sorted(folder.glob("[0-9]*.parquet")))
    if files:
        return f"select * from read_parquet([{files}])"
    nothing = ", ".join(
        f"cast(null as {column.split()[1]}) as {column.split()[0]}" for column in COLUMNS.split(",")
    )
    return f"select * from (select {nothing} where false)"


def _columns_with(node: Mapping[str, Any], key: str) -> list[str]:
    columns = node["columns"].items()
    return [name for name, column in columns if column["config"].get("meta", {}).get(key)]
