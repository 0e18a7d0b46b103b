"""Records of one person that share no key, linked by probability; see docs/identity.md."""

from orchestration.linkage.attributes import Attribute, Kind, kind_of
from orchestration.linkage.blocking import BlockingLimits
from orchestration.linkage.link import Linked, link_records
from orchestration.linkage.model import LinkageModel
from orchestration.linkage.settings import LinkageSettings
from orchestration.linkage.tables import PAIR_COLUMNS

__all__ = [
    "PAIR_COLUMNS",
    "Attribute",
    "BlockingLimits",
    "Kind",
    "LinkageModel",
    "LinkageSettings",
    "Linked",
    "kind_of",
    "link_records",
]
