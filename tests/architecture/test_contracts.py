"""Every contract keeps the open standard and the conventions of the house."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

Document = dict[str, Any]
SCHEMA = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
LANDED_TYPES = {
    *("bigint", "boolean", "date", "decimal(18,4)", "decimal(18,8)", "double", "integer"),
    *("timestamp", "varchar"),
}
PII_TYPES = {"address", "birth_date", "email", "free_text", "name", "phone", "postcode"}
PROPERTIES: dict[str, set[Any] | None] = {
    "mode": {"append", "upsert"},
    "channel": None,
    "journeyStage": {
        *("awareness", "consideration", "purchase", "ownership", "service", "loyalty"),
    },
    "dataType": {"demographic", "behavioural", "transactional", "psychographic"},
    "onBreach": {"block", "quarantine", "warn"},
}
SOUND = """
apiVersion: v3.1.0
kind: DataContract
id: crm_customers
name: CRM customers
version: 1.0.0
status: active
domain: crm
description: {purpose: Know the customers.}
team: {name: customer-relations}
servers: [{server: landing, type: custom, path: landing/crm/customers, format: csv}]
slaProperties: [{property: latency, value: 2, unit: d}, {property: retention, value: 1, unit: y}]
customProperties:
  - {property: mode, value: upsert}
  - {property: channel, value: crm}
  - {property: journeyStage, value: ownership}
  - {property: dataType, value: demographic}
  - {property: onBreach, value: quarantine}
schema:
  - name: crm_customers
    physicalName: crm_customers
    description: One row per account.
    properties:
      - name: customer_id
        logicalType: string
        physicalType: varchar
        description: Number of the account.
        primaryKey: true
        required: true
      - name: email
        logicalType: string
        physicalType: varchar
        description: Address.
        classification: pii
        customProperties: [{property: piiType, value: email}]
"""


def properties_of(part: Document) -> Document:
    return {p["property"]: p.get("value") for p in part.get("customProperties") or []}


def breaches(document: Document, source: str, extract: str) -> list[str]:
    """What a contract at <source>/<extract>.yml breaks."""
    broken = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft201909Validator(SCHEMA).iter_errors(document)
    ]
    return broken or [*_contract_breaches(document, source, extract)]


def _contract_breaches(document: Document, source: str, extract: str) -> Iterator[str]:
    table = f"{source}_{extract}"
    if document.get("id") != table:
        yield f"the id is {document.get('id')}, not {table}"
    if document.get("domain") != source:
        yield f"the domain is {document.get('domain')}, not {source}"
    if [server.get("path") for server in document.get("servers", [])] != [
        f"landing/{source}/{extract}"
    ]:
        yield f"the only server is not landing/{source}/{extract}"
    if not (document.get("description") or {}).get("purpose"):
        yield "no purpose"
    if not (document.get("team") or {}).get("name"):
        yield "no owner"
    promised = {item["property"] for item in document.get("slaProperties") or []}
    for missing in sorted({"latency", "retention"} - promised):
        yield f"no {missing}"
    given = properties_of(document)
    for name, allowed in PROPERTIES.items():
        if not given.get(name) or (allowed and given[name] not in allowed):
            yield f"{name} is {given.get(name)}"
    if [part["name"] for part in document.get("schema") or []] != [table]:
        yield f"the only table is not {table}"
    for part in document.get("schema") or []:
        yield from _table_breaches(part)


def _table_breaches(table: Document) -> Iterator[str]:
    columns = table.get("properties") or []
    if not table.get("description", "").startswith("One row per "):
        yield "the table does not say what a row is"
    if not any(column.get("primaryKey") for column in columns):
        yield "no key"
    for column in columns:
        name = column["name"]
        pii = properties_of(column).get("piiType")
        if not column.get("description"):
            yield f"{name} is not described"
        if column.get("physicalType") not in LANDED_TYPES:
            yield f"{name} has the type {column.get('physicalType')}"
        if column.get("primaryKey") and not column.get("required"):
            yield f"the key column {name} is not required"
        if (column.get("classification") == "pii") != (pii in PII_TYPES):
            yield f"{name} is classified {column.get('classification')} with the piiType {pii}"
        if name.startswith("_") or name.endswith("_normalised"):
            yield f"{name} is a name that the loader gives"


def contract_files(root: Path) -> list[Path]:
    return sorted((root / "data_contracts").glob("*/*.yml"))


def test_every_contract_keeps_the_standard_and_the_conventions(root):
    found = [
        f"{path.parent.name}/{path.name}: {broken}"
        for path in contract_files(root)
        for broken in breaches(yaml.safe_load(path.read_text("utf-8")), path.parent.name, path.stem)
    ]
    assert contract_files(root)
    assert not found, "\n".join(found)


def test_every_contract_file_is_loaded(root, contracts):
    stems = {f"{path.parent.name}_{path.stem}" for path in contract_files(root)}
    assert {contract.table for contract in contracts} == stems


def test_a_sound_contract_breaks_nothing():
    assert breaches(yaml.safe_load(SOUND), "crm", "customers") == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("kind: DataContract", "kind: Promise", "Promise"),
        ("id: crm_customers", "id: customers", "the id is customers"),
        ("domain: crm", "domain: shop", "the domain is shop"),
        ("path: landing/crm/customers", "path: landing/customers", "the only server"),
        ("{purpose: Know the customers.}", "{usage: Everything.}", "no purpose"),
        ("team: {name: customer-relations}", "team: {}", "no owner"),
        ("property: latency", "property: frequency", "no latency"),
        ("value: ownership", "value: bliss", "journeyStage is bliss"),
        ("value: quarantine", "value: shrug", "onBreach is shrug"),
        ("One row per account.", "Accounts.", "does not say what a row is"),
        ("primaryKey: true", "primaryKey: false", "no key"),
        ("required: true", "required: false", "customer_id is not required"),
        ("physicalType: varchar", "physicalType: text", "has the type text"),
        ("description: Address.", "description: ''", "email is not described"),
        ("classification: pii", "classification: public", "email is classified public"),
        ("value: email", "value: mail", "with the piiType mail"),
        ("name: email", "name: _email", "a name that the loader gives"),
    ],
)
def test_a_breach_is_found(old, new, sentence):
    planted = yaml.safe_load(SOUND.replace(old, new, 1))
    found = breaches(planted, "crm", "customers")
    assert any(sentence in broken for broken in found), found


def test_no_code_but_the_simulator_names_an_extract(root):
    paths = (root / "data_contracts").glob("*/*.yml")
    names = "|".join(f"{path.parent.name}(?:_|__|/){path.stem}" for path in paths)
    named = re.compile(rf"^[^#\n]*\b(?:stg_)?(?:{names})\b", re.MULTILINE)
    assert named.search('table = "stg_crm__customers"')
    found = [
        path.relative_to(root).as_posix()
        for part in ("orchestration", "ml")
        for path in sorted((root / part).rglob("*.py"))
        if path.parent.name != "cli"  # its help shows examples
        and named.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
