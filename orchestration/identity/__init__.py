"""Who is who: an append-only ledger, and the crosswalk from keys to customers derived from it."""

from orchestration.identity.overrides import Override, read_overrides
from orchestration.identity.update import update_identities

__all__ = ["Override", "read_overrides", "update_identities"]
