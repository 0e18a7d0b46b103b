"""Who is who: an append-only ledger, and the crosswalk from keys to customers derived from it."""

from orchestration.identity.contacts import hash_contacts
from orchestration.identity.overrides import Override, read_overrides
from orchestration.identity.update import (
    find_shared_browsers,
    tells_of_browsers,
    update_identities,
)

__all__ = [
    "Override",
    "find_shared_browsers",
    "hash_contacts",
    "read_overrides",
    "tells_of_browsers",
    "update_identities",
]
