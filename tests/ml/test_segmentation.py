import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from ml.errors import NotEnoughData
from ml.segment_names import match_centroids, name_segments, unique_name
from ml.segmentation import CustomerSegmenter

COLUMNS = ["recency_days", "order_day_count", "net_revenue_amount"]
#: Typical recency, order days and revenue of the planted kinds of customers, and their number.
KINDS = [
    ((8, 40, 3_000), 300),
    ((30, 10, 400), 500),
    ((200, 4, 150), 500),
    ((400, 25, 2_000), 200),
    ((500, 1, 20), 900),
]


def planted(seed: int = 0, kinds: list = KINDS) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    parts = [np.log(centre) + random.normal(0, 0.18, (count, 3)) for centre, count in kinds]
    truth = np.repeat(np.arange(len(kinds)), [count for _, count in kinds])
    return pd.DataFrame(np.exp(np.vstack(parts)), columns=COLUMNS), truth


@parametrize_with_checks([CustomerSegmenter(bootstrap_count=2)])
def test_it_is_a_scikit_learn_estimator(estimator, check) -> None:
    check(estimator)


def test_planted_kinds_of_customers_are_found() -> None:
    customers, truth = planted()
    segmenter = CustomerSegmenter().fit(customers)
    assert segmenter.is_stable_
    assert len(segmenter.segment_ids_) == 5
    assert adjusted_rand_score(truth, segmenter.labels_) > 0.98


def test_names_say_where_a_segment_lies() -> None:
    customers, truth = planted()
    names = CustomerSegmenter().fit(customers).assign(customers)["segment_name"]
    assert names[truth == 0].mode()[0] == "recent, frequent, high spend"
    assert names[truth == 3].mode()[0] == "dormant, frequent, high spend"
    assert names[truth == 4].mode()[0] == "dormant, rare, low spend"


def test_equal_data_give_equal_segments_and_rows_may_come_in_any_later_order() -> None:
    customers, _ = planted()
    first, second = CustomerSegmenter().fit(customers), CustomerSegmenter().fit(customers)
    assert first.to_dict() == second.to_dict()
    backwards = customers.iloc[::-1]
    assert first.predict(backwards).tolist() == first.predict(customers).tolist()[::-1]


def test_assigning_gives_id_name_and_distance_at_the_index_of_the_input() -> None:
    customers, _ = planted()
    segmenter = CustomerSegmenter(COLUMNS).fit(customers)
    chosen = customers.assign(customer_id="c_1").sample(20, random_state=1)
    assigned = segmenter.assign(chosen)
    assert assigned.index.equals(chosen.index)
    assert assigned["segment_id"].tolist() == segmenter.predict(chosen).tolist()
    assert (assigned["distance"] >= 0).all()
    names = dict(zip(segmenter.segment_ids_, segmenter.segment_names_, strict=True))
    assert assigned["segment_id"].map(names).tolist() == assigned["segment_name"].tolist()


def test_a_restored_model_predicts_the_same() -> None:
    customers, _ = planted()
    segmenter = CustomerSegmenter(COLUMNS).fit(customers)
    restored = CustomerSegmenter.from_dict(json.loads(json.dumps(segmenter.to_dict())))
    pd.testing.assert_frame_equal(restored.assign(customers), segmenter.assign(customers))
    assert restored.to_dict() == segmenter.to_dict()


def test_a_refit_keeps_ids_and_names_of_the_segments_found_again() -> None:
    customers, _ = planted()
    later, _ = planted(seed=1)
    previous = CustomerSegmenter().fit(customers)
    previous.segment_ids_ = previous.segment_ids_ + 10  # as after years of refits
    previous.segment_names_ = [f"name {number}" for number in previous.segment_ids_]
    refit = CustomerSegmenter(random_state=7).fit(later).match_labels(previous)
    assert (
        refit.assign(later)
        .drop(columns="distance")
        .equals(previous.assign(later).drop(columns="distance"))
    )
    assert refit.labels_.tolist() == refit.predict(later).tolist()


def test_a_restored_refit_can_be_matched_again() -> None:
    customers, _ = planted()
    previous = CustomerSegmenter().fit(customers)
    restored = CustomerSegmenter.from_dict(previous.to_dict())
    refit = CustomerSegmenter(random_state=3).fit(customers).match_labels(restored)
    assert refit.predict(customers).tolist() == previous.predict(customers).tolist()


def test_a_new_segment_gets_an_id_and_a_name_never_used_before() -> None:
    customers, _ = planted()
    previous = CustomerSegmenter().fit(customers)
    moved = [*KINDS[:4], ((9, 1, 9_000), 900)]  # the last kind gave way to another one
    others, truth = planted(seed=2, kinds=moved)
    refit = CustomerSegmenter().fit(others).match_labels(previous)
    new_ids = set(refit.segment_ids_) - set(previous.segment_ids_)
    assert new_ids == {5}
    assert set(refit.predict(others[truth == 4])) == new_ids
    assert len(set(refit.segment_names_)) == len(refit.segment_names_)
    # The old id stays retired: a later fit of the first customers gets a sixth one.
    again = CustomerSegmenter().fit(customers).match_labels(refit)
    assert set(again.segment_ids_) - set(refit.segment_ids_) == {6}


def test_segments_of_other_features_cannot_be_matched() -> None:
    customers, _ = planted()
    first = CustomerSegmenter(COLUMNS[:2], bootstrap_count=1).fit(customers)
    second = CustomerSegmenter(COLUMNS[1:], bootstrap_count=1).fit(customers)
    with pytest.raises(ValueError, match="same features"):
        second.match_labels(first)


def test_where_no_number_of_segments_is_stable_it_says_so_and_takes_the_most_stable() -> None:
    random = np.random.default_rng(5)
    customers = pd.DataFrame(random.uniform(1, 2, (400, 3)), columns=COLUMNS)
    segmenter = CustomerSegmenter(minimum_stability=0.999).fit(customers)
    assert not segmenter.is_stable_
    chosen = len(segmenter.segment_ids_)
    best = max(segmenter.candidates_, key=lambda candidate: candidate.stability)
    assert chosen == best.k


def test_a_number_with_a_tiny_segment_does_not_qualify() -> None:
    customers, _ = planted(kinds=[*KINDS, ((1, 100, 900_000), 5)])
    segmenter = CustomerSegmenter().fit(customers)
    tiny = [c for c in segmenter.candidates_ if c.smallest_share < 0.02]
    assert tiny
    assert not any(candidate.qualifies for candidate in tiny)


def test_negative_revenue_is_taken() -> None:
    customers, _ = planted()
    customers.loc[:20, "net_revenue_amount"] = -30.0
    assert np.isfinite(CustomerSegmenter().fit(customers).assign(customers)["distance"]).all()


def test_too_few_customers_are_not_enough_data() -> None:
    customers, _ = planted()
    with pytest.raises(NotEnoughData, match="distinct customers"):
        CustomerSegmenter().fit(pd.concat([customers.head(4)] * 9))


def test_columns_that_are_missing_are_named() -> None:
    customers, _ = planted()
    with pytest.raises(ValueError, match="net_revenue_amount"):
        CustomerSegmenter(COLUMNS).fit(customers.drop(columns="net_revenue_amount"))
    with pytest.raises(TypeError, match="DataFrame"):
        CustomerSegmenter(COLUMNS).fit(customers.to_numpy())


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="k_min"):
        CustomerSegmenter(k_min=9).fit(planted()[0])


def test_settings_survive_a_clone() -> None:
    assert clone(CustomerSegmenter(COLUMNS, k_max=6)).get_params()["k_max"] == 6


def test_names_are_unique_and_those_without_known_features_are_numbered() -> None:
    assert name_segments(np.zeros((3, 1)), ["age"]) == ["segment", "segment 2", "segment 3"]
    assert name_segments(np.array([[1.0], [1.0]]), ["recency_days"]) == ["cooling", "cooling 2"]
    assert unique_name("new", ["new", "new 2"]) == "new 3"


def test_centroids_are_matched_one_to_one_by_least_distance() -> None:
    previous = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 9.0]])
    current = np.array([[3.5, 0.1], [0.2, 8.0], [0.1, 0.0], [0.4, 0.3]])
    # Both of the last two lie at the first segment: only the nearer one keeps its label.
    assert match_centroids(previous, current) == {0: 1, 1: 2, 2: 0}


def test_cdnow_falls_into_stable_segments_that_last_a_month(
    cdnow_order_days: pd.DataFrame, btyd_summary: Callable[..., pd.DataFrame]
) -> None:
    earlier, later = (
        btyd_summary(cdnow_order_days, pd.Timestamp(end)) for end in ("1998-05-31", "1998-06-30")
    )
    previous = CustomerSegmenter(COLUMNS).fit(earlier)
    refit = CustomerSegmenter(COLUMNS, random_state=1).fit(later).match_labels(previous)
    assert previous.is_stable_
    assert refit.is_stable_
    assert refit.segment_names_ == previous.segment_names_
    agreement = (refit.predict(later) == previous.predict(later)).mean()
    assert agreement > 0.9
