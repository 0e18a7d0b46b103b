"""Whether each server that is fetched could be, in the raw gate."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.fetching.fetch import last_result
from orchestration.fetching.servers import Server
from orchestration.gates.results import FETCHED, CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.workspace import Workspace


def fetch_checks(workspace: Workspace, servers: Iterable[Server]) -> list[CheckResult]:
    """One check a server: its last fetch; blocking where a breach of its contract blocks."""
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name=FETCHED,
            subject=f"raw.{server.contract.table}",
            is_passed=result.error is None,
            is_blocking=server.contract.on_breach == "block",
            observed=result.error or f"{result.rows} rows",
            expected="its server answers",
            message=f"fetching from {server.name} failed: {result.error}" if result.error else "",
        )
        for server in servers
        if (result := last_result(workspace, server))
    ]
