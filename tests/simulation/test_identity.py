"""The ledger finds a simulated company's persons, by months as in one load."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.identity.archive import export_ledger, replay_ledger
from orchestration.workspace import Workspace
from simulation.settings import PresetName
from tests.simulation.conftest import Recorder
from tests.simulation.identified import DAYS, SLUGS, Identified, records_of

MONTH = 31
PAIRS = "select record_a, record_b, round(probability, 9) from identity.scored_pairs order by all"
LIKELY = "from identity.linked_pairs"
LINKED = "select record_a, record_b, round(probability, 9) from identity.linked_pairs order by all"
CARDS = "loyalty/members"
MODEL = "from identity.linkage"
NUMBERS = "select identity_key, customer_id from identity.customer_keys order by all"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return records_of(400, seed=5)


@pytest.fixture(scope="module")
def monthly(recorder: Recorder) -> Identified:
    return loaded_in_steps(recorder, None, MONTH)


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
    monthly: Identified, tmp_path: Path
) -> None:
    assert rows_of(rebuilt(monthly, tmp_path), NUMBERS) == rows_of(monthly, NUMBERS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def linked(recorder: Recorder, models: Path) -> Identified:
    """By half years, and linkage with a model trained on the way."""
    return loaded_in_steps(recorder, models, DAYS // 4)


@pytest.fixture(scope="module")
def once(linked: Identified, recorder: Recorder, models: Path) -> Identified:
    """All at once, with the model that the half years have left."""
    stored = models_in(models)
    identified = Identified(recorder, models=models)
    identified.load(0, DAYS)
    assert models_in(models) == stored
    return identified


def loaded_in_steps(recorder: Recorder, models: Path | None, days: int) -> Identified:
    identified = Identified(recorder, models=models)
    for first in range(0, DAYS, days):
        identified.load(first, min(first + days, DAYS))
    return identified


def models_in(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "linkage").iterdir())


def rebuilt(identified: Identified, folder: Path) -> Identified:
    """The same, from its archived ledger and one load of everything."""
    workspace = Workspace(folder)
    workspace.create()
    export_ledger(identified.connection, workspace)
    again = Identified(identified.recorder, models=identified.models)
    replay_ledger(again.connection, workspace)
    again.load(0, DAYS)
    return again


State = tuple[list[tuple[object, ...]], ...]


def state_of(identified: Identified) -> State:
    """Whose each key is, and what is likely."""
    return tuple(rows_of(identified, query) for query in (NUMBERS, PAIRS, LINKED))


def rows_of(identified: Identified, query: str) -> list[tuple[object, ...]]:
    return identified.connection.execute(query).fetchall()


def test_linkage_finds_records_without_a_common_key_and_mixes_nobody(
    linked: Identified, whole: Identified
) -> None:
    assert linked.judge().recall > whole.judge().recall + 0.03
    assert linked.judge().mixed <= 1


def test_half_years_one_by_one_give_the_clusters_and_pairs_of_one_load_with_the_same_model(
    linked: Identified, once: Identified
) -> None:
    assert rows_of(once, PAIRS) == rows_of(linked, PAIRS)
    assert once.clusters() == linked.clusters()


def test_rows_in_another_order_give_linked_customers_the_same_numbers(
    once: Identified, recorder: Recorder, models: Path
) -> None:
    shuffled = Identified(recorder, models=models)
    shuffled.shuffle()
    shuffled.load(0, DAYS)
    assert rows_of(shuffled, NUMBERS) == rows_of(once, NUMBERS)


def test_a_rebuild_with_the_stored_model_gives_linked_customers_the_same_numbers(
    linked: Identified, tmp_path: Path
) -> None:
    assert rows_of(rebuilt(linked, tmp_path), NUMBERS) == rows_of(linked, NUMBERS)


@pytest.fixture(scope="module")
def in_halves(linked: Identified, recorder: Recorder, models: Path) -> tuple[Identified, State]:
    """Two loads with the model that `linked` has left, and the state after the first of them."""
    stored = models_in(models)
    company = Identified(recorder, models=models)
    company.load(0, DAYS // 2)
    earlier = state_of(company)
    company.load(DAYS // 2, DAYS)
    assert models_in(models) == stored
    return company, earlier


def test_a_withdrawn_delivery_takes_its_likely_links_along_and_a_replay_gives_them_back(
    in_halves: tuple[Identified, State],
) -> None:
    """Numbers too: who was merged and is set free again has the number of before."""
    company, earlier = in_halves
    later = state_of(company)
    assert len(later[-1]) > len(earlier[-1]) + 10
    company.withdraw(2, *SLUGS)
    assert state_of(company) == earlier
    company.replay(2, *SLUGS)
    assert state_of(company) == later


def test_a_source_set_aside_leaves_the_customers_of_a_company_that_never_had_it(
    in_halves: tuple[Identified, State], recorder: Recorder, models: Path
) -> None:
    """The cards of the second year break their contract, and are mended later."""
    company, _ = in_halves
    complete = state_of(company)
    company.withdraw(2, CARDS)
    without = Identified(recorder, models=models)
    without.load(0, DAYS // 2)
    without.load(DAYS // 2, DAYS, [slug for slug in SLUGS if slug != CARDS])
    assert company.clusters() == without.clusters()
    assert rows_of(company, PAIRS) == rows_of(without, PAIRS)
    company.replay(2, CARDS)
    assert state_of(company) == complete


@pytest.mark.nightly
def test_months_with_linkage_give_the_customers_of_one_load_and_a_rebuild_their_numbers(
    tmp_path: Path,
) -> None:
    recorder, models = records_of(1_000, seed=7), tmp_path / "models"
    monthly = loaded_in_steps(recorder, models, MONTH)
    assert monthly.loads == 24
    assert len(rows_of(monthly, LIKELY)) > 20
    stored = models_in(models)
    whole = loaded_in_steps(recorder, models, DAYS)
    assert rows_of(whole, PAIRS) == rows_of(monthly, PAIRS)
    assert whole.clusters() == monthly.clusters()
    assert rows_of(rebuilt(monthly, tmp_path), NUMBERS) == rows_of(monthly, NUMBERS)
    assert models_in(models) == stored


@pytest.mark.nightly
def test_rows_in_another_order_train_the_same_model(tmp_path: Path) -> None:
    recorder = records_of(1_000, seed=7)
    one, other = (Identified(recorder, models=tmp_path / name) for name in ("one", "other"))
    other.shuffle()
    for identified in (one, other):
        identified.load(0, DAYS)
    assert rows_of(other, MODEL) == rows_of(one, MODEL)
    assert rows_of(other, NUMBERS) == rows_of(one, NUMBERS)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("preset", "seed"),
    [(preset, seed) for preset in ("default", "hard") for seed in range(1, 6)],
)
def test_customers_that_mix_persons_are_rare_and_few_records_of_one_stay_apart(
    preset: PresetName, seed: int, tmp_path: Path
) -> None:
    identified = Identified(records_of(10_000, seed, preset), models=tmp_path)
    identified.load(0, DAYS)
    found = identified.judge()
    assert found.mixed <= 0.002 * found.customers
    assert found.precision >= 0.995
    assert found.f1 >= (0.985 if preset == "default" else 0.98)
