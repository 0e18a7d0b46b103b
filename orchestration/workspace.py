"""Where the state of one company lies on disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.config import Settings, load_settings

CODE_ROOT = Path(__file__).resolve().parents[1]
DATABASE_FILE = "warehouse.duckdb"
PRIVATE_MODE, KEPT_MODE = 0o700, 0o440
INCOMING = ".incoming."
DAGSTER_SETTINGS = """\
telemetry:
  enabled: false
storage:
  custom:
    module: orchestration.defs.event_log
    class: PooledStorage
    config:
      base_dir: {env: DAGSTER_HOME}
"""


@dataclass(frozen=True)
class Workspace:
    """One folder that holds everything a company's warehouse needs to live."""

    root: Path
    pinned_settings: Path | None = None

    @classmethod
    def locate(cls, path: Path | None = None) -> Workspace:
        """The workspace named by argument, `RAPPORT_WORKSPACE` or the default."""
        return cls(Path(path or os.environ.get("RAPPORT_WORKSPACE") or "workspace").resolve())

    @cached_property
    def settings(self) -> Settings:
        """The company's validated settings."""
        return load_settings(self.settings_file)

    @property
    def settings_file(self) -> Path:
        """`rapport.yml`, or an earlier state of it that was kept."""
        return self.pinned_settings or self.root / "rapport.yml"

    @property
    def landing(self) -> Path:
        """Where extracts are dropped."""
        return self.root / "landing"

    @property
    def archive(self) -> Path:
        """Every accepted file under its hash."""
        return self.root / "archive"

    @property
    def ledger(self) -> Path:
        """What happened to customers, and the list of erasures."""
        return self.archive / "identity"

    @property
    def erasures(self) -> Path:
        """The run of each erasure, a line each, so that the run after it has something to do."""
        return self.ledger / "erasures"

    @property
    def fetched(self) -> Path:
        """What is known of each server that is fetched: cursors, keys, the last result."""
        return self.root / "fetched"

    @property
    def quarantine(self) -> Path:
        """Deliveries refused whole, with the reason."""
        return self.root / "quarantine"

    @property
    def config(self) -> Path:
        """Overrides and the secret key."""
        return self.root / "config"

    def declared(self, name: str) -> Path:
        """A file of `config/` that the models are built by, or the state of it that was kept."""
        kept = self.pinned_settings
        return kept.with_name(f"{kept.stem}.{name}") if kept else self.config / name

    @property
    def warehouse(self) -> Path:
        """The working file: the run alone opens it."""
        return self.root / "warehouse" / DATABASE_FILE

    @property
    def published(self) -> Path:
        """The versions that BI tools read."""
        return self.root / "published"

    @property
    def current(self) -> Path:
        """The symlink to the last good run."""
        return self.published / "current"

    @property
    def models(self) -> Path:
        """Fitted models with their cards."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """The record of every run."""
        return self.root / "runs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own state."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's manifest and logs; never inside the project."""
        return self.root / "dbt"

    @property
    def temporary(self) -> Path:
        """Where DuckDB spills."""
        return self.root / "temporary"

    @property
    def dev(self) -> Path:
        """The private copy for whoever changes models."""
        return self.root / "dev"

    @property
    def lock_file(self) -> Path:
        """Held by the one writer."""
        return self.root / ".lock"

    def create(self) -> None:
        """Make every folder that is missing; only what is delivered and published is shared."""
        for folder in (self.landing, self.published):
            folder.mkdir(parents=True, exist_ok=True)
        private = (self.archive, self.quarantine, self.config, self.models, self.runs)
        more = (self.dagster_home, self.dbt, self.temporary, self.warehouse.parent, self.dev)
        for folder in (*private, *more):
            folder.mkdir(mode=PRIVATE_MODE, exist_ok=True)
        _write_dagster_settings(self.dagster_home)

    @cached_property
    def secret(self) -> bytes:
        """The key behind customer ids: `RAPPORT_SECRET`, or a file made once, mode 0600."""
        given = os.environ.get("RAPPORT_SECRET")
        if given:
            return given.encode()
        path = self.config / "secret.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_bytes().strip()


def sync(path: Path) -> None:
    """Have the disk hold what was written to a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def kept_file(path: Path) -> Iterator[Path]:
    """A path to write to; what was written is then put at `path`: whole, lasting, read-only.

    What a killed run has begun to write is removed by the next (`clear_incoming`).
    """
    path.parent.mkdir(mode=PRIVATE_MODE, exist_ok=True)
    temporary = path.with_name(f"{INCOMING}{os.getpid()}")
    yield temporary
    temporary.chmod(KEPT_MODE)
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
    sync(path.parent.parent)


def _write_dagster_settings(home: Path) -> None:
    """Keep Dagster's own state in the workspace, its events cheap and its telemetry off."""
    path = home / "dagster.yaml"
    if not path.exists():
        path.write_text(DAGSTER_SETTINGS, "utf-8")
