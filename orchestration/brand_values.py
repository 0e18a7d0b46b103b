"""What a brand stands for, as a company writes it down in config/brand_values.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, RootModel, ValidationError

from orchestration.config import describe_errors
from orchestration.edited_files import edited_text, edited_yaml
from orchestration.errors import ConfigurationError
from orchestration.workspace import Workspace

BRAND_VALUES = "brand_values.yml"
Item = Annotated[str, Field(pattern=r"^[^'\\]+$")]
Weight = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class _BrandValues(RootModel[dict[Item, Weight]]):
    """Items of the psychographic survey, from -1 (against) to 1 (for)."""


def brand_values_of(workspace: Workspace) -> dict[str, float]:
    """What the company says that it stands for; nothing where it says nothing."""
    path = workspace.declared(BRAND_VALUES)
    if not path.exists():
        return {}
    document = edited_yaml(edited_text(path, str(path)), str(path)) or {}
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"{path} is not valid: give each item a number from -1 to 1.")
    try:
        return _BrandValues.model_validate(document).root
    except ValidationError as error:
        raise ConfigurationError(f"{path} is not valid: {describe_errors(error)}.") from error
