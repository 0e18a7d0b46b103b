"""Funnels and journeys as a company declares them: those of the code, and its own beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.config import describe_errors
from orchestration.edited_files import edited_text, edited_yaml
from orchestration.errors import ConfigurationError
from orchestration.funnel_events import refuse_unknown
from orchestration.workspace import CODE_ROOT, Workspace

SHIPPED = CODE_ROOT / "dbt_project"
FUNNELS, JOURNEYS = "funnels.yml", "journeys.yml"
USUAL_WINDOW_DAYS = 7
# The columns of an event, as the macro funnel_columns of dbt has them.
BREAKDOWNS = (
    *("channel_id", "channel_group", "device", "brand_id", "store_id", "campaign_id"),
    *("product_id", "page", "page_type", "reason", "outcome"),
)
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Value = Annotated[str, Field(pattern=r"^[^'\\]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Event(_Strict):
    """What counts: kinds of events, and the values that their columns or details must have."""

    event: Name | list[Name]
    where: dict[Name, Value | list[Value]] = {}


class Step(Event):
    """One step of a funnel."""

    name: Name


class Funnel(_Strict):
    """The way to something wanted, in steps."""

    description: str
    unit: Literal["session", "customer", "visit"] = "session"
    order: Literal["ordered", "strict", "any"] = "ordered"
    window_days: int | None = Field(None, ge=1, le=365)
    breakdown: Name | None = None
    exclude: Event | None = None
    steps: list[Step] = Field(min_length=2, max_length=12)

    @model_validator(mode="after")
    def _is_sound(self) -> Funnel:
        names = [step.name for step in self.steps]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each step its own name: {', '.join(repeated)} comes again")
        for first, second in zip(self.steps, self.steps[1:], strict=False):
            if (first.event, first.where) == (second.event, second.where):
                raise ValueError(f"the steps {first.name} and {second.name} are the same event")
        if self.unit != "customer" and self.window_days:
            raise ValueError(f"leave `window_days` out: the window of a {self.unit} is its own")
        if self.breakdown and self.breakdown not in BREAKDOWNS:
            raise ValueError(f"`breakdown` is one of {', '.join(BREAKDOWNS)}")
        _refuse_unknown_events(self.unit, [*self.steps, self.exclude])
        refuse_unknown(self.unit, self.steps[0].event, [self.breakdown] if self.breakdown else [])
        return self


class Journey(_Strict):
    """What a customer lives through, from a start to an end, in stages."""

    description: str
    longest_gap_days: int = Field(ge=1, le=365)
    contact_cost: Decimal | None = Field(None, ge=0)
    start: Event
    stages: list[Step] = Field([], max_length=10)
    end: Event

    @model_validator(mode="after")
    def _is_sound(self) -> Journey:
        names = ["start", *(stage.name for stage in self.stages), "end"]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each stage its own name: {', '.join(repeated)} comes again")
        _refuse_unknown_events("journey", [self.start, *self.stages, self.end])
        return self

    @property
    def all_stages(self) -> list[dict[str, Any]]:
        """The start, the stages and the end, each with its name."""
        stages = [step.model_dump() for step in self.stages]
        start, end = self.start.model_dump(), self.end.model_dump()
        return [start | {"name": "start"}, *stages, end | {"name": "end"}]


Declared = TypeVar("Declared", Funnel, Journey)


class _Named(_Strict):
    name: Name


def funnels_of(workspace: Workspace) -> list[dict[str, Any]]:
    """Every funnel of a company, by name, as the models take them."""
    declared = _declared(workspace, FUNNELS, Funnel)
    return [_as_variable(name, funnel) for name, funnel in sorted(declared.items())]


def journeys_of(workspace: Workspace) -> list[dict[str, Any]]:
    """Every journey of a company, by name, as the models take them."""
    declared = _declared(workspace, JOURNEYS, Journey)
    return [
        {
            "name": name,
            "longest_gap_days": journey.longest_gap_days,
            "contact_cost": None if journey.contact_cost is None else str(journey.contact_cost),
            "stages": journey.all_stages,
        }
        for name, journey in sorted(declared.items())
    ]


def _declared(workspace: Workspace, file: str, kind: type[Declared]) -> dict[str, Declared]:
    return _read(SHIPPED / file, kind) | _read(workspace.declared(file), kind)


def _read(path: Path, kind: type[Declared]) -> dict[str, Declared]:
    """What one file declares; nothing where it does not exist."""
    if not path.exists():
        return {}
    document = edited_yaml(edited_text(path, str(path)), str(path)) or {}
    word = kind.__name__.lower()
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"{path} is not valid: name each {word}, then its keys.")
    return {str(name): _one(path, word, str(name), kind, item) for name, item in document.items()}


def _one(path: Path, word: str, name: str, kind: type[Declared], given: Any) -> Declared:
    try:
        _Named(name=name)
        return kind.model_validate(given)
    except ValidationError as error:
        text = describe_errors(error)
        raise ConfigurationError(f"The {word} {name} in {path} is not valid: {text}.") from error


def _refuse_unknown_events(unit: str, wanted: Iterable[Event | None]) -> None:
    for event in wanted:
        if event is not None:
            refuse_unknown(unit, event.event, event.where)


def _as_variable(name: str, funnel: Funnel) -> dict[str, Any]:
    given = funnel.model_dump(exclude={"description"}, exclude_none=True)
    window = {"window_days": USUAL_WINDOW_DAYS} if funnel.unit == "customer" else {}
    return {"name": name} | window | given
