"""Which records are one person: a graph of evidence, cut where persons would be mixed."""

from ml.identity.clusters import Conflicts, Evidence, clusters
from ml.identity.components import components

__all__ = ["Conflicts", "Evidence", "clusters", "components"]
