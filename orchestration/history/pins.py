"""What a past version was built from: deliveries, ledger, models, settings, code."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.declared import FILES
from orchestration.loading.archive import archived_files
from orchestration.runs.fingerprint import code_hash, settings_hash
from orchestration.runs.record import PUBLISHED, RunRecord, records
from orchestration.workspace import Workspace, kept_file

SETTINGS_FOLDER = "settings"


def keep_settings(workspace: Workspace, version: str) -> None:
    """Keep `rapport.yml` and what is declared beside it, once for each version of them."""
    path = _kept_settings(workspace, version)
    if path.exists():
        return
    then = replace(workspace, pinned_settings=path)
    for name in FILES:
        if workspace.declared(name).exists():
            _keep(workspace.declared(name), then.declared(name))
    _keep(workspace.settings_file, path)  # last: where it stands, all of the version does


def _keep(file: Path, kept: Path) -> None:
    with kept_file(kept) as copy:
        copy.write_bytes(file.read_bytes())


@dataclass(frozen=True)
class Pins:
    """What was known at the end of a day, and the run that had published it.

    `run` is None where none had: then what counts is all that was received by then, with the
    settings, the code and the decisions of today.
    """

    workspace: Workspace
    day: dt.date
    known_until: dt.datetime
    run: RunRecord | None

    @property
    def as_of_date(self) -> dt.date:
        """The last day that counts: that of the run, else the day itself."""
        text = self.run.as_of_date if self.run else None
        return dt.date.fromisoformat(text) if text else self.day

    @property
    def file_count(self) -> int | None:
        """How many files of the archive, from its first on, the run knew; None for all."""
        return self.run.archived_files if self.run else None

    @property
    def models(self) -> dict[str, str]:
        """The version of each model that the run scored with, by table."""
        models = self.run.models if self.run else {}
        return {table: str(model["version"]) for table, model in models.items()}

    @property
    def sentence(self) -> str:
        """What the rows are, and whether they have to equal those that were published."""
        if self.run is None:
            return (
                f"As of {self.as_of_date}, with what had been received by the end of {self.day}. No"
                " run had published exactly that: settings, code and decisions are those of today."
            )
        told = (
            f"As of {self.as_of_date}, as run {self.run.run_id} published it with what had come by"
            f" the end of {self.day}."
        )
        changed = self._changed()
        if not changed:
            return told
        verb = "has" if changed == ["the code"] else "have"
        return f"{told} Since then {' and '.join(changed)} {verb} changed: figures may differ."

    def _changed(self) -> list[str]:
        """What the run had that cannot be taken from where it was kept."""
        if self.run is None:
            return []
        is_kept = self.workspace.pinned_settings is not None
        is_same = is_kept or self.run.settings_hash == settings_hash(self.workspace)
        changed = ["the code"] if self.run.code_hash != code_hash() else []
        return changed if is_same else [*changed, "the settings"]


def pins_of(workspace: Workspace, day: dt.date) -> Pins:
    """What was known at the end of a day in the reporting time zone."""
    end = dt.datetime.combine(day, dt.time.max, workspace.settings.zone)
    until = end.astimezone(dt.UTC).replace(tzinfo=None)
    run = _run_that_knew(workspace, until)
    place = workspace
    if run is not None and (kept := _kept_settings(workspace, str(run.settings_hash))).exists():
        place = replace(workspace, pinned_settings=kept)
    return Pins(place, day, until, run)


def _run_that_knew(workspace: Workspace, until: dt.datetime) -> RunRecord | None:
    """The last run that published what had come by then.

    A delivery that came after it under an earlier date is no reason against it: readers of that
    day knew nothing of it.
    """
    received = [file.received_at for _, file in archived_files(workspace)]
    for record in records(workspace.runs):
        count = record.archived_files
        if record.status != PUBLISHED or record.is_as_of_build or not count:
            continue
        newest = max(received[:count])
        if newest <= until and not any(newest < time <= until for time in received[count:]):
            return record
    return None


def _kept_settings(workspace: Workspace, version: str) -> Path:
    return workspace.archive / SETTINGS_FOLDER / f"{version}.yml"
