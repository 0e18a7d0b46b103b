"""`rapport init`: a workspace, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli


def test_an_empty_workspace_has_settings_that_hold(cli: RunCli, tmp_path: Path) -> None:
    root = tmp_path / "with blanks"
    assert cli("init", "-w", root).exit_code == 0
    assert (root / "landing").is_dir()
    status = cli("status", "-w", root, "--json")
    assert json.loads(status.out)["company"] == "My company"


def test_a_workspace_is_never_overwritten(cli: RunCli, tmp_path: Path) -> None:
    cli("init", "-w", tmp_path)
    settings = tmp_path / "rapport.yml"
    settings.write_text("company: Mine\ncurrency: EUR\n")
    again = cli("init", "-w", tmp_path, "--example", "sample")
    assert again.exit_code == 2
    assert "There is a workspace in" in again.err
    assert cli("init", "-w", tmp_path, "--if-missing").exit_code == 0
    assert settings.read_text() == "company: Mine\ncurrency: EUR\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--example", "nosuch"), "There is no example `nosuch`: there are cdnow"),
        (("--example", "../.."), "There is no example"),
        (("--example", "cdnow"), "give --data DIR"),
        (("--example", "cdnow", "--data", "/nowhere"), "matches cdnow/CDNOW_master.txt"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_made(
    cli: RunCli, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    outcome = cli("init", "-w", tmp_path / "new", *arguments)
    assert outcome.exit_code == 2
    assert words in " ".join(outcome.err.split())
    assert not (tmp_path / "new").exists()


def test_an_example_takes_its_files_from_the_data_folder(cli: RunCli, tmp_path: Path) -> None:
    data = tmp_path / "data" / "cdnow"
    data.mkdir(parents=True)
    (data / "CDNOW_master.txt").write_text("id date cds dollars\n 1 19970101 1 11.77\n")
    for folder in (data, data.parent):
        root = tmp_path / f"from_{folder.name}"
        assert cli("init", "-w", root, "--example", "cdnow", "--data", folder).exit_code == 0
        assert (root / "landing/cdnow/CDNOW_master.txt").exists()


def test_the_schema_of_the_settings_is_printed(cli: RunCli) -> None:
    schema = json.loads(cli("init", "--show-schema").out)
    assert {"company", "currency", "feeds"} <= set(schema["properties"])
