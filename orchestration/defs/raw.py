"""Raw tables: one asset per contract, loaded together over one connection."""

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb

from orchestration.contracts import Contract, load_contracts
from orchestration.defs.fetched import fetched_key
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import RapportError
from orchestration.fetching.servers import Server
from orchestration.gates.conservation import breach_checks, conservation_checks
from orchestration.gates.event_plan import event_plan_checks
from orchestration.gates.fetched import fetch_checks
from orchestration.gates.great import validate
from orchestration.gates.results import CheckResult, fold, reasons_to_withdraw
from orchestration.gates.sources import freshness_checks, source_states
from orchestration.gates.unusual import late_checks, volume_checks
from orchestration.gates.verdicts import keep_verdicts, raw_suites
from orchestration.loading.archive import archived_files
from orchestration.loading.arrivals import Arrivals, arrivals_in_archive, arrivals_in_landing
from orchestration.loading.history import arrivals_for_rebuild
from orchestration.loading.load import Loader, LoadReport
from orchestration.loading.manifest import last_receipt
from orchestration.loading.tables import create_tables, note_from_archive
from orchestration.loading.withdraw import withdraw
from orchestration.modelling.tables import create_ml_tables
from orchestration.runs.fetch import configured
from orchestration.runs.rebuild import keep_earlier
from orchestration.runs.session import RAW_STEP, RunSession
from orchestration.workspace import CODE_ROOT

CONTRACTS = load_contracts(CODE_ROOT / "data_contracts")
CHECK_NAME = "contract"


def raw_key(contract: Contract) -> dg.AssetKey:
    """The asset key of a raw table."""
    return dg.AssetKey(["raw", contract.table])


def raw_deliveries(servers: Sequence[Server]) -> dg.AssetsDefinition:
    """The raw tables, each downstream of the servers that it is fetched from."""

    @dg.multi_asset(
        name="raw_deliveries",
        specs=[
            dg.AssetSpec(
                raw_key(item),
                deps=[
                    fetched_key(server) for server in servers if server.contract.slug == item.slug
                ],
                group_name=item.source,
                description=item.description,
            )
            for item in CONTRACTS
        ],
        required_resource_keys={SESSION},
    )
    def deliveries(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Archive what arrived and load it, quarantining what breaks its contract."""
        report = _load(session_of(context))
        for contract in CONTRACTS:
            yield dg.MaterializeResult(
                asset_key=raw_key(contract),
                metadata={
                    "rows_loaded": report.rows_loaded.get(contract.table, 0),
                    "rows_quarantined": report.rows_quarantined.get(contract.table, 0),
                },
            )

    return deliveries


def _load(session: RunSession) -> LoadReport:
    with session.connection() as connection:
        with session.step("Deliver") as step:
            session.overrides  # noqa: B018 - a wrong row is told before anything is loaded
            create_tables(connection, CONTRACTS)
            create_ml_tables(connection)
            if session.options.rebuild:
                session.record.messages += keep_earlier(connection, session.workspace)
            arrivals = _arrivals(session, connection)
            step.rows = len(arrivals.deliveries)
            session.record.messages += arrivals.notes
            if arrivals.unclaimed:
                names = ", ".join(arrivals.unclaimed[:5])
                more = len(arrivals.unclaimed) - 5
                session.record.messages.append(
                    f"No contract or feed reads {names}{f' and {more} more' if more > 0 else ''}."
                )
        with session.step("Load") as step:
            loader = Loader(
                connection, session.workspace, session.record.run_id, session.record.started
            )
            if session.is_scratch:
                note_from_archive(connection, session.record.run_id)
            report = loader.load(arrivals, lambda message: session.tell("Load", message))
            step.rows = sum(report.rows_loaded.values())
            session.record.messages += report.messages
        _note_what_is_known(session, connection)
    session.release()  # the loader's settings hold for the file until it is closed
    return report


def _note_what_is_known(session: RunSession, connection: duckdb.DuckDBPyConnection) -> None:
    """Pin what the run is built from: the entries of the archive, and the last receipt."""
    if session.is_as_of_build:
        return
    session.record.archived_files = sum(1 for _ in archived_files(session.workspace))
    known_at = last_receipt(connection)
    session.record.known_at = known_at.isoformat() if known_at else None


def _arrivals(session: RunSession, connection: object) -> Arrivals:
    """What lies in landing/; for a rebuild the archive, for an as-of build as it was by then."""
    if session.options.rebuild:
        return arrivals_for_rebuild(session.workspace, CONTRACTS)
    until = session.known_until
    if until is None:
        return arrivals_in_landing(connection, session.workspace, CONTRACTS)  # type: ignore[arg-type]
    arrivals = arrivals_in_archive(session.workspace, CONTRACTS, until)
    if not arrivals.deliveries:
        raise RapportError(
            f"Nothing had been received by the end of {session.options.as_of}: choose a later"
            " date, or set `as_of` in rapport.yml to build everything received so far as of that"
            " date."
        )
    return arrivals


@dg.multi_asset_check(
    name="gate_raw",
    specs=[dg.AssetCheckSpec(CHECK_NAME, asset=raw_key(item), blocking=True) for item in CONTRACTS],
    required_resource_keys={SESSION},
)
def gate_raw(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Contracts as Great Expectations suites, conservation of rows, freshness, volume."""
    session = session_of(context)
    with session.step(RAW_STEP) as step:
        results = _judge_raw(session)
        step.rows = len(results)
        session.judge("Raw deliveries", results)
        session.fail_on_blocking(results)
        if not session.is_scratch:
            _withdraw_what_failed(session, results)
    for item in CONTRACTS:
        mine = [result for result in results if result.subject == f"raw.{item.table}"]
        yield dg.AssetCheckResult(check_name=CHECK_NAME, asset_key=raw_key(item), **fold(mine))


def _withdraw_what_failed(session: RunSession, results: list[CheckResult]) -> None:
    """Take new deliveries that broke a blocking check out of raw again.

    Not those of a feed that is evaluated whole: mending the feed or its files replaces them. Nor
    what did arrive where a server failed: there is nothing wrong with it.
    """
    reasons = reasons_to_withdraw(results)
    with session.connection() as connection:
        for contract in CONTRACTS:
            feed = session.workspace.settings.feed_of(contract.slug)
            reason = reasons.get(f"raw.{contract.table}")
            if reason and not (feed and feed.is_whole):
                count = withdraw(
                    connection, session.workspace, contract, session.runs_to_judge, reason
                )
                if count:
                    session.record.messages.append(
                        f"{contract.slug}: {count} new deliveries were quarantined whole,"
                        f" {reason}; the next run goes on without them."
                    )


def _judge_raw(session: RunSession) -> list[CheckResult]:
    run_id, as_of = session.record.run_id, session.as_of_date
    with session.connection() as connection:
        results = conservation_checks(connection, CONTRACTS)
        results += breach_checks(connection, CONTRACTS, session.runs_to_judge)
        results += volume_checks(connection, CONTRACTS, session.runs_to_judge)
        results += late_checks(connection, CONTRACTS, session.runs_to_judge)
        results += freshness_checks(source_states(connection, CONTRACTS, as_of))
        time_zone = session.workspace.settings.time_zone
        results += event_plan_checks(connection, CONTRACTS, time_zone, run_id)
        suites = raw_suites(connection, CONTRACTS)
    if not session.is_scratch:
        results += fetch_checks(session.workspace, configured(session.workspace))
    session.release()
    found = validate(
        session.warehouse,
        [suite for suite, _ in suites.due],
        session.workspace.settings.resources,
        session.workspace.temporary,
    )
    with session.connection() as connection:
        keep_verdicts(connection, suites.due, found, run_id)
    return [*results, *suites.standing, *found]
