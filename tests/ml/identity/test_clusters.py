"""Clusters hold one person each, whatever the order in which evidence is read."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.identity import Conflicts, Evidence, clusters, components

NODES = 9
unhurried = settings(deadline=None, max_examples=200)  # the first call imports scipy
Graph = tuple[list[tuple[int, int, int]], list[tuple[int, int]]]
node = st.integers(0, NODES - 1)
graphs = st.tuples(
    st.lists(st.tuples(node, node, st.integers(1, 3)), max_size=20),
    st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), max_size=6),
)


def solve(graph: Graph, nodes: int = NODES) -> list[int]:
    edges, conflicts = graph
    left, right, strength = zip(*edges, strict=True) if edges else ((), (), ())
    apart = Conflicts(*zip(*conflicts, strict=True)) if conflicts else None
    return clusters(nodes, Evidence(left, right, strength), apart).tolist()


def partition(labels: list[int], names: list[int]) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for label, name in zip(labels, names, strict=True):
        groups.setdefault(label, set()).add(name)
    return {frozenset(group) for group in groups.values()}


@unhurried
@given(graphs)
def test_no_cluster_ever_holds_two_that_conflict(graph: Graph) -> None:
    labels = solve(graph)
    assert all(labels[a] != labels[b] for a, b in graph[1])


@unhurried
@given(graphs, st.randoms(use_true_random=False))
def test_the_order_of_edges_and_their_direction_change_nothing(
    graph: Graph, random: Random
) -> None:
    edges, conflicts = list(graph[0]), [(b, a) for a, b in graph[1]]
    random.shuffle(edges)
    random.shuffle(conflicts)
    assert solve(([(b, a, s) for a, b, s in edges], conflicts)) == solve(graph)


@unhurried
@given(graphs)
def test_without_conflicts_a_cluster_is_a_component(graph: Graph) -> None:
    edges = graph[0]
    found = components(NODES, [e[0] for e in edges], [e[1] for e in edges])
    assert solve((edges, [])) == found.tolist()


@unhurried
@given(graphs)
def test_a_cluster_hangs_together_by_its_own_edges(graph: Graph) -> None:
    labels = solve(graph)
    inside = [(a, b) for a, b, _ in graph[0] if labels[a] == labels[b]]
    found = components(NODES, [a for a, _ in inside], [b for _, b in inside])
    assert found.tolist() == labels


@unhurried
@given(graphs, node)
def test_a_component_resolved_alone_gives_what_it_gives_among_others(
    graph: Graph, chosen: int
) -> None:
    """So a run need resolve only what new records reach."""
    edges, conflicts = graph
    whole = components(NODES, [e[0] for e in edges], [e[1] for e in edges])
    mine = [n for n in range(NODES) if whole[n] == whole[chosen]]
    at = {name: position for position, name in enumerate(mine)}
    alone: Graph = (
        [(at[a], at[b], s) for a, b, s in edges if a in at],
        [(at[a], at[b]) for a, b in conflicts if a in at and b in at],
    )
    full = solve(graph)
    assert partition(solve(alone, len(mine)), mine) == partition([full[n] for n in mine], mine)


def test_a_chain_is_cut_at_its_weakest_edge() -> None:
    chain = Evidence([0, 1, 2], [1, 2, 3], strength=[9, 1, 9])
    assert clusters(4, chain, Conflicts([0], [3])).tolist() == [0, 0, 2, 2]


def test_of_equal_edges_the_one_known_longer_holds() -> None:
    both = Evidence([0, 1], [2, 2], strength=[5, 5], since=[2020, 2010])
    assert clusters(3, both, Conflicts([0], [1])).tolist() == [0, 1, 1]
    unknown = Evidence([0, 1], [2, 2], strength=[5, 5], since=[np.nan, 2010])
    assert clusters(3, unknown, Conflicts([0], [1])).tolist() == [0, 1, 1]


def test_a_decided_link_beats_a_conflict_of_the_records_but_no_decided_one() -> None:
    link = Evidence([0], [1], strength=[0], is_forced=[True])
    assert clusters(2, link, Conflicts([0], [1])).tolist() == [0, 0]
    assert clusters(2, link, Conflicts([0], [1], is_decided=[True])).tolist() == [0, 1]


def test_a_decided_link_unites_what_belongs_to_both() -> None:
    """0 with its card 2 and 1 with its card 3 differ in name, each from both of the others."""
    edges = Evidence([0, 1, 0], [2, 3, 1], strength=[9, 9, 0], is_forced=[False, False, True])
    apart = Conflicts([0, 0, 2, 2], [1, 3, 1, 3])
    assert clusters(4, edges, apart).tolist() == [0, 0, 0, 0]


def test_a_chain_of_weak_edges_stops_growing_at_the_size_allowed() -> None:
    weak = Evidence(range(5), range(1, 6), strength=[5, 4, 3, 2, 1], is_weak=[True] * 5)
    assert clusters(6, weak, most_nodes=3).tolist() == [0, 0, 0, 3, 3, 3]
    strong = Evidence(range(5), range(1, 6), strength=[5, 4, 3, 2, 1])
    assert clusters(6, strong, most_nodes=3).tolist() == [0] * 6


@pytest.mark.parametrize("count", [0, 3])
def test_nodes_without_evidence_stand_alone(count: int) -> None:
    assert clusters(count, Evidence([], [], [])).tolist() == list(range(count))
