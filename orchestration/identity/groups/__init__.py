"""Households, companies and joint accounts: what persons belong to, with validity."""

from orchestration.identity.groups.update import find_members, tells_of_groups, update_groups

__all__ = ["find_members", "tells_of_groups", "update_groups"]
