"""Commands that are killed with SIGKILL, and what has to be equal afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sql import identifier
from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace

KILLED = -9
COMMAND = "tests.conftest:run_command"
# what differs between two runs that load the same: when it was, and which run it was
OF_A_RUN = (
    "run_id", "created_run_id", "loaded_at", "_loaded_at", "scored_at", "checked_at",
)  # fmt: skip
# the judgements of runs, not what they loaded or made; and what readers were given, be it by a
# run that was killed right after it had put a new version in place
NOT_COMPARED = (
    "quality.settled", "quality.check_results", "quality.model_runs", "ml.published_outputs",
)  # fmt: skip
State = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a child ended: exit code (negative: the signal), CPU seconds, output, moments seen."""

    code: int
    cpu: float
    output: str
    log: list[str]

    @property
    def is_killed(self) -> bool:
        return self.code == KILLED

    @property
    def words(self) -> str:
        """The output without its line breaks."""
        return " ".join(self.output.split())


@dataclass
class Driver:
    """The process that forks a child for each command; counts what it has cost."""

    process: subprocess.Popen[str]
    cpu: float = 0.0
    kills: int = 0

    def call(self, function: str, *arguments: object, **how: Any) -> Ended:
        """Call `module:function`; `how`: here, cpu, step, moment and root, statements."""
        request = {"call": function, "arguments": [str(item) for item in arguments]} | how
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        ended = Ended(**json.loads(self.process.stdout.readline()))
        self.cpu += ended.cpu
        self.kills += ended.is_killed
        return ended

    def rapport(self, command: str, workspace: Workspace, *arguments: str, **how: Any) -> Ended:
        """Run `rapport COMMAND`."""
        return self.call(COMMAND, command, "-w", workspace.root, *arguments, **how)

    def run(self, workspace: Workspace, **how: Any) -> Ended:
        """Run `rapport run`, quietly."""
        return self.rapport("run", workspace, "--json", **how)


@contextmanager
def driving() -> Iterator[Driver]:
    """A driver, ended at the end."""
    command = [sys.executable, "-m", "tests.orchestration.runs.driver"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=CODE_ROOT,
        env=dict(os.environ) | {"PYTHONPATH": str(CODE_ROOT)},
    ) as process:
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()


def restore(saved: Path, workspace: Workspace) -> None:
    """Put a saved workspace in the place of the present one, sharing blocks where possible."""
    shutil.rmtree(workspace.root, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", saved, workspace.root], check=True)


def state(workspace: Workspace) -> State:
    """All that must be equal after the same deliveries, however often a run was killed."""
    return {
        "archive": archived(workspace),
        "quarantine": contents(workspace.quarantine),
        "warehouse": tables(workspace.warehouse),
        "published": {
            path.name: tables(path) for path in sorted(workspace.current.glob("*.duckdb"))
        },
    }


def differences(expected: State, found: State) -> list[str]:
    """Where two states differ, each place named."""
    places = []
    for key in sorted(expected.keys() | found.keys()):
        one, other = expected.get(key), found.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            places += [f"{key}: {place}" for place in differences(one, other)]
        elif one != other:
            places.append(key)
    return places


def tables(path: Path) -> dict[str, object]:
    """For each table: its columns with their types, its rows, and a sum that is its rows'."""
    if not path.exists():
        return {}
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name, list((column_name, data_type)"
            " order by column_name) from duckdb_columns() inner join duckdb_tables()"
            " using (schema_name, table_name) group by all order by all"
        ).fetchall()
        return {
            name: (columns := _compared(name, types), _sum(connection, name, columns))
            for name, types in found
            if name not in NOT_COMPARED
        }


def _compared(name: str, types: list[tuple[str, str]]) -> list[tuple[str, str]]:
    is_mart = not name.startswith(("raw.", "quarantine."))
    return [
        (column, kind)
        for column, kind in types
        if column not in OF_A_RUN
        and not column.endswith("model_version")
        and not (is_mart and column.startswith("_"))
    ]


def _sum(
    connection: duckdb.DuckDBPyConnection, name: str, columns: list[tuple[str, str]]
) -> list[tuple[Any, ...]]:
    schema, _, table = name.partition(".")
    wanted = ", ".join(identifier(column) for column, _ in columns)
    return connection.execute(
        "select count(*), sum(hash(one)::hugeint)::varchar"
        f" from (select {wanted} from {identifier(schema)}.{identifier(table)}) as one"
    ).fetchall()


def archived(workspace: Workspace) -> dict[str, object]:
    """The indexes as written, and every file, proven to be what its name says."""
    lines = {
        path.name: [line for line in path.read_text("utf-8").split("\n") if line]
        for path in sorted(workspace.archive.glob("*.jsonl"))
    }
    files = [
        path
        for path in sorted(workspace.archive.iterdir())
        if path.is_file() and path.suffix != ".jsonl"
    ]
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path
    return lines | {
        "files": [path.name for path in files],
        "identity": ledger(workspace),
        "settings": [path.name for path in sorted(workspace.archive.glob("settings/*"))],
    }


def ledger(workspace: Workspace) -> list[tuple[Any, ...]]:
    """The archived events of identities, each once, but for the runs that found them."""
    files = sorted(str(path) for path in workspace.archive.glob("identity/*.parquet"))
    sql = "select * exclude (run_id) from read_parquet(?) order by event_number"
    return duckdb.execute(sql, [files]).fetchall() if files else []


def contents(folder: Path) -> dict[str, object]:
    """Every file below a folder, by its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def leftovers(workspace: Workspace) -> list[str]:
    """What no finished command leaves behind."""
    found = [
        *workspace.archive.rglob(".*"),
        *workspace.published.glob(".*"),
        *workspace.temporary.glob("*"),
        *workspace.runs.glob("*/scratch"),
        *workspace.runs.glob("*/*.tmp"),
        *workspace.models.glob("*/*.tmp"),
        *workspace.warehouse.parent.glob("rebuild"),
        *workspace.warehouse.parent.glob("*.wal"),
    ]
    return [path.relative_to(workspace.root).as_posix() for path in found]


def rows_add_up(workspace: Workspace) -> bool:
    """Conservation: each delivery, and raw and quarantine against all of them."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        [(broken, *promised)] = connection.execute(
            "select count(*) filter (where rows_delivered <> rows_loaded + rows_quarantined),"
            " coalesce(sum(rows_loaded) filter (where status = 'loaded'), 0),"
            " coalesce(sum(rows_quarantined) filter (where status = 'loaded'), 0)"
            " from quality.deliveries"
        ).fetchall()
        held = [_rows(connection, schema) for schema in ("raw", "quarantine")]
    return not broken and promised == held


def _rows(connection: duckdb.DuckDBPyConnection, schema: str) -> int:
    names = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ?", [schema]
    ).fetchall()
    counts = " union all ".join(
        f"select count(*) as rows from {schema}.{identifier(name)}" for (name,) in names
    )
    return int(connection.execute(f"select sum(rows) from ({counts})").fetchall()[0][0])


def seen_by_readers(workspace: Workspace) -> tuple[str, dict[str, object]]:
    """The version that readers are given, opened as they would."""
    return os.readlink(workspace.current), tables(workspace.current / DATABASE_FILE)
