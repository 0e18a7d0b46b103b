"""Models are built anew where their code, their rules or their rows have changed, nowhere else."""

from __future__ import annotations

import datetime as dt
import json

import duckdb

from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run, query
from tests.orchestration.conftest import change_settings, deliver, deliver_orders, order_count


def staged(workspace: Workspace) -> int | None:
    """How many staging models the latest run built."""
    return next(step.rows for step in last_run(workspace).steps if step.name == "Stage")


def run(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 0, outcome.err


EVENTS = "intermediate.int_visitor_events_unioned"
IN_FULL = """
    select 'web' as source, event_id, business_date from staging.stg_web__events
    union all
    select 'app', event_id, business_date from staging.stg_app__events
"""


def kept_events(workspace: Workspace) -> set[tuple[object, ...]]:
    """What the incremental table of visitors' events holds."""
    return set(query(workspace.warehouse, f"select source, event_id, business_date from {EVENTS}"))


def all_events(workspace: Workspace) -> set[tuple[object, ...]]:
    """What it would hold if it were built in full."""
    until = last_run(workspace).as_of_date
    return set(query(workspace.warehouse, f"from ({IN_FULL}) where business_date <= ?", until))


FAMILIES = ("service", "commerce", "marketing", "voice", "visit")
TOUCHES_IN_FULL = " union all ".join(
    f"from intermediate.int_{family}_interactions" for family in FAMILIES
)


def kept_touches(workspace: Workspace) -> set[tuple[object, ...]]:
    """What the incremental table of touches holds, of whom and when."""
    return set(
        query(
            workspace.warehouse,
            "select interaction_id, customer_id, event_at"
            " from intermediate.int_interactions_resolved",
        )
    )


def all_touches(workspace: Workspace) -> set[tuple[object, ...]]:
    """What it would hold if it were built in full."""
    return set(
        query(
            workspace.warehouse,
            "select concat_ws(':', contract, source_key, interaction_type), owners.customer_id,"
            f" event_at from ({TOUCHES_IN_FULL}) as touches"
            " left join intermediate.int_identity_owners as owners"
            " on touches.identity_key = owners.identity_key"
            " and event_at >= valid_from and event_at < valid_to where business_date <= ?",
            last_run(workspace).as_of_date,
        )
    )


def open_a_message(workspace: Workspace) -> str:
    """Deliver again a message that nobody had opened, opened on a later day; returns its number."""
    [(message_id, campaign_id, account, sent_at)] = query(
        workspace.warehouse,
        "select message_id, campaign_id, customer_id, sent_at from raw.marketing_campaign_messages"
        " where opened_at is null and customer_id is not null and not is_holdout"
        " order by message_id limit 1",
    )
    row = {
        "message_id": message_id,
        "campaign_id": campaign_id,
        "customer_id": account,
        "channel": "email",
        "sent_at": str(sent_at),
        "opened_at": "2026-06-21 10:00:00",
    }
    name = "marketing/campaign_messages/late_20260701.jsonl"
    deliver(workspace, name, f"{json.dumps(row)}\n")
    return str(message_id)


def test_a_run_builds_what_is_new_or_missing_and_the_touched_dates_of_incremental_tables(
    cli: RunCli, workspace: Workspace
) -> None:
    orders = order_count(workspace)
    everything = staged(workspace)
    assert everything is not None
    assert everything > 10
    assert kept_events(workspace) == all_events(workspace)
    assert kept_touches(workspace) == all_touches(workspace)
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("drop view staging.stg_shop__payments")
        # of dates that nothing touches, a row stays as it is
        connection.execute(
            f"update {EVENTS} set event_id = 'KEPT'"
            f" where event_id = (select min(event_id) from {EVENTS})"
        )
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,EUR,10")
    event = {"event_id": "LATE", "visitor_id": "V", "event_type": "page_view", "page_url": "/"}
    late = json.dumps(event | {"event_at": "2026-06-03 10:00:00"})
    deliver(workspace, "web/events/late_20260701.jsonl", f"{late}\n")
    opened = open_a_message(workspace)
    run(cli, workspace)
    assert staged(workspace) == 1  # the missing one: the other views show new rows by themselves
    assert query(workspace.warehouse, "select count(*) > 0 from staging.stg_shop__payments") == [
        (True,)
    ]
    gates = {gate.name: gate for gate in last_run(workspace).gates}
    assert gates["dbt stage"].passed >= 2
    assert order_count(workspace) == int(str(orders)) + 1
    assert ("web", "LATE", dt.date(2026, 6, 3)) in kept_events(workspace)
    [kept] = kept_events(workspace) - all_events(workspace)
    assert kept[1] == "KEPT"
    assert len(kept_events(workspace)) == len(all_events(workspace))
    assert kept_touches(workspace) == all_touches(workspace)
    opening = f"marketing/campaign_messages:{opened}:campaign_opened"
    assert opening in {touch for touch, *_ in kept_touches(workspace)}
    assert not any("Built in full" in message for message in last_run(workspace).messages)

    change_settings(workspace, "keep_published: 4")
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute(
            "update quality.settled set version = 'of other code' where subject = ?",
            ['"intermediate"."int_visitor_events_unioned"'],
        )
    run(cli, workspace)
    assert staged(workspace) == 0
    assert any(f"changed: {EVENTS}" in message for message in last_run(workspace).messages)
    assert kept_events(workspace) == all_events(workspace)


def test_a_staging_test_that_failed_is_run_again(cli: RunCli, workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("delete from quality.settled where subject = 'stg_shop__orders'")
        connection.execute(
            "update raw.shop_orders set order_id = null where order_id = (select"
            " min(order_id) from raw.shop_orders)"
        )
    for number in (4, 5):
        change_settings(workspace, f"# try {number}")
        assert cli("run", "-w", workspace.root).exit_code == 1
        assert last_run(workspace).steps[-1].name == "Stage"
