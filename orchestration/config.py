"""The settings of one company: `rapport.yml`."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.dialects import Dialect, Format, LineEnd, check_dialect, position_of
from orchestration.edited_files import edited_text, edited_yaml
from orchestration.errors import ConfigurationError

ContractName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")]
RelationName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@cache
def time_zones() -> set[str]:
    """Every IANA time zone; read from disk once, since each reading costs 14 ms."""
    return available_timezones()


def known_zone(name: str) -> str:
    """`name`, if it is an IANA time zone; raise ValueError if not."""
    if name not in time_zones():
        raise ValueError(f"`{name}` is no IANA time zone, for example Europe/Budapest")
    return name


class FeedFile(_Strict):
    """One named relation of a feed: which files, and how they are written."""

    path: str = Field(description="Glob below landing/, for example shop/orders_*.csv.gz")
    format: Format = "csv"
    delimiter: str = ","
    quote: str = '"'
    escape: str | None = Field(
        None, description="Stands before a quote inside quotes; null where the quote is doubled"
    )
    encoding: str = "utf-8"
    line_end: LineEnd = Field(
        "newline", description="newline: LF or CRLF, the same throughout; any: also lone CR"
    )
    multiline: bool = Field(False, description="May a quoted value hold a line break?")
    header: bool = True
    columns: list[str] | None = Field(None, description="Column names of a csv without header")
    skip: int = Field(0, ge=0, description="Lines before the first record (or the csv header)")
    skip_footer: int = Field(0, ge=0, description="Lines after the last record")
    positions: dict[RelationName, str] | None = Field(
        None, description="Of a fixed width file: each column with its characters, as 1-10"
    )
    sheet: str | None = Field(None, description="Name of the sheet of an xlsx workbook")

    @model_validator(mode="after")
    def _named_columns(self) -> FeedFile:
        if self.format == "csv" and not self.header and not self.columns:
            raise ValueError("a csv without a header needs `columns`")
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:
            raise ValueError("`path` is a glob below landing/, without `..`")
        check_dialect(self.dialect)
        return self

    @property
    def dialect(self) -> Dialect:
        """How the files of this relation are written."""
        return Dialect(
            **self.model_dump(exclude={"path", "columns", "positions"}),
            columns=tuple(self.columns or ()),
            positions=tuple(
                (name, *position_of(text)) for name, text in (self.positions or {}).items()
            ),
        )


class Feed(_Strict):
    """How a company's own files become the rows of one contract."""

    contract: ContractName
    rows: Literal["preserve", "derive"] = "preserve"
    files: dict[RelationName, FeedFile] = Field(min_length=1)
    sql: str
    time_zone: str | None = Field(
        None, description="Zone of the times without offset that `sql` gives; else the contract's"
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @property
    def is_whole(self) -> bool:
        """Whether all files together are one delivery that replaces the one before."""
        return self.rows == "derive" or len(self.files) > 1


class ModelSettings(_Strict):
    """What a company may change about its models."""

    rfm_window_months: int | None = Field(24, ge=1, description="null switches the window off")
    margin_rate: float = Field(1.0, gt=0, le=1, description="Margin share of net revenue")
    refit_days: int = Field(28, ge=1, description="Days a fitted segmentation stays frozen")


class IdentitySettings(_Strict):
    """What a company may change about who is one person."""

    hub_limit: int = Field(
        10, ge=1, description="Records that one value may tie; one that ties more is nobody's"
    )
    blocked_values: list[str] = Field(
        [
            *("unknown", "unbekannt", "none", "null", "nil", "n/a", "na", "-", "test", "anonymous"),
            *("test@*", "unknown@*", "none@*", "noemail@*", "no-email@*", "noreply@*"),
            *("no-reply@*", "0", "00", "000", "0000", "00000", "000000*", "+000000*"),
        ],
        description="Values that tie nothing, in small letters; * stands for any characters",
    )
    linkage: Literal["auto", "off"] = Field(
        "auto", description="off: records that share no key are never compared"
    )
    auto_link: float = Field(
        0.95, gt=0.5, le=1, description="Probability from which two records are one person"
    )
    review_from: float = Field(
        0.6, gt=0, lt=1, description="Probability from which a person is asked"
    )
    most_keys: int = Field(
        60, ge=2, description="Keys beyond which likely links add nothing to a customer"
    )
    across_brands: Literal["with_consent", "always"] = Field(
        "with_consent",
        description="Whether accounts of two brands are one customer only where both agreed to it",
    )
    household_limit: int = Field(
        10, ge=2, description="Customers of one name and address; more are an institution"
    )

    @field_validator("linkage", mode="before")
    @classmethod
    def _word_for_off(cls, value: object) -> object:
        """In yaml a bare `off` is the same as `false`."""
        return "off" if value is False else value


class SurvivorshipSettings(_Strict):
    """What a company may change about which value of an attribute survives."""

    source_priority: dict[str, list[ContractName]] = Field(
        {},
        description="Contracts in the order in which they are believed: `default`, and attributes"
        " (or `address`) for which it is another",
    )

    @field_validator("source_priority")
    @classmethod
    def _has_default(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        if value and "default" not in value:
            raise ValueError("give the order of `default` too: it is for all other attributes")
        return value


class BehaviourSettings(_Strict):
    """What a company may change about how behaviour is counted."""

    internal_ids: list[Annotated[str, Field(pattern=r"^[^'\\\\]+$")]] = Field(
        [], description="Visitors, devices and accounts of the company's own staff"
    )


class GateSettings(_Strict):
    """Thresholds of the gates."""

    headline_jump: float = Field(
        0.5, gt=0, description="Relative change of a headline figure that holds publication"
    )
    merge_share: float = Field(
        0.05, gt=0, description="Share of customers merged since publication that holds it"
    )
    split_share: float = Field(
        0.05, gt=0, description="Share of customers split since publication that holds it"
    )
    largest_customer: int = Field(
        50, ge=2, description="Accounts, cards and contacts of one customer that hold publication"
    )


class ScheduleSettings(_Strict):
    """When Dagster runs the daily job, if the schedule is switched on."""

    cron: str = "0 5 * * *"


class LimitSettings(_Strict):
    """What a delivered file may ask of the machine; one that asks more is refused."""

    ratio: float = Field(
        200, gt=1, description="Decompressed over compressed bytes, of each 64 MB decompressed"
    )
    uncompressed_bytes: int = Field(64 << 30, ge=1, description="Of one compressed file")
    line_bytes: int = Field(16 << 20, ge=1 << 10, description="Of one record")
    cell_bytes: int = Field(4 << 20, ge=1 << 6, description="Of one value")
    columns: int = Field(2000, ge=1, description="Of one file")
    rows: int = Field(1_000_000_000, ge=1, description="Of one file")


class NotificationSettings(_Strict):
    """Who is told when a run fails."""

    webhook_url_env: str = Field(
        "RAPPORT_WEBHOOK_URL",
        description="Name of the environment variable that holds the address, never the address",
    )


class ResourceSettings(_Strict):
    """Limits given to DuckDB, everywhere."""

    threads: int = Field(2, ge=1)
    memory_limit: str = Field("1GB", pattern=r"^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$")


class Settings(_Strict):
    """Everything `rapport.yml` may say; unknown keys are refused."""

    company: str
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="Reporting currency, ISO 4217")
    time_zone: str = Field("UTC", description="Reporting time zone, IANA name")
    country: str | None = Field(
        None, pattern=r"^[A-Z]{2}$", description="Country of phone numbers without a prefix"
    )
    as_of: Literal["latest", "today"] | dt.date = "latest"
    feeds: list[Feed] = []
    models: ModelSettings = ModelSettings()
    identity: IdentitySettings = IdentitySettings()
    survivorship: SurvivorshipSettings = SurvivorshipSettings()
    behaviour: BehaviourSettings = BehaviourSettings()
    gates: GateSettings = GateSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    notifications: NotificationSettings = NotificationSettings()
    resources: ResourceSettings = ResourceSettings()
    limits: LimitSettings = LimitSettings()
    keep_published: int = Field(3, ge=2)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _one_feed_per_contract(self) -> Settings:
        names = [feed.contract for feed in self.feeds]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"more than one feed for {', '.join(repeated)}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.time_zone)

    def feed_of(self, contract: str) -> Feed | None:
        """The feed for `<source>/<extract>`, if the company has one."""
        return next((feed for feed in self.feeds if feed.contract == contract), None)


def load_settings(path: Path) -> Settings:
    """Read and validate `rapport.yml`."""
    if not path.exists():
        raise ConfigurationError(
            f"There is no {path.name} in {path.parent}: run `rapport init` or name another"
            " workspace with --workspace."
        )
    try:
        return Settings.model_validate(edited_yaml(edited_text(path, str(path)), str(path)) or {})
    except ValidationError as error:
        raise ConfigurationError(f"{path} is not valid: {describe_errors(error)}.") from error


def describe_errors(error: ValidationError) -> str:
    """Name each offending key and its fault, in one line."""
    parts = []
    for item in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"]) or "file"
        parts.append(f"`{where}`: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def settings_schema() -> dict[str, Any]:
    """The JSON schema of `rapport.yml`."""
    return json.loads(json.dumps(Settings.model_json_schema()))  # type: ignore[no-any-return]
