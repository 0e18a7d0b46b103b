"""Servers to fetch from: one asset each, upstream of the raw table that it feeds."""

from collections.abc import Sequence

import dagster as dg

from orchestration.defs.session import SESSION, session_of
from orchestration.fetching.fetch import FetchResult, fetch, last_result
from orchestration.fetching.servers import Server
from orchestration.runs.fingerprint import fingerprint
from orchestration.runs.session import RunSession


def fetched_key(server: Server) -> dg.AssetKey:
    """The asset key of what one server brings."""
    return dg.AssetKey(["landing", f"{server.contract.table}__{server.name.replace('-', '_')}"])


def fetched_assets(servers: Sequence[Server]) -> list[dg.AssetsDefinition]:
    """One asset per server."""
    return [_fetched(server) for server in servers]


def _fetched(server: Server) -> dg.AssetsDefinition:
    @dg.asset(
        key=fetched_key(server),
        group_name=server.contract.source,
        description=f"What {server.name} has for {server.contract.slug}, as files in landing/.",
        required_resource_keys={SESSION},
    )
    def fetched(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session = session_of(context)
        result = _fetch(session, server)
        return dg.MaterializeResult(
            metadata={"rows": result.rows, "files": result.files, "error": result.error or ""}
        )

    return fetched


def _fetch(session: RunSession, server: Server) -> FetchResult:
    """Fetch, unless the command line has just done so or the run looks at the past."""
    if not session.options.fetch or session.is_scratch:
        return last_result(session.workspace, server) or FetchResult(server.slug, "")
    with session.step(f"Fetch {server.slug}") as step:
        result = fetch(session.workspace, server, lambda _, text: session.tell("Fetch", text))
        step.rows = result.rows
        session.record.fingerprint = fingerprint(session.workspace)
    return result
