"""The benchmark of the loader keeps working."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.workspace import CODE_ROOT

TINY = ["--megabytes", "0.2", "--files", "3", "--contract", "pos/receipt_lines"]


def measured(folder: Path, *options: str) -> list[list[str]]:
    """The cells of every line that the benchmark prints, without heads."""
    command = [sys.executable, "benchmarks/loader.py", *TINY, "--folder", str(folder), *options]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, text=True, check=True)
    lines = [line.strip("|").split("|") for line in done.stdout.splitlines() if line]
    return [[cell.strip() for cell in line] for line in lines if not line[0].startswith("---")]


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_a_file_is_loaded_whole_and_its_bad_rows_are_set_aside(
    tmp_path: Path, format_: str
) -> None:
    _, clean, bad = measured(tmp_path, "--only", "large", "--format", format_)
    rows, good = (int(line[1].replace(",", "")) for line in (clean, bad))
    assert rows > 1000
    assert 0 < rows - good <= rows // 1000 + 10
    assert all(float(cell) >= 0 for cell in [*clean[2:], *bad[2:]])
    assert list(tmp_path.iterdir()) == []


def test_every_part_prints_its_table(tmp_path: Path) -> None:
    lines = measured(
        tmp_path, "--only", "repeated", "--only", "small", "--format", "csv", "--repeat", "1"
    )
    assert [line[0] for line in lines] == [
        "delivered again",
        "nothing has changed",
        "the file was touched",
        "the same bytes under another name",
        "small files",
        "3 of pos/receipt_lines csv",
    ]
    assert lines[-1][1] == "150"
