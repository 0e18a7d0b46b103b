"""What every command has in common: help with examples, errors in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run

COMMANDS = (
    "init", "run", "status", "sql", "dev", "rollback", "quarantine", "replay", "rebuild",
)  # fmt: skip


def test_the_help_lists_every_command_and_the_exit_codes(cli: RunCli) -> None:
    outcome = cli("--help")
    assert all(command in outcome.out for command in COMMANDS)
    assert "Exit codes" in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_examples(cli: RunCli, command: str) -> None:
    outcome = cli(command, "--help")
    assert outcome.exit_code == 0
    assert "Examples" in outcome.out
    assert outcome.out.count(f"rapport {command}") > 1


@pytest.mark.parametrize(
    "command",
    [("run",), ("status",), ("sql", "select 1"), ("rollback",), ("dev",), ("dev", "build")],
)
def test_a_folder_that_is_no_workspace_is_told_in_one_sentence(
    cli: RunCli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    outcome = cli(*command, "-w", tmp_path / "nowhere")
    assert outcome.exit_code == 2
    assert "rapport init" in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", [("run",), ("status",), ("sql", "select 1")])
def test_a_fault_in_the_settings_is_told_in_one_sentence(
    cli: RunCli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "rapport.yml").write_text("company: Acme\ncurency: EUR\n")
    outcome = cli(*command, "-w", tmp_path)
    assert outcome.exit_code == 2
    assert "`curency`" in outcome.err
    assert "Traceback" not in outcome.err


def test_the_traceback_is_for_those_who_ask(
    tmp_path: Path, cli: RunCli, capfd: pytest.CaptureFixture[str]
) -> None:
    from orchestration.errors import ConfigurationError

    with pytest.raises(ConfigurationError):
        cli("run", "-w", tmp_path, "--debug")


def test_a_workspace_without_a_delivery_says_where_to_drop_them(
    cli: RunCli, tmp_path: Path
) -> None:
    cli("init", "-w", tmp_path)
    outcome = cli("run", "-w", tmp_path)
    assert outcome.exit_code == 1
    assert "Nothing has been loaded yet" in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    record = last_run(Workspace(tmp_path))
    assert record.status == "failed"


def test_the_default_workspace_is_that_of_the_environment(
    cli: RunCli, sample_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_WORKSPACE", str(sample_workspace.root))
    outcome = cli("status")
    assert outcome.exit_code == 0
    assert "Sample Outfitters" in outcome.out
