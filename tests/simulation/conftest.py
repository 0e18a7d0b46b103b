"""A small simulated company that the tests of the simulator share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_command

SMALL = ("--customers", "120", "--seed", "3", "--daily-from", "2024-12-15")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 persons over the half year to 2024-12-27; daily deliveries for the last days."""
    out = tmp_path_factory.mktemp("simulation") / "company"
    assert run_command("simulate", *SMALL, "--to", "2024-12-27", "--out", out) == 0
    return out
