"""A small simulated company that the tests of the simulator share."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.contracts import load_contracts
from orchestration.workspace import CODE_ROOT
from simulation.block import Columns, Days
from simulation.writing.tables import to_table
from tests.conftest import run_command

CONTRACTS = {item.slug: item for item in load_contracts(CODE_ROOT / "data_contracts")}

SMALL = ("--customers", "120", "--seed", "3", "--daily-from", "2024-12-15")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 persons over the half year to 2024-12-27; daily deliveries for the last days."""
    out = tmp_path_factory.mktemp("simulation") / "company"
    assert run_command("simulate", *SMALL, "--to", "2024-12-27", "--out", out) == 0
    return out


class Recorder:
    """Keeps what is emitted, in the types of its contract; an unknown column is an error."""

    def __init__(self, sources: Collection[str] | None = None) -> None:
        """`sources`: those whose extracts are kept; all unless given."""
        self.sources = sources
        self.parts: dict[str, list[pd.DataFrame]] = {}
        self.truth: dict[str, list[pd.DataFrame]] = {}

    def add(self, slug: str, columns: Columns, day: Days) -> None:
        if self.sources is None or slug.split("/")[0] in self.sources:
            table = to_table(CONTRACTS[slug], columns, len(day))
            self.parts.setdefault(slug, []).append(table.to_pandas().assign(day=day))

    def add_truth(self, name: str, columns: Columns, day: Days) -> None:
        self.truth.setdefault(name, []).append(pd.DataFrame(columns).assign(day=np.asarray(day)))
