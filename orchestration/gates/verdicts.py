"""Which raw tables must be judged now, and whose earlier verdict still stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import Suite, raw_suite
from orchestration.settled import Settled, raw_versions
from orchestration.sql import transaction

KIND = "raw suite"


@dataclass(frozen=True)
class RawSuites:
    """Suites to validate now with the version of what they judge, and the verdicts that stand."""

    due: Sequence[tuple[Suite, str]]
    standing: Sequence[CheckResult]


def raw_suites(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> RawSuites:
    """The suites of all raw tables that hold anything.

    A verdict stands while its suite and what the table was loaded from are the same; one that
    blocked is never kept, so it is always sought again.
    """
    versions, settled = raw_versions(connection), Settled.read(connection, KIND)
    due: list[tuple[Suite, str]] = []
    standing: list[CheckResult] = []
    for contract in contracts:
        if contract.slug not in versions:
            continue
        suite = raw_suite(contract)
        version = f"{versions[contract.slug]} {suite!r}"
        if done := settled.find(suite.subject, version):
            standing += _recalled(done.detail, done.run_id)
        else:
            due.append((suite, version))
    return RawSuites(due, standing)


def keep_verdicts(
    connection: duckdb.DuckDBPyConnection,
    due: Iterable[tuple[Suite, str]],
    results: Iterable[CheckResult],
    run_id: str,
) -> None:
    """Keep the verdicts on suites that passed, warnings included."""
    results = list(results)
    settled = Settled(connection, KIND)
    for suite, version in due:
        mine = [item for item in results if item.subject == suite.subject]
        if all(item.is_passed or not item.is_blocking for item in mine):
            detail = json.dumps([asdict(item) for item in mine])
            settled.note(suite.subject, version, run_id, detail)
    with transaction(connection):
        settled.write()


def _recalled(detail: str, run_id: str) -> list[CheckResult]:
    found = [CheckResult(**item) for item in json.loads(detail)]
    return [replace(item, observed=f"{item.observed}, as of run {run_id}") for item in found]
