"""Great Expectations on DuckDB: suites in, results out, the file only ever read."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.config import ResourceSettings
from orchestration.errors import RapportError
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import Expectation, Suite
from orchestration.sql import identifier, literal


def validate(
    database: Path, suites: Sequence[Suite], resources: ResourceSettings, temporary: Path
) -> list[CheckResult]:
    """Validate every suite against the tables of a DuckDB file."""
    if not suites:
        return []
    with _data_source(database, resources, temporary) as source:
        return [result for suite in suites for result in _validate_suite(source, suite)]


@contextmanager
def _data_source(database: Path, resources: ResourceSettings, temporary: Path) -> Iterator[Any]:
    """An in-memory source with the file attached read-only, so that its own settings stay."""
    gx = _import_great_expectations()
    from sqlalchemy import event

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    # it has nowhere to save to, and yet words all assets as YAML whenever one is added
    context._save_project_config = lambda: None
    source = context.data_sources.add_sql(
        name="warehouse", connection_string="duckdb:///:memory:", create_temp_table=False
    )
    engine = source.get_execution_engine().engine

    @event.listens_for(engine, "connect")
    def attach(connection: Any, _: Any) -> None:
        connection.execute(f"set memory_limit = {literal(resources.memory_limit)}")
        connection.execute(f"set threads = {resources.threads}")
        connection.execute(f"set temp_directory = {literal(temporary)}")
        connection.execute(f"attach {literal(database)} as w (read_only)")

    try:
        yield source
    finally:
        engine.dispose()


def _import_great_expectations() -> Any:
    """Import GX once, lazily, and teach it that a DuckDB connection must be kept.

    GX fetches after giving the connection back unless its dialect is listed as persisted (GX
    issues 10738 and 11579); then every expectation fails with "list index out of range".
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.execution_engine import sqlalchemy_execution_engine

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    engine: Any = sqlalchemy_execution_engine
    if "duckdb" not in engine._PERSISTED_CONNECTION_DIALECTS:
        kept = engine._PERSISTED_CONNECTION_DIALECTS
        engine._PERSISTED_CONNECTION_DIALECTS = (*kept, _Dialect("duckdb"))
    return gx


class _Dialect(str):
    """The name of a dialect, shaped as a member of GX's enumeration."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


def _validate_suite(source: Any, suite: Suite) -> list[CheckResult]:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    query = f"select * from w.{identifier(suite.schema)}.{identifier(suite.table)}"
    if suite.where:
        query += f" where {suite.where}"
    asset = source.add_query_asset(name=suite.subject, query=query)
    batch = asset.add_batch_definition("all").get_batch()
    expectations = [
        getattr(gxe, item.kind)(**item.arguments, meta={"position": position})
        for position, item in enumerate(suite.expectations)
    ]
    found = batch.validate(
        gx.ExpectationSuite(name=suite.subject, expectations=expectations),
        result_format="SUMMARY",
    )
    return [
        _result(suite, suite.expectations[item.expectation_config.meta["position"]], item)
        for item in found.results
    ]


def _result(suite: Suite, expectation: Expectation, found: Any) -> CheckResult:
    """Counts and observed table facts only: values of rows never leave the warehouse."""
    if crashed := _crash(found):  # no verdict: deliveries must not be blamed for a full disk
        raise RapportError(
            f"The check {expectation.name} of {suite.subject} could not be evaluated: {crashed}."
        )
    count = found.result.get("unexpected_count")
    observed = found.result.get("observed_value") if count is None else f"{count} rows"
    if expectation.kind == "UnexpectedRowsExpectation":
        observed = f"{found.result.get('observed_value')} rows"
    message = "" if found.success else f"{expectation.message} ({observed})"
    return CheckResult(
        gate=suite.gate,
        check_name=expectation.name,
        subject=suite.subject,
        is_passed=bool(found.success),
        is_blocking=expectation.is_blocking,
        observed=str(observed)[:500],
        expected=expectation.kind,
        message=message,
    )


def _crash(found: Any) -> str | None:
    """The first line of what GX raised while evaluating, if it did."""
    info = found.exception_info or {}
    entries = info.values() if all(isinstance(v, dict) for v in info.values()) else [info]
    for entry in entries:
        if entry.get("exception_message"):
            return str(entry["exception_message"]).splitlines()[0][:500]
    return None
