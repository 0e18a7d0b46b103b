"""`rapport quarantine`: what was set aside, and why."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from orchestration.workspace import CODE_ROOT

if TYPE_CHECKING:
    from orchestration.loading.quarantined import Quarantined

HELP = """Find what was set aside while loading, with the reason of each row.

It reads the working file, which holds personal data, and stays in the workspace. While a run is at
work it says so (exit code 3); --wait waits.

Examples
--------
    rapport quarantine list

    rapport quarantine show shop/orders --limit 5

    rapport quarantine export shop/orders
"""
REASONS_SHOWN = 3
TargetArgument = Annotated[
    str, typer.Argument(help="A contract, as shop/orders, or the id of a delivery.")
]
OptionalTarget = Annotated[
    str | None, typer.Argument(help="A contract or the id of a delivery; everything unless given.")
]

quarantine = typer.Typer(name="quarantine", help=HELP, no_args_is_help=True)


@quarantine.command("list")
def list_quarantine(
    target: OptionalTarget = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the deliveries with rows in quarantine, and those refused whole.

    Examples
    --------
        rapport quarantine list

        rapport quarantine list shop/orders --json
    """
    from orchestration.loading.quarantined import quarantined

    with working_file(workspace, "rapport quarantine", wait) as (_, connection):
        held = quarantined(connection, target)
    if as_json:
        print_json([asdict(item) for item in held])
        return
    if not held:
        console.print("Nothing is in quarantine.")
        return
    for item in held:
        head = f"{item.contract}  {item.delivery_id}  {_set_aside(item)}  {item.file_name}"
        for line in (head, *_why(item)):
            console.print(line, markup=False, soft_wrap=True)
    console.print("\nSee the rows: rapport quarantine show CONTRACT_OR_DELIVERY", markup=False)


def _set_aside(item: Quarantined) -> str:
    if not item.is_whole:
        return f"{item.rows_quarantined:,} of {item.rows_delivered:,} rows"
    return "whole, later ones loaded" if item.is_made_good else "whole"


def _why(item: Quarantined) -> list[str]:
    if item.is_whole:
        return [f"    {item.reason}"]
    shown = [f"    {n:,} × {reason}" for reason, n in list(item.reasons.items())[:REASONS_SHOWN]]
    more = len(item.reasons) - len(shown)
    return [*shown, f"    and {more} more reasons"] if more else shown


@quarantine.command("show")
def show(
    target: TargetArgument,
    workspace: WorkspaceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 20,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show quarantined rows with the reason and the text as it was delivered.

    Examples
    --------
        rapport quarantine show shop/orders

        rapport quarantine show d_0123456789abcdef0123 --limit 100 --json
    """
    from orchestration.loading.quarantined import bad_rows, quarantined

    with working_file(workspace, "rapport quarantine", wait) as (place, connection):
        held = quarantined(connection, target)
        rows = list(bad_rows(connection, held, limit))
    refused = [item for item in held if item.is_whole]
    if as_json:
        print_json({"refused": [asdict(i) for i in refused], "rows": [asdict(r) for r in rows]})
        return
    for item in refused:
        folder = place.quarantine / item.delivery_id
        where = f"; its files lie in {folder}" if folder.exists() else ""
        text = f"{item.delivery_id} ({item.file_name}) was refused whole: {item.reason}{where}."
        console.print(text, markup=False, soft_wrap=True)
    names = {item.delivery_id: item.file_name for item in held}
    for row in rows:
        head = f"{names[row.delivery_id]}, row {row.row_number}: {row.reason}"
        console.print(head, markup=False, soft_wrap=True)
        console.print(f"    {row.raw_text or ''}", markup=False, soft_wrap=True)
    total = sum(item.rows_quarantined for item in held if not item.is_whole)
    if not held:
        console.print(f"Nothing of {target} is in quarantine.", markup=False)
    elif total > len(rows):
        console.print(f"{len(rows):,} of {total:,} rows are shown: give --limit for more.")


@quarantine.command("export")
def export(
    target: TargetArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="A .csv or .jsonl file; in the workspace's quarantine folder unless given.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    wait: WaitOption = 0,
    debug: DebugOption = False,
) -> None:
    """Write quarantined rows to a file for whoever mends them; only its owner may read it.

    Examples
    --------
        rapport quarantine export shop/orders

        rapport quarantine export shop/orders --out mended.jsonl
    """
    from orchestration.contracts import load_contracts
    from orchestration.loading.export import export_rows
    from orchestration.loading.quarantined import bad_rows, quarantined

    with working_file(workspace, "rapport quarantine", wait) as (place, connection):
        held = [item for item in quarantined(connection, target) if not item.is_whole]
        rows = list(bad_rows(connection, held))
    if not rows:
        raise ConfigurationError(
            f"No row of {target} is in quarantine; a delivery that was refused whole lies in"
            f" {place.quarantine}."
        )
    contracts = {item.slug: item for item in load_contracts(CODE_ROOT / "data_contracts")}
    contract = contracts.get(held[0].contract)
    if contract is None:
        raise ConfigurationError(f"There is no contract {held[0].contract} any more.")
    path = out or place.quarantine / f"{contract.table}.csv"
    if path.suffix not in (".csv", ".jsonl"):
        raise ConfigurationError("--out must end in .csv or .jsonl.")
    export_rows(contract, rows, path)
    console.print(f"{len(rows):,} rows: {path}", markup=False, soft_wrap=True)
    console.print(
        "Mend the values, keep the columns that begin with _, drop rows that stay as they are."
        " Then: rapport replay --file FILE",
        markup=False,
        soft_wrap=True,
    )
