"""What a caller of linkage relies on, over made-up people with errors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pandas as pd
import pytest

from benchmarks.linkage import SETTINGS, people
from orchestration.errors import ConfigurationError
from orchestration.linkage import (
    Attribute,
    BlockingLimits,
    Kind,
    LinkageModel,
    LinkageSettings,
    kind_of,
    link_records,
)

RECORDS = 800
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    """Records of made-up people."""
    return people(RECORDS)


@pytest.fixture(scope="module")
def model(made: pd.DataFrame) -> LinkageModel:
    """A model trained on all of them, through the json that is kept of it."""
    with warehouse(made) as connection:
        linked = link_records(connection, "people", SETTINGS, trained_on="2026-06-30")
    assert linked.model
    assert linked.is_trained
    assert linked.is_full
    return LinkageModel.from_dict(json.loads(json.dumps(linked.model.to_dict())))


def warehouse(records: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2})
    put(connection, records)
    return connection


def put(connection: duckdb.DuckDBPyConnection, records: pd.DataFrame) -> None:
    connection.register("made", records)
    connection.execute("create or replace table people as from made")
    connection.unregister("made")


@pytest.fixture
def connection(made: pd.DataFrame) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(made) as connection:
        yield connection


def result(connection: duckdb.DuckDBPyConnection) -> Rows:
    return connection.execute("from identity.scored_pairs order by all").fetchall()


def test_shuffled_rows_train_the_same_model_and_give_the_same_pairs(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    link_records(connection, "people", SETTINGS, model=model)
    with warehouse(made.sample(frac=1, random_state=3)) as shuffled:
        trained = link_records(shuffled, "people", SETTINGS, trained_on="2026-06-30").model
        assert trained
        assert trained.to_dict() == model.to_dict()
        assert result(shuffled) == result(connection)


def test_new_changed_and_withdrawn_records_give_what_a_full_run_gives(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    first = made.iloc[80:].copy()
    moved = first["record_id"].iloc[:40]
    first.loc[first["record_id"].isin(moved), "city"] = "elsewhere"
    withdrawn = made.iloc[[0]].assign(record_id="r9999999")
    put(connection, pd.concat([first, withdrawn]))
    link_records(connection, "people", SETTINGS, model=model)
    before = result(connection)

    put(connection, made)
    ids = [*made["record_id"].iloc[:80], *moved, "r9999999"]
    connection.register("changed", pd.DataFrame({"record_id": ids}))
    day = link_records(connection, "people", SETTINGS, model=model, changed="changed")
    after = result(connection)
    full = link_records(connection, "people", SETTINGS, model=model)
    assert after == result(connection)
    assert after != before
    assert not day.is_full
    assert not day.is_trained
    assert day.compared_pair_count < full.compared_pair_count / 2


def test_a_stored_model_serves_until_settings_change_or_the_records_double(
    model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    assert not link_records(connection, "people", SETTINGS, model=model).is_trained
    assert not link_records(
        connection, "people", replace(SETTINGS, least_probability=0.9), model=model
    ).is_trained
    connection.execute("delete from people where record_id >= 'r0000200'")
    fewer = replace(SETTINGS, attributes=SETTINGS.attributes[:3])
    assert link_records(connection, "people", fewer, model=model).is_trained
    half = replace(model, card={**model.card, "record_count": 99})
    assert link_records(connection, "people", SETTINGS, model=half).is_trained


def test_a_model_holds_no_value_in_clear(made: pd.DataFrame, model: LinkageModel) -> None:
    text = json.dumps(model.to_dict())
    values = {value for name in ("last_name", "city", "email") for value in made[name].dropna()}
    assert [value for value in values if len(value) > 4 and value in text] == []
    assert model.shares.common["city"]


def test_the_card_says_what_was_learned_from(made: pd.DataFrame, model: LinkageModel) -> None:
    assert model.card["record_count"] == RECORDS
    assert model.card["trained_on"] == "2026-06-30"
    sizes = made.groupby("person").size()
    true_pairs = (sizes * (sizes - 1) / 2).sum()
    assert model.card["expected_match_count"] == pytest.approx(true_pairs, rel=0.25)


def test_splink_leaves_nothing_in_the_warehouse(
    model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    link_records(connection, "people", SETTINGS, model=model)
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where not temporary"
        " order by all"
    ).fetchall()
    assert tables == [("identity.scored_pairs",), ("main.people",)]


def test_a_pair_says_how_far_its_records_agree(
    model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    link_records(connection, "people", replace(SETTINGS, least_probability=0.9), model=model)
    [(least, probability, evidence)] = connection.execute(
        "select min(probability), max(probability), arg_max(evidence, probability)"
        " from identity.scored_pairs"
    ).fetchall()
    assert 0.9 <= least < 0.95 < probability
    assert json.loads(evidence)["birth_date"] == "same birth_date"


def test_of_two_records_in_several_versions_the_best_pair_counts(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    link_records(connection, "people", SETTINGS, model=model)
    before = result(connection)
    elsewhere = made.iloc[:50].assign(last_name="elsewhere", email=None, street=None)
    put(connection, pd.concat([made, elsewhere, made]))
    link_records(connection, "people", SETTINGS, model=model)
    after = {(a, b): probability for a, b, probability, _ in result(connection)}
    assert all(after[a, b] >= probability for a, b, probability, _ in before)
    assert not any(a == b for a, b in after)


def test_records_of_one_entity_are_not_compared_and_bring_their_links_together(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    by_person = made.assign(account=[f"a{person}" for person in made["person"]])
    put(connection, by_person)
    by_account = replace(SETTINGS, entity="account")
    trained = link_records(connection, "people", by_account)
    assert trained.is_trained
    assert connection.execute(
        "select count(*) from identity.scored_pairs"
        " inner join people as a on a.record_id = record_a"
        " inner join people as b on b.record_id = record_b where a.account = b.account"
    ).fetchone() == (0,)
    assert trained.model
    assert trained.model.prior < model.prior / 5  # what keys found is not left to be found


def test_keys_alone_give_no_work_and_import_nothing_for_it() -> None:
    program = """
import sys, duckdb
from orchestration.linkage import Attribute, Kind, LinkageSettings, link_records
connection = duckdb.connect()
connection.execute("create table people as select 1 as record_id, 'a@b.c' as email, '7' as card")
keys = (Attribute("email", Kind.EMAIL), Attribute("card", Kind.IDENTIFIER))
linked = link_records(connection, "people", LinkageSettings(keys))
assert linked.model is None and linked.compared_pair_count == 0
assert connection.execute("from identity.scored_pairs").fetchall() == []
assert not {"splink", "pandas", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_few_or_no_records_are_no_failure() -> None:
    with warehouse(people(3)) as connection:
        linked = link_records(connection, "people", SETTINGS)
        assert linked.record_count == 3
        connection.execute("delete from people")
        assert link_records(connection, "people", SETTINGS, model=linked.model).record_count == 0
        assert result(connection) == []


def test_pairs_stay_within_their_budget_though_a_value_is_or_becomes_common(
    made: pd.DataFrame,
) -> None:
    crowd = made.assign(email=made["email"].fillna("nobody@example.com", limit=40), city="same")
    tight = replace(SETTINGS, limits=BlockingLimits(least_pairs=500, largest_block=20))
    with warehouse(crowd) as connection:
        first = link_records(connection, "people", tight)
        assert first.model
        assert first.compared_pair_count < RECORDS * tight.limits.pairs_per_record
        keys = [rule.keys for rule in first.model.rules]
        assert ("postcode",) in keys
        assert not any("city" in rule for rule in keys)
        assert ("email",) in [rule.keys for rule in first.model.rules if rule.crowded]

        put(connection, made.assign(postcode="1010"))
        second = link_records(connection, "people", tight, model=first.model)
        assert second.is_trained
        assert second.compared_pair_count < RECORDS * tight.limits.pairs_per_record


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ((Attribute("Name", Kind.TEXT),), "lower case"),
        ((Attribute("a", Kind.EMAIL), Attribute("b", Kind.EMAIL)), "one email a record"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    attributes: tuple[Attribute, ...], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        LinkageSettings(attributes)


def test_the_least_probability_is_one() -> None:
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        replace(SETTINGS, least_probability=1.0)


def test_contract_types_say_how_a_column_is_compared() -> None:
    named = [kind_of("first_name", "name"), kind_of("recipient", "name")]
    assert named == [Kind.FIRST_NAME, Kind.FULL_NAME]
    assert kind_of("home", "address") is Kind.STREET
    assert kind_of("comment", "free_text") is None
    assert kind_of("status", None) is None


def test_a_full_name_is_compared_by_its_first_and_last_word() -> None:
    records = people(300)
    records["name"] = records["first_name"].fillna("") + " van " + records["last_name"].fillna("")
    named = LinkageSettings(
        (Attribute("name", Kind.FULL_NAME), Attribute("birth_date", Kind.BIRTH_DATE))
    )
    with warehouse(records) as connection:
        linked = link_records(connection, "people", named)
        assert linked.model
        assert set(linked.model.weights) == {"first_name", "last_name", "birth_date"}


def test_the_days_on_which_records_were_made_count_unless_all_were_made_on_one() -> None:
    records = people(300)
    dated = replace(
        SETTINGS,
        attributes=(*SETTINGS.attributes, Attribute("created_on", Kind.CREATED_ON)),
    )
    days = pd.Timestamp("2024-07-01") + pd.to_timedelta(records["person"] * 7 % 720, "D")
    undated = _chances(records, SETTINGS)
    assert _chances(records.assign(created_on="2024-07-01"), dated) == pytest.approx(
        undated, abs=0.01
    )
    by_person = _chances(records.assign(created_on=days.dt.strftime("%Y-%m-%d")), dated)
    assert set(undated) < set(by_person)
    assert all(by_person[pair] > chance - 1e-6 for pair, chance in undated.items())


def _chances(
    records: pd.DataFrame, settings: LinkageSettings
) -> dict[tuple[object, object], float]:
    """The true pairs that are found, and their probabilities."""
    with warehouse(records) as connection:
        link_records(connection, "people", settings)
        persons = dict(zip(records["record_id"], records["person"], strict=True))
        return {
            (a, b): float(str(probability))
            for a, b, probability, _ in result(connection)
            if persons[str(a)] == persons[str(b)]
        }
