"""Decisions of people are read strictly: a wrong one is told by its line, never skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import ConfigurationError
from orchestration.identity import Override, read_overrides
from orchestration.identity.overrides import write_overrides

HEADER = "action,identity_key,other_identity_key,reason\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "overrides.csv"
    path.write_text(text, "utf-8")
    return path


def test_no_file_is_no_decision(tmp_path: Path) -> None:
    assert read_overrides(tmp_path / "overrides.csv") == []


def test_every_decision_is_read_and_written_back_alike(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER
        + 'never_link,account_id:A1,account_id:A2,"two sisters, one address"\n'
        + "always_link,loyalty_id:L1,email:a@x.org,\n"
        + "split,phone:+441,,shop\n",
    )
    found = read_overrides(path)
    assert found == [
        Override("never_link", "account_id:A1", "account_id:A2", "two sisters, one address"),
        Override("always_link", "loyalty_id:L1", "email:a@x.org"),
        Override("split", "phone:+441", reason="shop"),
    ]
    text = path.read_text("utf-8")
    write_overrides(path, found)
    assert path.read_text("utf-8") == text


def test_columns_may_come_in_any_order_and_the_last_two_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffidentity_key,action\nphone:+441,split\n")
    assert read_overrides(path) == [Override("split", "phone:+441")]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("merge,account_id:A1,account_id:A2,", "action must be always_link, never_link or split"),
        (",account_id:A1,account_id:A2,", "action is empty"),
        ("split,,,", "identity_key is empty"),
        ("split,A1,,", "identity_key must be a key as account_id:4711"),
        ("never_link,account_id:A1,A2,", "other_identity_key must be a key"),
        ("never_link,account_id:A1,,", "never_link needs an other_identity_key"),
        ("split,account_id:A1,account_id:A2,", "split takes one key"),
        ("always_link,account_id:A1,account_id:A1,", "both keys are the same"),
        ("always_link,account_id:B,account_id:A,", "always_link contradicts line 2"),
    ],
)
def test_a_wrong_row_is_told_by_its_line(tmp_path: Path, row: str, fault: str) -> None:
    path = written(tmp_path, f"{HEADER}never_link,account_id:A,account_id:B,\n{row}\n")
    with pytest.raises(ConfigurationError, match=f"overrides.csv, line 3: .*{fault}"):
        read_overrides(path)


def test_a_row_with_more_cells_than_the_header_is_told_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}never_link,account_id:A,account_id:B,Ann,Smith,said so\n")
    with pytest.raises(ConfigurationError, match=r"overrides\.csv, line 2: more cells"):
        read_overrides(path)


def test_cells_that_are_empty_beyond_the_header_are_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}split,account_id:A,,,,,\n")
    assert read_overrides(path) == [Override("split", "account_id:A")]


def test_a_file_without_its_columns_is_told_which(tmp_path: Path) -> None:
    path = written(tmp_path, "key;what\n")
    with pytest.raises(ConfigurationError, match="no column action or identity_key"):
        read_overrides(path)


def test_an_error_names_no_value_of_a_key(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}split,ana@example.org,,\n")
    with pytest.raises(ConfigurationError) as error:
        read_overrides(path)
    assert "ana" not in str(error.value)
