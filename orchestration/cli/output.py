"""What commands share: their options, and where they print."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Folder of the company's state.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
WaitOption = Annotated[
    float, typer.Option("--wait", help="Seconds to wait while another process is writing.", min=0)
]

KEPT_CONTROLS = "\n\t"


class PlainConsole(Console):
    """A console that no file name and no value of a row can steer.

    Control characters, of which escape sequences are made, and marks that turn the direction of
    text around are shown as a question mark.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Every text that is printed, also within tables, comes through here."""
        return super().render_str(harmless(text), **options)


def harmless(text: str) -> str:
    """A text without control characters and marks of direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "?"
        if unicodedata.category(letter) in ("Cc", "Cf") and letter not in KEPT_CONTROLS
        else letter
        for letter in text
    )


console = PlainConsole(highlight=False)
errors = PlainConsole(stderr=True, highlight=False)


def print_json(content: Any) -> None:
    """Print one JSON document on stdout; a number that JSON has not (NaN, infinity) is null."""
    typer.echo(json.dumps(_finite(content), indent=1, default=str, ensure_ascii=False))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
