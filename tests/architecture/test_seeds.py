"""The tables of names in dbt_project/seeds agree with the contracts and with the shipped feeds."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from orchestration.config import load_settings

CODE = re.compile(r"`([a-z_]+)`")


def seed(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "dbt_project" / "seeds" / f"{name}.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


def shipped(root: Path) -> set[tuple[str, str]]:
    """Folder below examples/ and contract of every feed of a real system."""
    examples = root / "examples"
    return {
        (path.parent.relative_to(examples).as_posix(), feed.contract)
        for path in examples.rglob("rapport.yml")
        for feed in load_settings(path).feeds
    }


@pytest.fixture(scope="module")
def shapes(root: Path) -> list[dict[str, str]]:
    return seed(root, "source_shapes")


def channel_of(path: Path) -> str:
    """The channel that a contract names."""
    properties = yaml.safe_load(path.read_text("utf-8"))["customProperties"]
    return next(item["value"] for item in properties if item["property"] == "channel")


def test_the_channels_are_those_of_the_contracts(root):
    named = [row["channel_id"] for row in seed(root, "channels")]
    assert len(named) == len(set(named))
    paths = (root / "data_contracts").glob("*/*.yml")
    assert set(named) == {channel_of(path) for path in paths} - {"all"}


def test_the_readme_of_the_contracts_lists_the_same_channels(root):
    text = (root / "data_contracts" / "README.md").read_text("utf-8")
    section = text.split("## Channels")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    listed = [name for line in rows for name in CODE.findall(line)]
    assert sorted(listed) == sorted(row["channel_id"] for row in seed(root, "channels"))


def test_133_shapes_of_source_systems_are_named_once_each(shapes):
    assert len({(row["system_name"], row["object_name"]) for row in shapes}) == len(shapes) == 133


def test_a_shape_is_loaded_exactly_where_a_feed_ships(root, shapes):
    loaded = [(row["example"], row["contract"]) for row in shapes if row["status"] == "loaded"]
    assert len(loaded) == len(set(loaded))
    assert set(loaded) == shipped(root)
    assert [row for row in shapes if (row["status"] == "loaded") != bool(row["example"])] == []


def test_every_other_shape_has_a_contract_or_is_only_named(shapes, contracts):
    slugs = {contract.slug for contract in contracts}
    unknown = [
        row["contract"] for row in shapes if row["contract"] and row["contract"] not in slugs
    ]
    assert unknown == []
    for row in shapes:
        assert (row["status"] == "named") == (not row["contract"]), row["source_shape_id"]


def test_the_documentation_counts_the_shapes(root, shapes):
    text = (root / "docs" / "connectors.md").read_text("utf-8")
    words = {"loaded": "loaded", "contract": "contract only", "named": "named only"}
    for status, word in words.items():
        count = sum(row["status"] == status for row in shapes)
        assert re.search(rf"^\| `{word}` \|.*\| {count} \|$", text, re.M), f"{word}: {count}"
