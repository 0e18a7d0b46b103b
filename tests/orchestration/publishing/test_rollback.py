"""Back to an earlier version."""

from __future__ import annotations

import json
import shutil

import pytest

from orchestration.publishing.versions import activate, version_ids
from orchestration.workspace import Workspace
from tests.conftest import RunCli
from tests.orchestration.conftest import published_version

OLDER = ["20200101T000000Z_aaaa", "20200102T000000Z_bbbb"]


@pytest.fixture
def versions(workspace: Workspace) -> list[str]:
    """Three versions, oldest first, the newest published."""
    newest = published_version(workspace)
    for name in OLDER:
        shutil.copytree(workspace.published / newest, workspace.published / name)
    return [*OLDER, newest]


def test_rollback_goes_to_the_version_before_then_to_the_one_before_that(
    cli: RunCli, workspace: Workspace, versions: list[str]
) -> None:
    oldest, middle, newest = versions
    first = json.loads(cli("rollback", "-w", workspace.root, "--json").out)
    assert first == {"from": newest, "to": middle}
    assert published_version(workspace) == middle
    assert cli("rollback", "-w", workspace.root).exit_code == 0
    assert published_version(workspace) == oldest
    assert cli("sql", "-w", workspace.root, "select 1").exit_code == 0


def test_rollback_takes_a_version_by_name_and_forward_again(
    cli: RunCli, workspace: Workspace, versions: list[str]
) -> None:
    cli("rollback", versions[0], "-w", workspace.root)
    assert published_version(workspace) == versions[0]
    cli("rollback", versions[2], "-w", workspace.root)
    assert published_version(workspace) == versions[2]


def test_an_unknown_version_is_told_with_those_that_are_kept(
    cli: RunCli, workspace: Workspace, versions: list[str]
) -> None:
    outcome = cli("rollback", "../../etc", "-w", workspace.root)
    assert outcome.exit_code == 2
    assert "no published version ../../etc" in " ".join(outcome.err.split())
    assert all(name in outcome.err for name in versions)
    assert published_version(workspace) == versions[2]


def test_the_oldest_version_has_none_before_it(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("rollback", "-w", workspace.root)
    assert outcome.exit_code == 2
    assert "oldest version kept" in " ".join(outcome.err.split())


def test_only_the_last_three_are_kept_and_never_is_the_current_one_dropped(
    workspace: Workspace, versions: list[str]
) -> None:
    folder = workspace.published
    shutil.copytree(folder / versions[2], folder / "20990101T000000Z_cccc")
    activate(folder, "20990101T000000Z_cccc", keep=3)
    assert version_ids(folder) == [versions[1], versions[2], "20990101T000000Z_cccc"]
    shutil.copytree(folder / versions[2], folder / "20990102T000000Z_dddd")
    activate(folder, versions[1], keep=3)
    assert versions[1] in version_ids(folder)
    assert published_version(workspace) == versions[1]
