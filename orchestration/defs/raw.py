"""Raw tables: one asset per contract, loaded together over one connection."""

from collections.abc import Iterator

import dagster as dg

from orchestration.contracts import Contract, load_contracts
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import RapportError
from orchestration.gates.conservation import (
    breach_checks,
    conservation_checks,
    volume_checks,
)
from orchestration.gates.great import validate
from orchestration.gates.results import CheckResult, fold
from orchestration.gates.sources import freshness_checks, source_states
from orchestration.gates.verdicts import keep_verdicts, raw_suites
from orchestration.loading.arrivals import Arrivals, arrivals_in_archive, arrivals_in_landing
from orchestration.loading.history import arrivals_for_rebuild
from orchestration.loading.load import Loader, LoadReport
from orchestration.loading.tables import create_tables
from orchestration.loading.withdraw import withdraw
from orchestration.modelling.tables import create_ml_tables
from orchestration.runs.rebuild import keep_earlier
from orchestration.runs.session import RunSession
from orchestration.workspace import CODE_ROOT

CONTRACTS = load_contracts(CODE_ROOT / "data_contracts")
CHECK_NAME = "contract"


def raw_key(contract: Contract) -> dg.AssetKey:
    """The asset key of a raw table."""
    return dg.AssetKey(["raw", contract.table])


@dg.multi_asset(
    name="raw_deliveries",
    specs=[
        dg.AssetSpec(raw_key(item), group_name=item.source, description=item.description)
        for item in CONTRACTS
    ],
    required_resource_keys={SESSION},
)
def raw_deliveries(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Archive what arrived and load it, quarantining what breaks its contract."""
    session = session_of(context)
    report = _load(session)
    for contract in CONTRACTS:
        yield dg.MaterializeResult(
            asset_key=raw_key(contract),
            metadata={
                "rows_loaded": report.rows_loaded.get(contract.table, 0),
                "rows_quarantined": report.rows_quarantined.get(contract.table, 0),
            },
        )


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
            report = loader.load(arrivals, lambda message: session.tell("Load", message))
            step.rows = sum(report.rows_loaded.values())
            session.record.messages += report.messages
    return report


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
    with session.step("Gate raw") as step:
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
    """Take the deliveries of this run that broke a blocking check out of raw again.

    Not those of a feed that is evaluated whole: mending the feed or its files replaces them.
    """
    reasons = {
        item.subject: item.message for item in results if item.is_blocking and not item.is_passed
    }
    with session.connection() as connection:
        for contract in CONTRACTS:
            feed = session.workspace.settings.feed_of(contract.slug)
            reason = reasons.get(f"raw.{contract.table}")
            if reason and not (feed and feed.is_whole):
                count = withdraw(
                    connection, session.workspace, contract, session.record.run_id, reason
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
        results += breach_checks(connection, CONTRACTS, run_id)
        results += volume_checks(connection, CONTRACTS, run_id)
        results += freshness_checks(source_states(connection, CONTRACTS, as_of))
        suites = raw_suites(connection, CONTRACTS)
    found = validate(
        session.warehouse,
        [suite for suite, _ in suites.due],
        session.workspace.settings.resources,
        session.workspace.temporary,
    )
    with session.connection() as connection:
        keep_verdicts(connection, suites.due, found, run_id)
    return [*results, *suites.standing, *found]
