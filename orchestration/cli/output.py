"""What commands share: their options, and where they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Folder of the company's state.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
WaitOption = Annotated[
    float, typer.Option("--wait", help="Seconds to wait while another process is writing.", min=0)
]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(content: Any) -> None:
    """Print one JSON document on stdout."""
    typer.echo(json.dumps(content, indent=1, default=str, ensure_ascii=False))
