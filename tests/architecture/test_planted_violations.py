"""Every rule over the manifest fails where it is broken, and only there."""

from copy import deepcopy

import pytest

from tests.architecture import manifest_rules as rules

PERSONAL = {"crm_customers": {"email"}}


def model(path, reads=(), columns=None, **more):
    name = path.rpartition("/")[2].removesuffix(".sql")
    node = {
        "unique_id": f"model.rapport.{name}",
        "resource_type": "model",
        "name": name,
        "original_file_path": f"models/{path}",
        "patch_path": f"rapport://models/{path.removesuffix('.sql')}.yml",
        "schema": path.split("/")[0],
        "description": f"One row per {name}.",
        "raw_code": "select * from {{ ref('x') }}",
        "depends_on": {"nodes": list(reads)},
        "columns": columns or {"id": {"name": "id", "constraints": [{"type": "primary_key"}]}},
        "config": {},
    }
    return node | more


@pytest.fixture
def sound():
    """A project of three models that keeps every rule."""
    columns = {
        "customer_id": {
            "name": "customer_id",
            "description": "Permanent key.",
            "data_type": "varchar",
            "constraints": [{"type": "primary_key"}],
        },
        "email": {
            "name": "email",
            "description": "Address.",
            "data_type": "varchar",
            "config": {"meta": {"pii": "email"}},
        },
    }
    nodes = [
        model("staging/crm/stg_crm__customers.sql", ["source.rapport.crm.customers"]),
        model("intermediate/identity/int_identities_resolved.sql", [ids("stg_crm__customers")]),
        model(
            "marts/customers/dim_customers.sql",
            [ids("int_identities_resolved")],
            columns,
            access="public",
            config={"contract": {"enforced": True}},
        ),
    ]
    source = {
        "source_name": "crm",
        "name": "customers",
        "identifier": "crm_customers",
        "schema": "raw",
        "original_file_path": "models/staging/_sources.generated.yml",
    }
    return {
        "metadata": {"project_name": "rapport"},
        "nodes": {node["unique_id"]: node for node in nodes},
        "sources": {"source.rapport.crm.customers": source},
        "macros": {},
    }


def ids(name):
    return f"model.rapport.{name}"


STAGING, RESOLVED, MART = map(
    ids, ("stg_crm__customers", "int_identities_resolved", "dim_customers")
)
SOURCE = "source.rapport.crm.customers"


def every_rule(manifest):
    return [
        *rules.layers_read_downwards(manifest),
        *rules.relations_are_referenced(manifest),
        *rules.sources_are_read_once(manifest),
        *rules.folders_are_sources_or_concerns(manifest),
        *rules.models_have_keys(manifest),
        *rules.sources_match_contracts(manifest, ["crm_customers"]),
        *rules.only_python_tables_are_declared_by_hand(manifest),
        *rules.yml_stands_beside_its_sql(manifest),
        *rules.no_model_reads_a_clock(manifest),
        *rules.incremental_models_follow_touched_dates(manifest),
        *rules.layer_defaults_have_one_home(manifest),
        *rules.personal_columns_are_marked(manifest, PERSONAL),
    ]


def test_a_sound_project_breaks_nothing(sound):
    assert every_rule(sound) == []


def set_in(*path, value):
    def change(manifest):
        place = manifest
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


VIOLATIONS = {
    "a mart that reads a source": (
        set_in("nodes", MART, "depends_on", "nodes", value=[SOURCE]),
        "dim_customers (marts) reads",
    ),
    "an intermediate model that reads a mart": (
        set_in("nodes", RESOLVED, "depends_on", "nodes", value=[STAGING, MART]),
        "int_identities_resolved (intermediate) reads",
    ),
    "a written schema": (
        set_in("nodes", MART, "raw_code", value="select * from raw.crm_customers"),
        "names the schema raw itself",
    ),
    "a source that nobody reads": (
        set_in("nodes", STAGING, "depends_on", "nodes", value=[]),
        "crm.customers is read by no model",
    ),
    "a source read in another folder": (
        set_in("nodes", STAGING, "original_file_path", value="models/staging/pos/a.sql"),
        "outside models/staging/crm",
    ),
    "a model in no concern": (
        set_in("nodes", MART, "original_file_path", value="models/marts/dim_customers.sql"),
        "lies in no folder of a source or concern",
    ),
    "a model without a key": (
        set_in("nodes", MART, "columns", "customer_id", "constraints", value=[]),
        "dim_customers has no key",
    ),
    "a source without a contract": (
        set_in("sources", SOURCE, "identifier", value="crm_visits"),
        "the source crm_visits has no contract",
    ),
    "a source written by hand": (
        set_in("sources", SOURCE, "original_file_path", value="models/staging/crm/crm.yml"),
        "crm.customers is declared in",
    ),
    "a yml elsewhere": (
        set_in("nodes", MART, "patch_path", value="rapport://models/marts/marts.yml"),
        "dim_customers is described in models/marts/marts.yml",
    ),
    "a clock in a model": (
        set_in("nodes", MART, "raw_code", value="select CURRENT_DATE as today"),
        "dim_customers reads the clock",
    ),
    "a clock in a macro": (
        set_in(
            "macros",
            "age",
            value={"name": "age", "package_name": "rapport", "macro_sql": "now ()"},
        ),
        "age reads the clock",
    ),
    "an incremental model of all dates": (
        set_in("nodes", MART, "config", "materialized", value="incremental"),
        "dim_customers is incremental and does not select by is_touched",
    ),
    "a default of the layer in a model": (
        set_in("nodes", MART, "raw_code", value="{{ config(schema='other') }} select 1"),
        "dim_customers sets schema itself",
    ),
    "a personal column without a mark": (
        set_in("nodes", MART, "columns", "email", "config", value={}),
        "dim_customers.email is personal and not marked pii",
    ),
}


@pytest.mark.parametrize(("plant", "sentence"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_a_rule_finds(plant, sentence, sound):
    broken = deepcopy(sound)
    plant(broken)
    assert any(sentence in found for found in every_rule(broken)), every_rule(broken)


def test_a_unique_test_that_only_warns_is_no_key(sound):
    sound["nodes"][MART]["columns"]["customer_id"]["constraints"] = []
    for rule in ("unique", "not_null"):
        sound["nodes"][rule] = {
            "unique_id": rule,
            "resource_type": "test",
            "name": rule,
            "attached_node": MART,
            "test_metadata": {"name": rule, "kwargs": {"column_name": "customer_id"}},
            "config": {"severity": "ERROR"},
        }
    assert rules.models_have_keys(sound) == []
    sound["nodes"]["unique"]["config"]["severity"] = "warn"
    assert rules.models_have_keys(sound) == ["dim_customers has no key that is unique and not null"]


@pytest.mark.parametrize("arguments", [{"key": ["customer_id"]}, {"key": []}])
def test_rules_that_name_a_key_test_it(sound, arguments):
    sound["nodes"][MART]["columns"]["customer_id"]["constraints"] = []
    sound["nodes"]["rules"] = {
        "unique_id": "rules",
        "resource_type": "test",
        "name": "rules",
        "attached_node": MART,
        "test_metadata": {"name": "rules", "kwargs": arguments},
        "config": {},
    }
    assert bool(rules.models_have_keys(sound)) is not bool(arguments["key"])


def test_words_in_comments_are_no_violation(sound):
    sound["nodes"][MART]["raw_code"] = (
        "{# never now() #}\n-- not from raw.crm_customers\nselect 1 /* today() */"
    )
    assert every_rule(sound) == []


def test_a_column_of_the_same_name_from_another_source_is_not_personal(sound):
    sound["nodes"][MART]["columns"]["email"]["config"] = {}
    sound["nodes"][MART]["depends_on"]["nodes"] = []
    assert rules.personal_columns_are_marked(sound, PERSONAL) == []
