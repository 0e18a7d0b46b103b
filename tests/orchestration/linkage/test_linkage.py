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


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> Rows:
    return connection.execute(f"from identity.{table} order by all").fetchall()


def result(connection: duckdb.DuckDBPyConnection) -> tuple[Rows, Rows, Rows]:
    return (
        rows(connection, "linkage_pairs"),
        rows(connection, "linkage_clusters"),
        rows(connection, "linkage_review"),
    )


def test_shuffled_rows_train_the_same_model_and_give_the_same_clusters(
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
        connection, "people", replace(SETTINGS, auto=0.9, largest_cluster=9), model=model
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
    names = ["linkage_clusters", "linkage_pairs", "linkage_review"]
    assert tables == [*((f"identity.{name}",) for name in names), ("main.people",)]


def test_the_review_table_shows_both_records_and_why_they_are_apart(
    model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    strict = replace(SETTINGS, auto=0.999, review=0.5, largest_cluster=2)
    link_records(connection, "people", strict, model=model)
    shown = connection.execute(
        "select reason, min(match_probability), max(match_probability),"
        " bool_and(first_name_l is not distinct from l.first_name and city_r is not distinct from"
        " r.city) from identity.linkage_review"
        " inner join people as l on l.record_id = record_id_l"
        " inner join people as r on r.record_id = record_id_r group by reason order by reason"
    ).fetchall()
    assert [row[0] for row in shown] == ["held", "review"]
    (_, held, _, shown_held), (_, low, high, shown_review) = shown
    assert held >= 0.999 > high >= low >= 0.5
    assert shown_held
    assert shown_review
    [(evidence,)] = connection.execute(
        "select evidence from identity.linkage_pairs order by match_weight desc limit 1"
    ).fetchall()
    assert json.loads(evidence)["birth_date"] == "same birth_date"


def test_two_verified_birth_dates_are_never_in_one_cluster(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    link_records(connection, "people", SETTINGS, model=model)
    [(pair,)] = connection.execute(
        "select [record_id_l, record_id_r] from identity.linkage_pairs"
        " order by match_weight desc, record_id_l limit 1"
    ).fetchall()
    verified = pd.Series({pair[0]: "1970-01-01", pair[1]: "1971-01-01"})
    put(connection, made.assign(verified_birth_date=made["record_id"].map(verified)))
    guarded = replace(SETTINGS, conflicts=("verified_birth_date",))
    link_records(connection, "people", guarded, model=model)
    found = connection.execute(
        "select count(distinct cluster_id), count(distinct component_id)"
        " from identity.linkage_clusters where entity_id in (select unnest(?))",
        [pair],
    ).fetchone()
    assert found == (2, 1)
    held = connection.execute(
        "select count(*) from identity.linkage_review where reason = 'held'"
        " and record_id_l = ? and record_id_r = ?",
        pair,
    ).fetchone()
    assert held == (1,)


def test_records_of_one_entity_are_not_compared_and_bring_their_links_together(
    made: pd.DataFrame, model: LinkageModel, connection: duckdb.DuckDBPyConnection
) -> None:
    by_person = made.assign(account=[f"a{person}" for person in made["person"]])
    put(connection, by_person)
    by_account = replace(SETTINGS, entity="account")
    trained = link_records(connection, "people", by_account)
    assert trained.is_trained
    assert connection.execute(
        "select count(*) from identity.linkage_pairs where entity_id_l = entity_id_r"
    ).fetchone() == (0,)
    known = link_records(connection, "people", SETTINGS, model=model)
    assert trained.compared_pair_count < known.compared_pair_count
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
assert connection.execute("from identity.linkage_clusters").fetchall() == []
assert connection.execute("select email_l from identity.linkage_review").fetchall() == []
assert not {"splink", "pandas", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_few_or_no_records_are_no_failure() -> None:
    with warehouse(people(3)) as connection:
        linked = link_records(connection, "people", SETTINGS)
        assert linked.record_count == 3
        connection.execute("delete from people")
        assert link_records(connection, "people", SETTINGS, model=linked.model).record_count == 0
        assert rows(connection, "linkage_clusters") == []


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


def test_a_record_without_an_id_of_its_own_is_refused(made: pd.DataFrame) -> None:
    with (
        warehouse(pd.concat([made, made.iloc[:2]])) as connection,
        pytest.raises(ConfigurationError, match="2 records without a `record_id` of their own"),
    ):
        link_records(connection, "people", SETTINGS)


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


def test_thresholds_have_to_be_in_order() -> None:
    with pytest.raises(ConfigurationError, match="0 < review <= auto < 1"):
        replace(SETTINGS, auto=0.5)


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
