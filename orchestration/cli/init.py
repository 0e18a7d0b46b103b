"""`rapport init`: a workspace, empty or with an example."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import DebugOption, WorkspaceOption, console, print_json
from orchestration.config import Feed, load_settings, settings_schema
from orchestration.disk import disk_errors
from orchestration.errors import ConfigurationError
from orchestration.workspace import CODE_ROOT, Workspace

EXAMPLES = CODE_ROOT / "examples"
TEMPLATE = """\
# The settings of one company; `rapport init --show-schema` prints every key.
company: My company
currency: EUR              # reporting currency
time_zone: UTC             # reporting time zone, for example Europe/Budapest
as_of: latest              # latest | today | YYYY-MM-DD

# Extracts that look like data_contracts/ need nothing here: drop them into
# landing/<source>/<extract>/. Others are mapped by feeds, for example:
# feeds:
#   - contract: shop/orders
#     rows: preserve       # one row for each record of the first file; `derive` for anything else
#     files:
#       webshop:
#         path: webshop/orders_*.csv
#         delimiter: ";"
#     sql: |
#       select
#           order_no as order_id,
#           client_no as customer_id,
#           created as ordered_at,
#           'completed' as status,
#           total as gross_amount
#       from webshop
feeds: []
"""


def init(
    workspace: WorkspaceOption = None,
    example: Annotated[
        str | None, typer.Option(help="Start from a folder of examples/, for example sample.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the files that the example reads.")
    ] = None,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing where a workspace exists.")
    ] = False,
    show_schema: Annotated[
        bool, typer.Option("--show-schema", help="Print the JSON schema of rapport.yml and stop.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Create a workspace: its folders, `rapport.yml`, and an example's extracts if wanted.

    Examples
    --------
        rapport init --workspace acme

        rapport init --example sample

        rapport init --workspace olist --example olist --data ~/data/olist
    """
    if show_schema:
        print_json(settings_schema())
        return
    place = Workspace.locate(workspace)
    if place.settings_file.exists():
        if if_missing:
            return
        raise ConfigurationError(
            f"There is a workspace in {place.root}: name another with --workspace, or give"
            " --if-missing to keep it."
        )
    with disk_errors(place.root):
        if example is None:
            place.create()
            place.settings_file.write_text(TEMPLATE, "utf-8")
        else:
            _from_example(place, example, data)
    console.print(f"Workspace {place.root} is ready: run [bold]rapport run[/bold].")


def _from_example(place: Workspace, example: str, data: Path | None) -> None:
    folder = EXAMPLES / example
    settings_file = folder / "rapport.yml"
    if not settings_file.exists():
        names = ", ".join(
            sorted(
                path.parent.relative_to(EXAMPLES).as_posix()
                for path in EXAMPLES.rglob("rapport.yml")
            )
        )
        raise ConfigurationError(f"There is no example `{example}`: there are {names}.")
    copies = _files_to_copy(example, load_settings(settings_file).feeds, data)
    place.create()
    if (folder / "generate.py").exists():
        importlib.import_module(f"examples.{example}.generate").generate(place.root)
    for source, name in copies:
        target = place.landing / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        target.chmod(0o644)
    for path in sorted((folder / "config").glob("*")):
        shutil.copyfile(path, place.config / path.name)
    shutil.copyfile(settings_file, place.settings_file)


def _files_to_copy(example: str, feeds: list[Feed], data: Path | None) -> list[tuple[Path, Path]]:
    """(file of the data folder, its place below landing/) for each glob of the feeds."""
    patterns = sorted({file.path for feed in feeds for file in feed.files.values()})
    if patterns and data is None:
        raise ConfigurationError(
            f"The example `{example}` reads files that you bring: give --data DIR (see"
            f" examples/{example}/README.md)."
        )
    copies: dict[Path, Path] = {}
    for pattern in patterns:
        found = _matches(Path(str(data)).expanduser(), pattern, example)
        if not found:
            raise ConfigurationError(
                f"No file in {data} matches {pattern}: see examples/{example}/README.md for the"
                " files that this example needs."
            )
        copies.update(found)
    return sorted(copies.items())


def _matches(data: Path, pattern: str, example: str) -> dict[Path, Path]:
    """Files of a glob in a folder, or in the folder that the glob begins with."""
    inside = {path: path.relative_to(data) for path in data.glob(pattern) if path.is_file()}
    if inside or "/" not in pattern:
        return inside
    rest = pattern.split("/", 1)[1]
    return {path: Path(example) / path.name for path in data.glob(rest) if path.is_file()}
