"""`rapport`: every command, and how errors reach a person or a scheduler."""

from __future__ import annotations

import gc
import os
import sys

import typer

from orchestration.cli.as_of import as_of
from orchestration.cli.dev import dev
from orchestration.cli.fetch import fetch
from orchestration.cli.identity import identity
from orchestration.cli.init import init
from orchestration.cli.metrics import metrics
from orchestration.cli.output import errors
from orchestration.cli.quarantine import quarantine
from orchestration.cli.rebuild import rebuild
from orchestration.cli.replay import replay
from orchestration.cli.rollback import rollback
from orchestration.cli.run import run
from orchestration.cli.score import score
from orchestration.cli.simulate import simulate
from orchestration.cli.sql import sql
from orchestration.cli.status import status
from orchestration.errors import RapportError

HELP = """From raw extracts to a published, gated customer 360.

Exit codes: 0 published or unchanged · 1 failed · 2 wrong use or settings · 3 workspace in use ·
4 held for review. Every command takes --workspace (default: RAPPORT_WORKSPACE, else ./workspace)
and --debug, which shows the traceback of an error.
"""

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="rapport",
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(init)
app.command()(fetch)
app.command()(run)
app.command()(status)
app.command()(sql)
app.command(context_settings=PASS_THROUGH)(metrics)
app.command("as-of")(as_of)
app.command(context_settings=PASS_THROUGH)(dev)
app.command()(rollback)
app.add_typer(quarantine)
app.add_typer(identity)
app.command()(replay)
app.command()(rebuild)
app.command()(simulate)
app.command()(score)


# A run makes a million objects that stay: looking through them all took a tenth of its CPU time.
OBJECTS_MADE_BEFORE_COLLECTING = 50_000


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an error is one sentence on stderr and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    gc.set_threshold(OBJECTS_MADE_BEFORE_COLLECTING)
    try:
        app(args=arguments)
    except RapportError as error:
        _raise_in_debug(arguments)
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except Exception as error:
        _raise_in_debug(arguments)
        text = " ".join(str(error).split())[:500]
        errors.print(
            f"Rapport failed unexpectedly ({type(error).__name__}: {text}): run the command again"
            " with --debug for the traceback.",
            style="red",
            markup=False,
            highlight=False,
        )
        sys.exit(1)


def _raise_in_debug(arguments: list[str]) -> None:
    if "--debug" in arguments or os.environ.get("RAPPORT_DEBUG"):
        raise


if __name__ == "__main__":
    main()
