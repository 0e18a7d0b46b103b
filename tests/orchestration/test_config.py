"""A fault in rapport.yml is told in one sentence that names the key."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from orchestration.config import load_settings, settings_schema
from orchestration.errors import ConfigurationError

GOOD = "company: Acme\ncurrency: EUR\n"
FEED = """\
feeds:
  - contract: shop/orders
    files: {own: {path: own/*.csv}}
    sql: select * from own
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rapport.yml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "company"),
        ("just text", "rapport.yml"),
        ("company: [unclosed", "not valid YAML"),
        ("company: Acme\n", "`currency`"),
        (f"{GOOD}company: Emca\n", "the key `company` stands twice"),
        (f"{GOOD}gates: {{headline_jump: 1, headline_jump: 2}}\n", "`headline_jump` stands twice"),
        (GOOD.replace("EUR", "euro"), "`currency`"),
        (f"{GOOD}colour: red\n", "`colour`"),
        (f"{GOOD}time_zone: Mars/Base\n", "`Mars/Base` is no IANA time zone"),
        (f"{GOOD}as_of: tomorrow\n", "as_of"),
        (f"{GOOD}country: Germany\n", "`country`"),
        (f"{GOOD}keep_published: 1\n", "`keep_published`"),
        (f"{GOOD}resources: {{memory_limit: much}}\n", "`resources.memory_limit`"),
        (f"{GOOD}gates: {{headline_jump: -1}}\n", "`gates.headline_jump`"),
        (GOOD + FEED.replace("shop/orders", "orders"), "`feeds.0.contract`"),
        (GOOD + FEED.replace("own/*.csv", "/etc/*"), "below landing/"),
        (GOOD + FEED.replace("own/*.csv", "../*"), "below landing/"),
        (GOOD + FEED.replace("own:", "'x; y':"), "feeds.0.files"),
        (GOOD + FEED.replace("*.csv}", "*.csv, header: false}"), "needs `columns`"),
        (GOOD + FEED.replace("*.csv}", "*.csv, format: xlsx}"), "format"),
        (GOOD + FEED + FEED.split("\n", 1)[1], "more than one feed for shop/orders"),
        (GOOD + FEED.replace("    sql: select * from own\n", ""), "`feeds.0.sql`"),
    ],
)
def test_a_fault_is_told_in_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_settings(written(tmp_path, text))
    message = str(error.value)
    assert expected in message
    assert "\n" not in message


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="rapport init"):
        load_settings(tmp_path / "rapport.yml")


def test_the_printed_schema_accepts_every_example_and_refuses_unknown_keys() -> None:
    schema = settings_schema()
    examples = sorted((Path(__file__).parents[2] / "examples").glob("*/rapport.yml"))
    assert len(examples) == 8
    for path in examples:
        jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(f"{GOOD}colour: red"), schema)
