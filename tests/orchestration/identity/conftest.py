"""What the tests of the ledger share."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """An empty workspace, for what the ledger keeps in the archive."""
    workspace = Workspace(tmp_path)
    workspace.create()
    return workspace
