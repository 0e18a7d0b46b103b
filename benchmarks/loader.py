"""What loading costs beside DuckDB's bare `create table as select`, in CPU seconds."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.extracts import SUFFIXES, Extract, write_extract, write_small_files
from benchmarks.measured import (
    Cost,
    hash_file,
    in_process,
    load_bare,
    load_by_rapport,
    new_workspace,
)
from orchestration.contracts import Contract, load_contracts
from orchestration.workspace import CODE_ROOT

CONTRACTS = ("web/events", "pos/receipt_lines", "shop/orders")
EXAMPLES = """\
examples:
  python benchmarks/loader.py
  python benchmarks/loader.py --megabytes 50 --files 100
  python benchmarks/loader.py --contract web/events --format csv --only large
"""
HEAD = """\
| extract | rows | bare CPU s | Rapport CPU s | ratio | wall s | peak MB |
|---|---|---|---|---|---|---|"""
REPEATED_HEAD = """
| delivered again | sha256 alone CPU s | Rapport CPU s |
|---|---|---|"""
SMALL_HEAD = """
| small files | rows | CPU s | CPU ms a file |
|---|---|---|---|"""
PARTS = ("large", "repeated", "small")


def main() -> None:
    """Measure what the options ask for, and print it as tables."""
    options = _parser().parse_args()
    contracts = {item.slug: item for item in load_contracts(CODE_ROOT / "data_contracts")}
    chosen = [contracts[slug] for slug in options.contract or CONTRACTS]
    formats = options.format or list(SUFFIXES)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        for part in options.only or PARTS:
            for line in _PARTS[part](options, folder, chosen, formats):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=500, help="size of a file (%(default)s)")
    parser.add_argument("--files", type=int, default=1000, help="small files (%(default)s)")
    parser.add_argument("--contract", action="append", help=f"default {', '.join(CONTRACTS)}")
    parser.add_argument("--format", action="append", choices=SUFFIXES, help="default all")
    parser.add_argument("--only", action="append", choices=PARTS, help="default all parts")
    parser.add_argument("--repeat", type=int, default=1, help="measurements (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where files are written, then removed")
    return parser


def _large(
    options: argparse.Namespace, folder: Path, contracts: list[Contract], formats: list[str]
) -> Iterator[str]:
    yield HEAD
    for contract in contracts:
        for format_ in formats:
            for has_bad_rows in (False, True):
                extract = Extract(contract, format_, options.megabytes, has_bad_rows)
                yield _compared(extract, folder, options.repeat)


def _compared(extract: Extract, folder: Path, repeat: int) -> str:
    """One line of the table: an extract loaded bare, and by Rapport, in turn."""
    path = write_extract(extract, folder)
    costs = [_both(extract, path, folder / "workspace") for _ in range(repeat)]
    path.unlink()
    contract = extract.contract
    if not all(cost.rows for both in costs for cost in both):
        raise SystemExit(f"Nothing of {extract.contract.slug} was loaded: nothing is measured.")
    bare, ours = (min(of_kind, key=_cpu) for of_kind in zip(*costs, strict=True))
    kind = ", 0.1 % bad rows" if extract.has_bad_rows else ""
    ratio = ours.cpu_seconds / bare.cpu_seconds
    return (
        f"| {contract.slug} {extract.format}{kind} | {ours.rows:,} | {bare.cpu_seconds:.2f}"
        f" | {ours.cpu_seconds:.2f} | {ratio:.2f} | {ours.wall_seconds:.1f}"
        f" | {ours.peak_megabytes:.0f} |"
    )


def _both(extract: Extract, path: Path, root: Path) -> tuple[Cost, Cost]:
    contract, format_ = extract.contract, extract.format
    new_workspace(root, contract, path)
    bare = in_process(load_bare, contract, format_, extract.has_bad_rows, path, root)
    ours = in_process(load_by_rapport, contract, format_, root)
    shutil.rmtree(root)
    return bare, ours


def _cpu(cost: Cost) -> float:
    return cost.cpu_seconds


def _repeated(
    options: argparse.Namespace, folder: Path, contracts: list[Contract], formats: list[str]
) -> Iterator[str]:
    """A delivery that comes again: under another name, touched, and untouched."""
    yield REPEATED_HEAD
    contract, format_ = contracts[0], formats[0]
    path = write_extract(Extract(contract, format_, options.megabytes), folder)
    workspace = new_workspace(folder / "workspace", contract, path)
    in_process(load_by_rapport, contract, format_, workspace.root)
    bare = in_process(hash_file, path)
    landed = workspace.landing / contract.slug / path.name

    def again(what: str) -> str:
        cost = in_process(load_by_rapport, contract, format_, workspace.root)
        return f"| {what} | {bare.cpu_seconds:.2f} | {cost.cpu_seconds:.2f} |"

    yield again("nothing has changed")
    os.utime(landed)
    yield again("the file was touched")
    os.link(landed, landed.with_name(f"again_{path.name}"))
    yield again("the same bytes under another name")
    shutil.rmtree(workspace.root)
    path.unlink()


def _small(
    options: argparse.Namespace, folder: Path, contracts: list[Contract], formats: list[str]
) -> Iterator[str]:
    yield SMALL_HEAD
    for contract in contracts:
        for format_ in formats:
            files = folder / "small"
            files.mkdir()
            write_small_files(contract, format_, options.files, files)
            workspace = new_workspace(folder / "workspace", contract, files)
            cost: Cost = in_process(load_by_rapport, contract, format_, workspace.root)
            shutil.rmtree(workspace.root)
            shutil.rmtree(files)
            each = 1000 * cost.cpu_seconds / options.files
            what = f"{options.files:,} of {contract.slug} {format_}"
            yield f"| {what} | {cost.rows:,} | {cost.cpu_seconds:.2f} | {each:.2f} |"


_PARTS = {"large": _large, "repeated": _repeated, "small": _small}

if __name__ == "__main__":
    main()
