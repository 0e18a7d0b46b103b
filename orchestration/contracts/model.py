"""A contract as the rest of the product sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from orchestration.contracts.consents import ConsentRegister
from orchestration.contracts.event_plan import EventPlan
from orchestration.contracts.policies import Policies
from orchestration.dialects import Dialect

Mode = Literal["append", "upsert"]
TYPES = {"varchar", "bigint", "integer", "double", "boolean", "date", "timestamp"}
NORMALISED_TYPES = ("email", "phone", "postcode", "name")
SYSTEM_COLUMNS = {
    "_delivery_id": "varchar",
    "_row_number": "bigint",
    "_received_at": "timestamp",
    "_loaded_at": "timestamp",
    "_is_deleted": "boolean",
    "_extra": "json",
    "_is_superseded": "boolean",
    "_known_at": "timestamp",
}


@dataclass(frozen=True)
class Column:
    """One promised column: its type and the rules each of its values obeys."""

    name: str
    type: str
    description: str
    is_required: bool = False
    is_key: bool = False
    pii: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()
    path: str | None = None
    position: tuple[int, int] | None = None
    identity_kind: str | None = None
    verified_by: str | None = None
    ties_identity: bool = True
    group_kind: str | None = None

    @property
    def normalised_name(self) -> str | None:
        """The normalised column beside this one, if its type has a normal form."""
        return f"{self.name}_normalised" if self.pii in NORMALISED_TYPES else None


@dataclass(frozen=True)
class SqlRule:
    """A rule of a contract in SQL: the query returns the rows that break it."""

    name: str
    query: str
    is_blocking: bool


@dataclass(frozen=True)
class Contract:
    """What one extract of one source promises."""

    source: str
    extract: str
    name: str
    version: str
    description: str
    owner: str
    columns: tuple[Column, ...]
    mode: Mode
    dialect: Dialect
    is_clock: bool
    event_at: str | None
    updated_at: str | None
    time_zone: str
    max_bad_share: float
    on_breach: str
    received_at_pattern: str | None
    latency_days: float | None
    row_count_band: tuple[float, float] | None
    rules: tuple[SqlRule, ...]
    properties: dict[str, Any]
    path: Path
    purpose: str = ""
    links_identities: bool = False
    blocks_on_row_count: bool = False
    policies: Policies = field(default_factory=Policies)
    event_plan: EventPlan | None = None
    consent_register: ConsentRegister | None = None

    @property
    def table(self) -> str:
        """Name of the raw table."""
        return f"{self.source}_{self.extract}"

    @property
    def slug(self) -> str:
        """`<source>/<extract>`, as feeds and the landing folder name it."""
        return f"{self.source}/{self.extract}"

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the primary key, in order; empty where the contract has none."""
        return tuple(column.name for column in self.columns if column.is_key)

    def has(self, name: str) -> bool:
        """Whether the contract promises a column called `name`."""
        return any(column.name == name for column in self.columns)

    @property
    def late_after_days(self) -> float | None:
        """Days after its event from which a row is late, for readers of the marts."""
        return self.policies.late_after_days or self.latency_days

    @cached_property
    def text(self) -> str:
        """The contract file as it was read: a changed contract is tried anew."""
        return self.path.read_text("utf-8")

    def column(self, name: str) -> Column:
        """The column called `name`."""
        return next(column for column in self.columns if column.name == name)

    def expects(self, name: str) -> bool:
        """Whether a key that is no column is foreseen: by a type of its plan, or by a path."""
        return self.reads_inside(name) or bool(
            self.event_plan and name in self.event_plan.extra_types
        )

    def reads_inside(self, name: str) -> bool:
        """Whether a column's path leads into this key of a JSON object."""
        return any(
            re.match(rf'[$][.]"?{re.escape(name)}\b', column.path or "") for column in self.columns
        )

    @property
    def raw_columns(self) -> dict[str, str]:
        """Every column of the raw table with its DuckDB type, in order."""
        columns: dict[str, str] = {}
        for column in self.columns:
            columns[column.name] = column.type
            if column.normalised_name:
                columns[column.normalised_name] = "varchar"
        return columns | SYSTEM_COLUMNS
