"""`rapport simulate`: a company with known truth."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from orchestration.cli.output import DebugOption, console
from orchestration.contracts import load_contracts
from orchestration.disk import disk_errors
from orchestration.errors import ConfigurationError
from orchestration.workspace import CODE_ROOT

if TYPE_CHECKING:
    from simulation.settings import CompanySettings
    from simulation.simulate import Span

DATE = "%Y-%m-%d"
DateOption = typer.Option(formats=[DATE], metavar="YYYY-MM-DD")


COMPANY_OPTIONS = ("customers", "years", "seed", "preset", "dirt", "start", "daily_from")


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder to write landing/ and truth/ into.")],
    customers: Annotated[
        int, typer.Option(min=10, help="Persons known after two years of its life.")
    ] = 1000,
    years: Annotated[float, typer.Option(min=0.1, help="How long it lives.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another company.")] = 1,
    preset: Annotated[str, typer.Option(help="default, or hard: more dirt, weaker signs.")] = (
        "default"
    ),
    dirt: Annotated[
        bool, typer.Option(help="Plant bad rows, repeats, late and wrong ones.")
    ] = True,
    start: Annotated[dt.datetime, DateOption] = dt.datetime(2024, 7, 1),
    from_date: Annotated[
        dt.datetime | None,
        typer.Option("--from", formats=[DATE], help="Continue: the first day to write."),
    ] = None,
    to_date: Annotated[
        dt.datetime | None,
        typer.Option("--to", formats=[DATE], help="The last day; instead of --years."),
    ] = None,
    daily_from: Annotated[
        dt.datetime | None,
        typer.Option(formats=[DATE], help="First day delivered daily; the last 30 unless given."),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Simulate a retailer in all its channels, with the truth written beside the extracts.

    The same options give the same bytes. `--from` continues a company by further daily deliveries
    without touching those before.

    Examples
    --------
        rapport simulate --customers 1000 --years 2 --seed 1 --out company

        rapport simulate --out company --from 2026-07-01 --to 2026-07-31

        rapport simulate --preset hard --out hard
    """
    from simulation.settings import DAYS_OF_YEAR, PRESETS, CompanySettings
    from simulation.simulate import Span

    if from_date is not None:
        _refuse_other_company(context)
        settings, span = _continuation(out, from_date.date(), to_date)
    else:
        if preset not in PRESETS:
            names = ", ".join(PRESETS)
            raise ConfigurationError(f"There is no preset `{preset}`: there are {names}.")
        _refuse_to_write_over(out)
        chosen = PRESETS[preset] if dirt else PRESETS[preset].without_dirt()
        settings = CompanySettings(customers, seed, start.date(), chosen)
        until = settings.day_of(to_date.date()) + 1 if to_date else round(years * DAYS_OF_YEAR)
        daily = settings.day_of(daily_from.date()) if daily_from else None
        span = Span(until, 0, daily)
    try:
        with disk_errors(out.resolve()):
            write_company(settings, out, span)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}.") from error
    console.print(
        f"{out} holds {settings.date_of(0)} to {settings.date_of(span.until - 1)}.", soft_wrap=True
    )


def _refuse_other_company(context: typer.Context) -> None:
    """A continued company is the one that is there: what would make another is refused."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in COMPANY_OPTIONS
        if str(context.get_parameter_source(name)).endswith("COMMANDLINE")
    ]
    if given:
        raise ConfigurationError(
            f"{', '.join(given)} cannot be given with --from: the company goes on as it was begun."
        )


def _continuation(
    out: Path, first_date: dt.date, to_date: dt.datetime | None
) -> tuple[CompanySettings, Span]:
    from simulation.simulate import Span, read_record

    settings, written_until, daily = read_record(out)
    first = settings.day_of(first_date)
    if first != written_until:
        raise ConfigurationError(
            f"The company in {out} is written up to {settings.date_of(written_until - 1)}:"
            f" continue it with --from {settings.date_of(written_until)}."
        )
    if to_date is None:
        raise ConfigurationError("Give with --to the last day to continue to.")
    return settings, Span(settings.day_of(to_date.date()) + 1, first, daily)


def _refuse_to_write_over(out: Path) -> None:
    landing = out / "landing"
    if landing.is_dir() and any(landing.iterdir()):
        raise ConfigurationError(
            f"{landing} holds extracts already: name an empty folder, continue a finished company"
            " with --from, or delete what an interrupted simulation has left."
        )


def write_company(settings: CompanySettings, out: Path, span: Span) -> None:
    """Simulate with a progress display."""
    from simulation import simulate as simulation

    contracts = {item.slug: item for item in load_contracts(CODE_ROOT / "data_contracts")}
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Simulating", total=None)
        simulation.simulate(
            settings,
            contracts,
            out,
            span,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
