"""Households, companies and joint accounts: what persons belong to, with validity."""

from orchestration.identity.groups.update import update_groups

__all__ = ["update_groups"]
