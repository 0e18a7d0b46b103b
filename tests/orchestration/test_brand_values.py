"""What a brand stands for is read from a file that people write."""

from pathlib import Path

import pytest

from orchestration.brand_values import BRAND_VALUES, brand_values_of
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace


def values(tmp_path: Path, text: str) -> dict[str, float]:
    place = Workspace(tmp_path)
    place.config.mkdir(parents=True)
    (place.config / BRAND_VALUES).write_text(text, "utf-8")
    return brand_values_of(place)


def test_items_have_weights(tmp_path: Path) -> None:
    assert values(tmp_path, "VAL-QUALITY: 1\nVAL-PRICE: -0.5\n") == {
        "VAL-QUALITY": 1.0,
        "VAL-PRICE": -0.5,
    }


def test_a_company_may_say_nothing(tmp_path: Path) -> None:
    assert brand_values_of(Workspace(tmp_path)) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("VAL-PRICE: 2\n", "VAL-PRICE"),
        ("VAL-PRICE: .nan\n", "VAL-PRICE"),
        ('"it\'s": 1\n', "it's"),
        ("- VAL-PRICE\n", "give each item a number"),
        ("VAL-PRICE: 1\nVAL-PRICE: 0\n", "stands twice"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        values(tmp_path, text)
