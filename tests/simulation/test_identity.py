"""The ledger finds a simulated company's persons, by months as in one load."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.identity.archive import export_ledger, replay_ledger
from orchestration.workspace import Workspace
from simulation.settings import PresetName
from tests.simulation.conftest import Recorder
from tests.simulation.identified import DAYS, Identified, records_of

MONTH = 31
PAIRS = "select record_a, record_b, round(probability, 9) from identity.scored_pairs order by all"
NUMBERS = "select identity_key, customer_id from identity.customer_keys order by all"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return records_of(400, seed=5)


@pytest.fixture(scope="module")
def monthly(recorder: Recorder) -> Identified:
    identified = Identified(recorder)
    for first in range(0, DAYS, MONTH):
        identified.load(first, min(first + MONTH, DAYS))
    return identified


@pytest.fixture(scope="module")
def whole(recorder: Recorder) -> Identified:
    identified = Identified(recorder)
    identified.load(0, DAYS)
    return identified


def test_keys_alone_mix_no_persons_and_find_most_of_their_records(whole: Identified) -> None:
    found = whole.judge()
    assert found.mixed == 0
    assert found.precision == 1
    assert found.recall > 0.8


def test_twenty_four_months_one_by_one_give_the_clusters_of_one_load(
    monthly: Identified, whole: Identified
) -> None:
    assert monthly.loads == 24
    assert monthly.clusters() == whole.clusters()


def test_a_rebuild_from_the_archived_ledger_gives_every_customer_the_same_number(
    monthly: Identified, recorder: Recorder, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    workspace.create()
    export_ledger(monthly.connection, workspace)
    rebuilt = Identified(recorder)
    replay_ledger(rebuilt.connection, workspace)
    rebuilt.load(0, DAYS)
    numbers = monthly.connection.execute(NUMBERS).fetchall()
    assert rebuilt.connection.execute(NUMBERS).fetchall() == numbers


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def linked(recorder: Recorder, models: Path) -> Identified:
    """By half years, and linkage with a model trained on the way."""
    identified = Identified(recorder, models=models)
    for first in range(0, DAYS, DAYS // 4):
        identified.load(first, first + DAYS // 4)
    return identified


def test_linkage_finds_records_without_a_common_key_and_mixes_nobody(
    linked: Identified, whole: Identified
) -> None:
    assert linked.judge().recall > whole.judge().recall + 0.03
    assert linked.judge().mixed <= 1


def test_half_years_one_by_one_give_the_clusters_and_pairs_of_one_load_with_the_same_model(
    linked: Identified, recorder: Recorder, models: Path
) -> None:
    stored = sorted(path.name for path in (models / "linkage").iterdir())
    once = Identified(recorder, models=models)
    once.load(0, DAYS)
    assert sorted(path.name for path in (models / "linkage").iterdir()) == stored
    assert once.connection.execute(PAIRS).fetchall() == linked.connection.execute(PAIRS).fetchall()
    assert once.clusters() == linked.clusters()


def test_a_rebuild_with_the_stored_model_gives_linked_customers_the_same_numbers(
    linked: Identified, recorder: Recorder, models: Path, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    workspace.create()
    export_ledger(linked.connection, workspace)
    rebuilt = Identified(recorder, models=models)
    replay_ledger(rebuilt.connection, workspace)
    rebuilt.load(0, DAYS)
    numbers = linked.connection.execute(NUMBERS).fetchall()
    assert rebuilt.connection.execute(NUMBERS).fetchall() == numbers


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("preset", "seed"), [*(("default", seed) for seed in range(1, 6)), ("hard", 1)]
)
def test_customers_that_mix_persons_are_rare_and_few_records_of_one_stay_apart(
    preset: PresetName, seed: int, tmp_path: Path
) -> None:
    identified = Identified(records_of(10_000, seed, preset), models=tmp_path)
    identified.load(0, DAYS)
    found = identified.judge()
    assert found.mixed <= 0.002 * found.customers
    assert found.precision >= 0.995
    assert found.f1 >= (0.965 if preset == "default" else 0.93)
