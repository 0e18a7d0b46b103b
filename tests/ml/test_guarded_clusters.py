"""Clusters within guards: hand-made components, and any graph against taking link by link."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.guarded_clusters import guarded_clusters

Edge = tuple[str, str, float]


def clusters_of(
    edges: list[Edge], values: dict[str, str | None] | None = None, max_size: int = 50
) -> set[frozenset[str]]:
    """The clusters, as sets of nodes, of a graph whose nodes carry birth dates."""
    names = {name for left, right, _ in edges for name in (left, right)} | set(values or {})
    nodes = pd.DataFrame({"node": sorted(names)})
    nodes["birth_date"] = [(values or {}).get(name) for name in nodes["node"]]
    found = guarded_clusters(
        nodes,
        pd.DataFrame(edges, columns=["left", "right", "weight"]),
        conflicts=["birth_date"],
        max_size=max_size,
    )
    return {frozenset(group) for _, group in found.groupby("cluster")["node"]}


def sets(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group) for group in groups}


def test_what_breaks_no_guard_is_a_connected_component() -> None:
    assert clusters_of([("a", "b", 5), ("b", "c", 7), ("x", "y", 9)]) == sets("abc", "xy")


def test_a_contradiction_is_cut_at_its_weakest_link() -> None:
    chain = [("a", "b", 9.0), ("b", "c", 5.0), ("c", "d", 8.0)]
    assert clusters_of(chain, {"a": "1980", "d": "1990"}) == sets("ab", "cd")


def test_an_innocent_weak_link_of_a_contradicting_component_is_kept() -> None:
    edges = [("a", "b", 9.0), ("b", "c", 5.0), ("a", "innocent", 4.5)]
    assert clusters_of(edges, {"a": "1980", "c": "1990"}) == sets(("a", "b", "innocent"), "c")


def test_missing_values_contradict_nothing() -> None:
    edges = [("a", "b", 9.0), ("b", "c", 5.0)]
    assert clusters_of(edges, {"a": "1980", "b": None, "c": "1980"}) == sets("abc")


def test_a_value_met_through_a_record_without_one_contradicts_the_next() -> None:
    star = [("blank", "a", 9.0), ("blank", "b", 8.0), ("blank", "c", 7.0)]
    found = clusters_of(star, {"a": "1980", "b": "1990", "c": "1980"})
    assert found == sets(("blank", "a", "c"), "b")


def test_a_chain_stops_at_the_largest_size_and_keeps_its_strongest_links() -> None:
    chain = [("a", "b", 9.0), ("b", "c", 8.0), ("c", "d", 7.0), ("d", "e", 6.0)]
    assert clusters_of(chain, max_size=3) == sets("abc", "de")


def test_parts_cut_from_one_middle_may_still_join_each_other() -> None:
    edges = [("a", "m", 9.0), ("m", "c", 8.0), ("a", "c", 7.0), ("c", "d", 6.0)]
    found = clusters_of(edges, {"m": "1980", "c": "1990", "d": "1990"})
    assert found == sets("am", "cd")


def test_a_cluster_and_its_component_are_named_after_their_first_node() -> None:
    nodes = pd.DataFrame({"node": ["c", "b", "a"], "birth_date": ["1990", None, "1980"]})
    edges = pd.DataFrame({"left": ["c", "a"], "right": ["b", "b"], "weight": [9.0, 5.0]})
    found = guarded_clusters(nodes, edges, conflicts=["birth_date"])
    assert found.to_numpy().tolist() == [["a", "a", "a"], ["b", "a", "b"], ["c", "a", "b"]]


def link_by_link(edges: list[Edge], values: dict[str, str | None], max_size: int) -> set[frozenset]:
    """The definition itself: the strongest link first, each joining its clusters if it may."""
    cluster = {name: frozenset([name]) for name in values}
    for left, right, _ in sorted(edges, key=lambda edge: -edge[2]):
        union = cluster[left] | cluster[right]
        known = {values[name] for name in union if values[name] is not None}
        if len(union) <= max_size and len(known) <= 1:
            cluster |= dict.fromkeys(union, union)
    return set(cluster.values())


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Edge], dict[str, str | None], int]:
    names = [f"n{number}" for number in range(draw(st.integers(2, 14)))]
    pairs = draw(st.lists(st.sampled_from(list(itertools.combinations(names, 2))), unique=True))
    order = draw(st.permutations(range(len(pairs))))
    edges = [(a, b, float(weight)) for (a, b), weight in zip(pairs, order, strict=True)]
    values = {name: draw(st.sampled_from([None, None, "1980", "1990"])) for name in names}
    return edges, values, draw(st.integers(1, 14))


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_any_graph_is_clustered_as_link_by_link(
    graph: tuple[list[Edge], dict[str, str | None], int],
) -> None:
    assert clusters_of(*graph) == link_by_link(*graph)


@given(st.permutations(range(12)), st.permutations(range(11)), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing_not_even_among_equal_links(
    node_order: list[int], edge_order: list[int], max_size: int
) -> None:
    nodes = pd.DataFrame({"node": [f"n{number:02d}" for number in range(12)]})
    edges = pd.DataFrame(
        {"left": nodes["node"][:-1].to_list(), "right": nodes["node"][1:].to_list(), "weight": 1.0}
    )
    turned = edges.rename(columns={"left": "right", "right": "left"})
    expected = guarded_clusters(nodes, edges, max_size=max_size)
    shuffled = guarded_clusters(nodes.iloc[node_order], turned.iloc[edge_order], max_size=max_size)
    pd.testing.assert_frame_equal(expected, shuffled)


def test_a_component_of_a_hundred_thousand_records_is_cut_in_seconds() -> None:
    count = 100_000
    nodes = pd.DataFrame({"node": np.arange(count)})
    edges = pd.DataFrame({"left": np.arange(count - 1), "right": np.arange(1, count), "weight": 1})
    start = time.process_time()
    found = guarded_clusters(nodes, edges, max_size=50)
    assert time.process_time() - start < 5
    assert found["component"].nunique() == 1
    assert found["cluster"].value_counts().between(1, 50).all()


def test_what_is_asked_wrongly_is_told_in_a_sentence() -> None:
    nodes = pd.DataFrame({"node": ["a", "b"]})
    edge = pd.DataFrame({"left": ["a"], "right": ["b"], "weight": [1.0]})
    with pytest.raises(ValueError, match="no column weight"):
        guarded_clusters(nodes, edge.drop(columns="weight"))
    with pytest.raises(ValueError, match="not among the nodes"):
        guarded_clusters(nodes, edge.assign(right="z"))
    with pytest.raises(ValueError, match="comes twice"):
        guarded_clusters(pd.concat([nodes, nodes]), edge)
    with pytest.raises(ValueError, match="max_size"):
        guarded_clusters(nodes, edge, max_size=0)
