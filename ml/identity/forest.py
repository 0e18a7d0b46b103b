"""A forest that grows edge by edge and never unites what must stay apart."""

from __future__ import annotations

from collections import defaultdict


class Forest:
    """Disjoint trees of nodes, with the trees that each may not be united with.

    When two trees are united the smaller one's enmities are told anew, so all unions together
    cost n log n.
    """

    def __init__(self, most_nodes: int | None = None) -> None:
        self._parent: dict[int, int] = {}
        self._size: dict[int, int] = defaultdict(lambda: 1)
        self._hostile: dict[int, dict[int, bool]] = defaultdict(dict)
        self._most_nodes = most_nodes

    def root(self, node: int) -> int:
        """The node that stands for a tree."""
        path = []
        while (parent := self._parent.get(node, node)) != node:
            path.append(node)
            node = parent
        for passed in path:
            self._parent[passed] = node
        return node

    def keep_apart(self, a: int, b: int, is_decided: bool) -> None:
        """Two nodes that may never be in one tree, by evidence or by a person's decision."""
        a, b = self.root(a), self.root(b)
        for one, other in ((a, b), (b, a)):
            known = self._hostile[one].get(other, False)
            self._hostile[one][other] = known or is_decided

    def join(self, a: int, b: int, is_forced: bool = False, is_weak: bool = False) -> bool:
        """Unite the trees of two nodes, unless that is refused; returns whether they are one."""
        a, b = self.root(a), self.root(b)
        if a == b:
            return True
        if self._refuses(a, b, is_forced, is_weak):
            return False
        self._unite(*((a, b) if self._size[a] >= self._size[b] else (b, a)))
        return True

    def _refuses(self, a: int, b: int, is_forced: bool, is_weak: bool) -> bool:
        is_decided = self._hostile[a].get(b)
        if is_decided is not None and (is_decided or not is_forced):
            return True
        is_large = self._most_nodes is not None and (
            self._size[a] + self._size[b] > self._most_nodes
        )
        return is_weak and is_large and not is_forced

    def _unite(self, large: int, small: int) -> None:
        self._parent[small] = large
        self._size[large] += self._size.pop(small)
        for other, is_decided in self._hostile.pop(small, {}).items():
            del self._hostile[other][small]
            if other != large:
                self._hostile[large][other] = self._hostile[large].get(other, False) or is_decided
                self._hostile[other][large] = self._hostile[large][other]
