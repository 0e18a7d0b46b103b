"""`rapport identity`: why two records are one customer, what a run changed, what to decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orchestration.cli.output import (
    DebugOption,
    JsonOption,
    WaitOption,
    WorkspaceOption,
    console,
    print_json,
)
from orchestration.cli.working_file import working_file
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from orchestration.identity.diff import Large, Moved
    from orchestration.identity.why import Answer, Tie

HELP = """See who is one customer and why, and what the last run changed; decide on doubtful pairs.

It reads the working file, which holds personal data, and stays in the workspace. While a run is at
work it says so (exit code 3); --wait waits.

Examples
--------
    rapport identity why account_id:A17 loyalty_id:L4

    rapport identity diff

    rapport identity review --export review.csv
"""
SHOWN = 10
KeyArgument = Annotated[
    str, typer.Argument(help="An identity key, as account_id:4711, or a customer_id.")
]

identity = typer.Typer(name="identity", help=HELP, no_args_is_help=True)


@identity.command("why")
def why_command(
    a: KeyArgument,
    b: KeyArgument,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show the evidence by which two keys are one customer, or what keeps them apart.

    Examples
    --------
        rapport identity why account_id:A17 account_id:A80

        rapport identity why c_0123456789abcdef0123 email:ana@example.org --json
    """
    from orchestration.identity.why import why

    with _ledger(workspace, wait) as (place, connection):
        answer = why(connection, a, b, place.settings.identity)
    if as_json:
        print_json(asdict(answer) | {"is_same": answer.is_same})
    else:
        _print_answer(answer)


@identity.command("diff")
def diff_command(
    workspace: WorkspaceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Customers to show of each kind.")] = SHOWN,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show whom the last run merged and split, whose value moved, and the largest customers.

    Compared with the version that readers had before it; so a run that is held can be judged.

    Examples
    --------
        rapport identity diff

        rapport identity diff --limit 100 --json
    """
    from orchestration.identity.diff import largest, moved

    with _ledger(workspace, wait) as (_, connection):
        changes, large = moved(connection), largest(connection, limit)
    if as_json:
        print_json({"moved": [asdict(m) for m in changes], "largest": [asdict(c) for c in large]})
    else:
        _print_moved([item for item in changes if item.kind == "merge"], "Merged", limit)
        _print_moved([item for item in changes if item.kind == "split"], "Split", limit)
        _print_large(large)


@identity.command("review")
def review_command(
    export: Annotated[
        Path | None, typer.Option("--export", help="Write the doubtful pairs to this csv file.")
    ] = None,
    reviewed: Annotated[
        Path | None, typer.Option("--import", help="Take the decisions of this csv file over.")
    ] = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    debug: DebugOption = False,
) -> None:
    """Decide on pairs that are likely but not sure: export them, fill in `decision`, import.

    A decision is `same` or `different`; an empty one is left for later. Decisions become rows of
    config/overrides.csv, and the next run follows them.

    Examples
    --------
        rapport identity review --export review.csv

        rapport identity review --import review.csv
    """
    from orchestration.identity.overrides import OVERRIDES_FILE, read_overrides
    from orchestration.identity.review import (
        export_review,
        import_review,
        pairs_to_review,
        record_of,
    )

    if (export is None) == (reviewed is None):
        raise ConfigurationError("Give either --export FILE or --import FILE.")
    with _ledger(workspace, wait) as (place, connection):
        if reviewed is not None:
            count = import_review(connection, reviewed, place.config / OVERRIDES_FILE)
            console.print(f"{count:,} new decisions: the next run follows them.")
            return
        pairs = pairs_to_review(connection, place.settings.identity)
        record = record_of(read_overrides(place.config / OVERRIDES_FILE))
    if not pairs:
        console.print("No pair is in doubt.")
    elif export is not None:
        export_review(pairs, export)
        console.print(f"{len(pairs):,} pairs: {export}", markup=False, soft_wrap=True)
    if record.decided:
        console.print(
            f"Of {record.decided:,} reviewed pairs so far {record.same:,} were one person, where"
            f" the probabilities promised {record.promised:,.0f}."
        )


def _print_answer(answer: Answer) -> None:
    if answer.key_a == answer.key_b:
        console.print(f"Both are customer {answer.customer_a}, by the same key.", markup=False)
    elif answer.is_same:
        console.print(f"Both are customer {answer.customer_a}:", markup=False)
        _print_ties(answer.path)
    else:
        console.print(
            f"They are two customers, {answer.customer_a} and {answer.customer_b}.", markup=False
        )
        for reason in answer.reasons:
            console.print(f"  {reason}", markup=False)
        _print_ties(answer.refused[:SHOWN])


def _print_ties(ties: list[Tie]) -> None:
    table = Table()
    for name in ("Key", "Key", "Tied by", "Record of"):
        table.add_column(name, overflow="fold")
    for tie in ties:
        likely = "" if tie.probability is None else f" ({tie.probability:.3f})"
        table.add_row(tie.from_key, tie.to_key, f"{tie.rule}{likely}", tie.source or "")
    if ties:
        console.print(table, markup=False)


def _print_moved(changes: list[Moved], title: str, limit: int) -> None:
    if not changes:
        console.print(f"{title}: none.")
        return
    shown = f", the first {limit}" if len(changes) > limit else ""
    table = Table(title=f"{title}: {len(changes):,}{shown}", title_justify="left")
    for name in ("Was customer", "Is customer", "Why"):
        table.add_column(name, overflow="fold")
    for name in ("Keys", "Net revenue"):
        table.add_column(name, justify="right")
    for item in changes[:limit]:
        amount = "" if item.net_revenue_amount is None else f"{item.net_revenue_amount:,.2f}"
        table.add_row(
            item.previous_customer_id, item.customer_id or "nobody", item.rule or "",
            f"{item.keys:,}", amount,
        )  # fmt: skip
    console.print(table)


def _print_large(customers: list[Large]) -> None:
    table = Table(title="Largest customers", title_justify="left")
    table.add_column("Customer", overflow="fold")
    for name in ("Accounts", "Cards", "Records"):
        table.add_column(name, justify="right")
    for item in customers:
        table.add_row(item.customer_id, f"{item.accounts}", f"{item.cards}", f"{item.records}")
    console.print(table)


@contextmanager
def _ledger(
    folder: Path | None, wait: float
) -> Iterator[tuple[Workspace, duckdb.DuckDBPyConnection]]:
    """The working file, where there is a ledger in it."""
    with working_file(folder, "rapport identity", wait) as (place, connection):
        _need_ledger(connection)
        yield place, connection


def _need_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "select 1 from duckdb_tables() where schema_name = 'identity' and table_name = 'events'"
    if not connection.execute(sql).fetchall():
        raise ConfigurationError("There is no identity ledger yet: run `rapport run` first.")
