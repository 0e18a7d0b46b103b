"""Fetching as a writer of the workspace: under its lock, before a run looks into landing/."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestration.contracts import load_contracts
from orchestration.fetching.fetch import FetchResult, fetch_all
from orchestration.fetching.quick import CONTRACTS, may_fetch
from orchestration.fetching.servers import Server, chosen, servers_of
from orchestration.runs.lock import workspace_lock
from orchestration.workspace import Workspace


def fetch_now(
    workspace: Workspace,
    targets: Sequence[str] = (),
    wait_seconds: float = 0,
    progress: Callable[[Server, str], None] = lambda _, __: None,
) -> list[FetchResult]:
    """Fetch from every server, or from those of the contracts and servers that are named."""
    servers = chosen(configured(workspace), targets)
    if not servers:
        return []
    workspace.create()
    with workspace_lock(workspace.lock_file, "fetch", wait_seconds):
        return fetch_all(workspace, servers, progress)


def configured(workspace: Workspace) -> list[Server]:
    """Every server of a workspace; of one without any the contracts are not even read."""
    if not may_fetch(workspace):
        return []
    return servers_of(workspace, load_contracts(CONTRACTS))
