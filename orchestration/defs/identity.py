"""The identity ledger: one asset, gated before anything is built on it."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.raw import CONTRACTS
from orchestration.defs.session import SESSION, session_of
from orchestration.errors import HeldForReviewError
from orchestration.gates.identity import identity_checks
from orchestration.identity import update_identities
from orchestration.identity.archive import export_ledger, last_event, replay_ledger
from orchestration.identity.changes import Changes, published_event, write_changes
from orchestration.identity.likely import ModelShelf
from orchestration.identity.overrides import OVERRIDES_FILE, without_record
from orchestration.increments.moved import note_moved_keys
from orchestration.runs.session import RunSession

STAGING_KEYS = [
    dg.AssetKey(["staging", f"stg_{item.source}__{item.extract}"]) for item in CONTRACTS
]
TABLES = (
    "customer_keys",
    "contact_keys",
    "moved_keys",
    "hubs",
    "group_keys",
    "group_members",
    "erased_keys",
)


@dg.multi_asset(
    name="identity_ledger",
    specs=[
        dg.AssetSpec(["identity", table], deps=STAGING_KEYS, group_name="identity")
        for table in TABLES
    ],
    required_resource_keys={SESSION},
)
def identity_ledger(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Who is who: one row per identity key, and the keys that moved since publication."""
    session = session_of(context)
    with session.step("Identify") as step:
        changes = _update(session)
        step.rows = changes.customers
        _judge(session, changes)
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=["identity", table],
            metadata={"customers": changes.customers, "merged": changes.merged},
        )


def _update(session: RunSession) -> Changes:
    """The ledger brought up to date, and kept in the archive unless this run is only a trial."""
    workspace, settings = session.workspace, session.workspace.settings
    run_id, as_of_date = session.record.run_id, session.as_of_date
    with session.connection() as connection:
        replay_ledger(connection, workspace, session.known_until)
        update_identities(
            connection,
            CONTRACTS,
            settings.identity,
            session.overrides,
            run_id,
            workspace.secret,
            ModelShelf(workspace.models, session.models, run_id, as_of_date),
        )
        note_moved_keys(connection)
        session.record.messages += [
            f"config/{OVERRIDES_FILE} decides on {key}, which no record has: that does nothing."
            for key in without_record(connection)
        ]
        since = None if session.is_as_of_build else published_event(connection, workspace.current)
        if not session.is_scratch:
            export_ledger(connection, workspace)
        session.record.identity_event = None if session.is_as_of_build else last_event(connection)
        return write_changes(connection, since)


def _judge(session: RunSession, changes: Changes) -> None:
    """Hold the run where customers merged, split or grew too much."""
    if session.is_as_of_build:
        return
    gates, is_accepted = session.workspace.settings.gates, session.options.accept_change
    results = identity_checks(changes, gates, is_accepted)
    session.judge("Identity", results)
    alarming = [item.message for item in results if item.is_blocking and not item.is_passed]
    if alarming:
        raise HeldForReviewError(
            f"Publication is held: {'; '.join(alarming)}. `rapport identity diff` shows them. If"
            " this is right, run again with --accept-change; until then the last version stays"
            " readable."
        )
