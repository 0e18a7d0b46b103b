"""A faulty contract is refused in one sentence that names the file and the fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import load_contracts, read_contract
from orchestration.errors import ConfigurationError
from tests.orchestration.loading.company import THING_COLUMNS, thing_document, write_contract

Change = Callable[[dict[str, Any]], None]


def columns(**changes: Any) -> dict[str, Any]:
    return thing_document(columns=THING_COLUMNS | changes)


def without(*path: Any) -> dict[str, Any]:
    document: Any = thing_document()
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return dict(document)


FAULTS: dict[str, tuple[Any, str]] = {
    "another kind": (thing_document() | {"kind": "DataProduct"}, "kind"),
    "an old version": (thing_document() | {"apiVersion": "v2.2.2"}, "apiVersion"),
    "no table": (without("schema"), "exactly one table, named `shop_things`"),
    "another table": (
        thing_document() | {"schema": [{"name": "x"}]},
        "exactly one table, named `shop_things`",
    ),
    "no columns": (without("schema", 0, "properties"), "no `properties`"),
    "an unknown mode": (thing_document(mode="snap"), "`mode` is `snap`"),
    "an upsert without a key": (
        thing_document(columns={"a": {"physicalType": "varchar"}}, mode="upsert", eventAt=None),
        "primaryKey",
    ),
    "an unknown format": (thing_document(server={"format": "docx"}), "`format` is `docx`"),
    "an unknown zone": (thing_document(timeZone="Mars/Base"), "Mars/Base"),
    "an unknown breach": (thing_document(onBreach="shrug"), "`onBreach` is `shrug`"),
    "an unknown type": (columns(note={"physicalType": "blob"}), "unknown type `blob`"),
    "no type": (columns(note={}), "column `note`"),
    "a shouting name": (columns(Note={"physicalType": "varchar"}), "`Note`"),
    "a name with a quote": (columns(**{'a"b': {"physicalType": "varchar"}}), 'a"b'),
    "a column without a description": (
        columns(note={"physicalType": "varchar", "description": ""}),
        "`note` has no description",
    ),
    "an event column that is missing": (thing_document(eventAt="when"), "`when`"),
    "an update column that is missing": (thing_document(updatedAt="when"), "`when`"),
    "a clock without an event": (thing_document(clock=True, eventAt=None), "`eventAt`"),
    "a share that is no number": (thing_document(maxBadShare="half"), "half"),
    "an unknown key": (thing_document() | {"colour": "red"}, "colour"),
    "a list": ([], "no mapping"),
    "nothing": (None, "no mapping"),
    "a text": ("hello", "no mapping"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_readable_sentence(tmp_path: Path, name: str) -> None:
    document, expected = FAULTS[name]
    path = write_contract(tmp_path, document)
    with pytest.raises(ConfigurationError) as error:
        read_contract(path)
    message = str(error.value)
    assert "shop/things.yml" in message
    assert expected in message
    assert "\n" not in message
    assert len(message) < 300


def test_broken_yaml_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = write_contract(tmp_path, {})
    path.write_text("kind: [unclosed\n  x: {", "utf-8")
    with pytest.raises(ConfigurationError, match=r"shop/things\.yml is not valid YAML: [^\n]+$"):
        read_contract(path)


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = write_contract(tmp_path, thing_document())
    path.write_text(path.read_text("utf-8") + "\nkind: DataContract\n", "utf-8")
    with pytest.raises(ConfigurationError, match="the key `kind` stands twice"):
        read_contract(path)


def test_a_folder_without_contracts_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no contract below"):
        load_contracts(tmp_path)


def test_a_contract_says_what_its_file_says(tmp_path: Path) -> None:
    document = thing_document(
        server={"format": "csv", "delimiter": ";", "encoding": "latin-1"},
        dialect={"quote": "'", "multiline": True},
        mode="upsert",
        updatedAt="seen_at",
        timeZone="Europe/Budapest",
        maxBadShare=0.25,
    )
    contract = read_contract(write_contract(tmp_path, document))
    assert (contract.slug, contract.table, contract.key) == (
        "shop/things",
        "shop_things",
        ("thing_id",),
    )
    assert (contract.mode, contract.updated_at) == ("upsert", "seen_at")
    assert (contract.time_zone, contract.max_bad_share) == ("Europe/Budapest", 0.25)
    dialect = contract.dialect
    assert (dialect.delimiter, dialect.quote, dialect.encoding) == (";", "'", "latin-1")
    assert dialect.multiline
    assert contract.column("amount").minimum == 0
    assert contract.raw_columns["amount"] == "decimal(18,4)"
