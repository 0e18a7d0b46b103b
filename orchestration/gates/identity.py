"""Customers may not merge, split or swell beyond thresholds without a person's word."""

from __future__ import annotations

from orchestration.config import GateSettings
from orchestration.gates.results import CheckResult
from orchestration.identity.changes import Changes

IDENTITY_GATE = "Identity"


def identity_checks(
    changes: Changes, settings: GateSettings, is_accepted: bool = False
) -> list[CheckResult]:
    """Shares of customers merged and split since publication, and the largest customer."""
    return [
        _share("merged", changes.merged, changes.customers, settings.merge_share, is_accepted),
        _share("split", changes.split, changes.customers, settings.split_share, is_accepted),
        CheckResult(
            gate=IDENTITY_GATE,
            check_name="largest_customer",
            subject="identity.customer_keys",
            is_passed=changes.largest <= settings.largest_customer,
            is_blocking=not is_accepted,
            observed=f"{changes.largest}",
            expected=f"at most {settings.largest_customer}",
            message=""
            if changes.largest <= settings.largest_customer
            else f"one customer has {changes.largest:,} accounts, cards and contacts",
        ),
    ]


def _share(name: str, count: int, customers: int, threshold: float, accepted: bool) -> CheckResult:
    share = count / customers if customers else 0.0
    is_calm = share <= threshold
    return CheckResult(
        gate=IDENTITY_GATE,
        check_name=f"customers_{name}",
        subject="identity.customer_keys",
        is_passed=is_calm,
        is_blocking=not accepted,
        observed=f"{share:.1%}",
        expected=f"at most {threshold:.1%}",
        message=""
        if is_calm
        else f"{count:,} of {customers:,} customers were {name} ({share:.1%})",
    )
