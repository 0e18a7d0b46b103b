"""Fitted models on disk as plain json, each with its card; never pickle."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.workspace import sync


@dataclass(frozen=True)
class StoredModel:
    """One fitted model: its parameters, what it was fitted on, how it was judged."""

    name: str
    version: str
    as_of_date: str
    state: dict[str, Any]
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def as_of(self) -> dt.date:
        """The date it was fitted for."""
        return dt.date.fromisoformat(self.as_of_date)


def save_model(models: Path, model: StoredModel) -> Path:
    """Write a model under `models/<name>/<version>.json`, whole or not at all."""
    folder = models / model.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.version}.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(model), indent=1), "utf-8")
    sync(temporary)
    temporary.replace(path)
    return path


def read_model(models: Path, name: str, version: str) -> StoredModel | None:
    """One version of a model, or None where it was never kept."""
    path = models / name / f"{version}.json"
    return StoredModel(**json.loads(path.read_text("utf-8"))) if path.exists() else None


def latest_model(models: Path, name: str, until: dt.date) -> StoredModel | None:
    """The newest version fitted for a date up to `until`, or None."""
    stored = (json.loads(path.read_text("utf-8")) for path in (models / name).glob("*.json"))
    known = [model for content in stored if (model := StoredModel(**content)).as_of <= until]
    return max(known, key=lambda model: (model.as_of_date, model.version), default=None)
