"""What one process of the benchmark does, and what it took."""

from __future__ import annotations

import datetime as dt
import hashlib
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.contracts import Contract, Dialect
from orchestration.loading.archive import COPY_BYTES
from orchestration.loading.arrivals import arrivals_in_landing
from orchestration.loading.load import Loader
from orchestration.loading.tables import create_tables
from orchestration.sql import connect, identifier, literal
from orchestration.workspace import Workspace

LOADED_AT = dt.datetime(2026, 2, 2, 5)
QUIET = "set enable_progress_bar = false"
SETTINGS = "company: Benchmark\ncurrency: EUR\n"


@dataclass(frozen=True)
class Cost:
    """What a piece of work took in a process of its own, and the rows that it loaded."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float
    rows: int


def in_process(work: Callable[..., int], *arguments: object) -> Cost:
    """The cost of work in a fresh process, where nothing is warm but the imported libraries."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_cost, work, arguments).result()


def _cost(work: Callable[..., int], arguments: tuple[object, ...]) -> Cost:
    duckdb.execute("select ?", [1])  # has it import pandas and pyarrow, as every run does
    cpu, wall = _cpu_seconds(), time.monotonic()
    rows = work(*arguments)
    cpu, wall = _cpu_seconds() - cpu, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(cpu, wall, peak, rows)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def new_workspace(root: Path, contract: Contract, files: Path) -> Workspace:
    """A workspace in which a file, or all files of a folder, lie in landing/ (hard links)."""
    workspace = Workspace(root)
    workspace.create()
    workspace.settings_file.write_text(SETTINGS, "utf-8")
    landing = workspace.landing / contract.slug
    landing.mkdir(parents=True)
    for path in [files] if files.is_file() else sorted(files.iterdir()):
        os.link(path, landing / path.name)
    return workspace


def hash_file(path: Path) -> int:
    """A bare sha256 of a file."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(COPY_BYTES):
            hasher.update(block)
    return 0


def load_bare(contract: Contract, format_: str, has_bad_rows: bool, path: Path, root: Path) -> int:
    """DuckDB's `create table as` of the same typed columns, with the loader's own resources."""
    workspace = Workspace(root)
    types = ", ".join(f"{literal(c.name)}: {literal(c.type)}" for c in contract.columns)
    more = f"columns = {{{types}}}, ignore_errors = {has_bad_rows}"
    reader = {
        "csv": f"read_csv({literal(path)}, header = true, auto_detect = false, {more})",
        "jsonl": f"read_json({literal(path)}, format = 'newline_delimited', {more})",
        "parquet": f"read_parquet({literal(path)})",
    }[format_]
    resources = workspace.settings.resources
    bare = root / "bare.duckdb"
    with closing(connect(bare, resources, workspace.temporary)) as connection:
        connection.execute(QUIET)
        connection.execute(f"create table bare as select * from {reader}")
        return _rows(connection, "bare")


def load_by_rapport(contract: Contract, format_: str, root: Path) -> int:
    """Archive, count and load what lies in landing/, as the first two steps of a run do."""
    contract = replace(contract, dialect=Dialect(format=format_))
    workspace = Workspace(root)
    resources = workspace.settings.resources
    with closing(connect(workspace.warehouse, resources, workspace.temporary)) as connection:
        connection.execute(QUIET)
        create_tables(connection, [contract])
        arrivals = arrivals_in_landing(connection, workspace, [contract])
        Loader(connection, workspace, "benchmark", LOADED_AT).load(arrivals, lambda _: None)
        return _rows(connection, f"raw.{identifier(contract.table)}")


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
