"""Channel effects: what is lost without a channel, worked by hand and walked by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.channel_effects import channel_effects

COLUMNS = ["from_channel_group", "to_channel_group", "path_count"]


def steps(*rows: tuple[str, str, int], month: str = "2026-03-01") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).assign(month=month)


def by_channel(found: pd.DataFrame, column: str) -> dict[str, float]:
    return dict(zip(found["channel_group"], found[column], strict=True))


def test_the_effect_is_the_share_of_conversions_lost_without_the_channel() -> None:
    # Paths A B conversion, A nothing, B A conversion: A leads to B, nothing and conversion a third
    # each, B to A and conversion a half each. P(conversion): a = 1/3 b + 1/3, b = 1/2 a + 1/2, so
    # a = 0.6, b = 0.8 and 2/3 a + 1/3 b = 2/3. Without A: 1/3 x 1/2; without B: 2/3 x 1/3.
    found = channel_effects(
        steps(
            ("(start)", "A", 2), ("(start)", "B", 1), ("A", "B", 1), ("B", "A", 1),
            ("A", "(null)", 1), ("A", "(conversion)", 1), ("B", "(conversion)", 1),
        )
    )  # fmt: skip
    assert by_channel(found, "removal_effect") == pytest.approx({"A": 3 / 4, "B": 2 / 3})
    assert by_channel(found, "credit_share") == pytest.approx({"A": 9 / 17, "B": 8 / 17})


def test_a_channel_that_never_converts_and_is_passed_by_nobody_earns_nothing() -> None:
    found = channel_effects(
        steps(
            ("(start)", "A", 1), ("(start)", "C", 5), ("A", "(conversion)", 1), ("C", "(null)", 5)
        )
    )
    assert by_channel(found, "credit_share") == {"A": 1, "C": 0}


def test_a_month_without_a_conversion_has_no_effects_and_no_steps_have_none() -> None:
    idle = steps(("(start)", "A", 3), ("A", "(null)", 3), month="2026-02-01")
    busy = steps(("(start)", "A", 1), ("A", "(conversion)", 1))
    assert channel_effects(pd.concat([idle, busy]))["month"].tolist() == ["2026-03-01"]
    assert channel_effects(idle).empty
    assert channel_effects(idle.head(0)).columns.tolist() == [
        "month", "channel_group", "removal_effect", "credit_share"
    ]  # fmt: skip


def test_the_effects_are_those_of_the_chain_that_made_the_paths() -> None:
    # 20,000 people walk through three channels; C is left for a conversion most often.
    rng = np.random.default_rng(0)
    names = ["A", "B", "C", "(conversion)", "(null)"]
    leave = {
        "A": [0, 0.3, 0.3, 0.1, 0.3],
        "B": [0.2, 0, 0.2, 0.1, 0.5],
        "C": [0.1, 0.1, 0, 0.5, 0.3],
    }
    counts: dict[tuple[str, str], int] = {}
    for _ in range(20_000):
        here, channel = "(start)", str(rng.choice(["A", "B", "C"], p=[0.5, 0.3, 0.2]))
        while True:
            counts[here, channel] = counts.get((here, channel), 0) + 1
            if channel.startswith("("):
                break
            here, channel = channel, str(rng.choice(names, p=leave[channel]))
    found = channel_effects(steps(*((a, b, n) for (a, b), n in counts.items())))
    chain = np.array([leave[name] for name in "ABC"])

    def conversion(q: np.ndarray, start: np.ndarray) -> float:
        return float(start @ np.linalg.inv(np.eye(3) - q[:, :3]) @ q[:, 3])

    start, true = np.array([0.5, 0.3, 0.2]), {}
    for number, name in enumerate("ABC"):
        kept = np.arange(3) != number
        cut = chain * np.append(kept, [True, True])
        true[name] = 1 - conversion(cut, start * kept) / conversion(chain, start)
    assert by_channel(found, "removal_effect") == pytest.approx(true, abs=0.02)


def test_a_missing_column_is_told() -> None:
    with pytest.raises(ValueError, match="path_count"):
        channel_effects(steps().drop(columns="path_count"))
