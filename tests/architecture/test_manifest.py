"""The dbt project obeys the rules of the house."""

from pathlib import Path

import pytest
import yaml

from tests.architecture import manifest_rules as rules

SENTENCES = {
    "layers read downwards, and nothing reads raw but staging": rules.layers_read_downwards,
    "tables are reached by ref and source": rules.relations_are_referenced,
    "each source table has exactly one staging model, in its folder": rules.sources_are_read_once,
    "folders are sources or concerns": rules.folders_are_sources_or_concerns,
    "every model has a key that is unique and not null": rules.models_have_keys,
    "only tables that Python writes are sources by hand": (
        rules.only_python_tables_are_declared_by_hand
    ),
    "the yml stands beside its sql": rules.yml_stands_beside_its_sql,
    "no model reads a clock": rules.no_model_reads_a_clock,
    "incremental models follow touched dates": rules.incremental_models_follow_touched_dates,
    "defaults of a layer stand in dbt_project.yml alone": rules.layer_defaults_have_one_home,
}


@pytest.mark.parametrize("rule", SENTENCES.values(), ids=SENTENCES.keys())
def test_the_project_keeps_the_rule_that(rule, manifest):
    broken = rule(manifest)
    assert not broken, "\n".join(broken)


def test_there_are_models_to_judge(manifest):
    assert {rules.layer(node) for node in rules.models(manifest)} == set(rules.LAYERS)


def test_every_contract_has_one_source_and_the_reverse(manifest, contracts):
    tables = [contract.table for contract in contracts]
    assert rules.sources_match_contracts(manifest, tables) == []


def test_personal_columns_of_marts_are_marked(manifest, contracts):
    personal = {
        contract.table: {
            name
            for column in contract.columns
            if column.pii
            for name in (column.name, column.normalised_name)
            if name
        }
        for contract in contracts
    }
    assert any(personal.values())
    broken = rules.personal_columns_are_marked(manifest, personal)
    assert not broken, "\n".join(broken)


def test_every_yml_beside_a_model_describes_that_model_alone(project: Path):
    described = {
        path.relative_to(project).as_posix(): [m["name"] for m in document.get("models") or []]
        for path in sorted(project.glob("models/**/*.yml"))
        if (document := yaml.safe_load(path.read_text("utf-8")) or {}) and "models" in document
    }
    assert {path: names for path, names in described.items() if names != [Path(path).stem]} == {}
