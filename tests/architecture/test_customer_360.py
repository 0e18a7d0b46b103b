"""Every attribute of customer_360 says what it is, where it comes from and what it is for."""

import re
from collections import Counter

import pytest

KINDS = {"demographic", "behavioural", "transactional", "psychographic"}
NO_ATTRIBUTES = {
    *("customer_id", "currency", "as_of_date"),
    *("rfm_model_version", "segment_model_version", "value_model_version"),
}
REQUIREMENT = re.compile(r"^\| ([ABC]\d+) \| .+ \|$", re.M)


@pytest.fixture(scope="module")
def columns(manifest):
    return manifest["nodes"]["model.rapport.customer_360"]["columns"]


@pytest.fixture(scope="module")
def attributes(columns):
    return {
        name: column["config"]["meta"]
        for name, column in columns.items()
        if name not in NO_ATTRIBUTES
    }


def test_there_are_enough_attributes_of_each_kind(attributes):
    counts = Counter(meta.get("kind") for meta in attributes.values())
    assert set(counts) == KINDS
    assert counts.total() >= 120
    assert min(counts.values()) >= 20


def test_sources_are_contracts(attributes, contracts):
    known = {contract.slug for contract in contracts}
    unknown = {
        name: meta.get("sources")
        for name, meta in attributes.items()
        if not meta.get("sources") or not known.issuperset(meta["sources"])
    }
    assert unknown == {}


def test_what_attributes_are_needed_for_stands_in_the_document_and_the_reverse(attributes, root):
    listed = set(REQUIREMENT.findall((root / "docs" / "customer_360.md").read_text("utf-8")))
    needed = [set(meta["needed_for"]) for meta in attributes.values()]
    assert all(needed)
    assert set().union(*needed) == listed


def test_no_description_is_given_twice(columns):
    counts = Counter(column["description"].lower() for column in columns.values())
    assert [text for text, count in counts.items() if count > 1] == []
