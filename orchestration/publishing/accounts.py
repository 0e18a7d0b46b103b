"""What was delivered and what became of it, by contract, as the published version says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ACCOUNTS = """
    select
        sources.source || '/' || sources.extract as contract,
        count(delivery_id) as deliveries,
        count(*) filter (where status = 'quarantined') as refused,
        coalesce(sum(rows_delivered), 0)::bigint,
        coalesce(sum(deliveries.rows_loaded), 0)::bigint,
        coalesce(sum(rows_quarantined), 0)::bigint,
        any_value(sources.last_received_at),
        any_value(is_stale),
        any_value(stale_reason)
    from quality.sources as sources
    left join quality.deliveries as deliveries
        on deliveries.source = sources.source
        and deliveries.extract = sources.extract
        and status in ('loaded', 'quarantined')
    group by sources.source, sources.extract
    order by contract
"""


@dataclass(frozen=True)
class Account:
    """The deliveries of one contract: `rows_delivered` = `rows_loaded` + `rows_quarantined`.

    Of deliveries that were loaded, wholly or in part, or refused whole. What came again as the
    very same bytes, or was replaced by a later evaluation of its feed, is not counted twice.
    """

    contract: str
    deliveries: int
    refused: int
    rows_delivered: int
    rows_loaded: int
    rows_quarantined: int
    last_received_at: dt.datetime | None
    is_stale: bool | None
    stale_reason: str | None

    @property
    def bad_share(self) -> float | None:
        """Rows in quarantine of those delivered; None where nothing was."""
        return self.rows_quarantined / self.rows_delivered if self.rows_delivered else None

    @property
    def is_notable(self) -> bool:
        """Whether anything is wrong with it."""
        return bool(self.rows_quarantined or self.refused or self.is_stale)

    def as_dict(self) -> dict[str, Any]:
        """Every figure, for a program to read."""
        return asdict(self) | {"bad_share": self.bad_share}


def read_accounts(database: Path) -> list[Account]:
    """One account for each contract, from a published file."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return [Account(*row) for row in connection.execute(ACCOUNTS).fetchall()]


def total(accounts: Iterable[Account]) -> Account:
    """All contracts as one: stale where any is."""
    found = list(accounts)
    received = [item.last_received_at for item in found if item.last_received_at]
    return Account(
        contract="all contracts",
        deliveries=sum(item.deliveries for item in found),
        refused=sum(item.refused for item in found),
        rows_delivered=sum(item.rows_delivered for item in found),
        rows_loaded=sum(item.rows_loaded for item in found),
        rows_quarantined=sum(item.rows_quarantined for item in found),
        last_received_at=max(received, default=None),
        is_stale=any(item.is_stale for item in found),
        stale_reason=None,
    )
