"""The shipped shapes of source systems, each loaded once into a workspace of its own."""

from __future__ import annotations

import csv
import gzip
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from orchestration.config import Feed, load_settings
from orchestration.contracts import load_contracts
from tests.orchestration.loading.company import Company

ROOT = Path(__file__).resolve().parents[2]
CONNECTORS = ROOT / "examples" / "connectors"
SAMPLES = Path(__file__).parent / "connector_samples"
ARCHIVE = Path("connector_shapes") / "fivetran_seeds.tar.xz"
# The public sample of a system: how its files are named, before and after the name of the table.
PUBLIC = {
    "amplitude": ("amplitude_", "_data"),
    "hubspot": ("", "_data"),
    "klaviyo": ("", ""),
    "qualtrics": ("", ""),
    "shopify": ("shopify_", "_data"),
    "zendesk": ("", "_data"),
}
# Tables that only the newer exports of Shopify have.
RENAMED = {
    ("shopify", "return"): "gql_return",
    ("shopify", "return_line_item"): "gql_return_line_item",
    ("shopify", "return_refund"): "gql_refund",
}
Records = list[dict[str, str]]


def feeds_of(system: str) -> list[Feed]:
    """The feeds that a shape ships."""
    return load_settings(CONNECTORS / system / "rapport.yml").feeds


def systems() -> list[str]:
    """Every system with a shipped shape."""
    return sorted(path.parent.name for path in CONNECTORS.glob("*/rapport.yml"))


def shapes() -> Iterator[tuple[str, Feed]]:
    """Every system with each of its feeds."""
    yield from ((system, feed) for system in systems() for feed in feeds_of(system))


def unpack(archive: Path, folder: Path) -> Path:
    """The folder of a public sample, unpacked."""
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder


@dataclass
class Shapes:
    """Loads systems on demand; `public` is the unpacked folder of the public samples."""

    folder: Path
    public: Path | None = None
    loaded: dict[str, Company] = field(default_factory=dict)

    def company(self, system: str) -> Company:
        """The company that uses the shape as shipped, with its files loaded."""
        if system not in self.loaded:
            self.loaded[system] = self._load(system)
        return self.loaded[system]

    def records(self, system: str, table: str) -> Records:
        """The records of a csv table of the shape, read without the loader."""
        landing = self.company(system).workspace.landing
        [path] = (landing / system / table).iterdir()
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def rows(self, system: str, contract: str, columns: str) -> list[tuple[Any, ...]]:
        """Columns of what was loaded for a contract, in order."""
        table = contract.replace("/", "_")
        return self.company(system).rows(f"select {columns} from raw.{table} order by all")

    def _load(self, system: str) -> Company:
        feeds = {feed.contract for feed in feeds_of(system)}
        contracts = [c for c in load_contracts(ROOT / "data_contracts") if c.slug in feeds]
        settings = yaml.safe_load((CONNECTORS / system / "rapport.yml").read_text("utf-8"))
        company = Company(self.folder / system, contracts, settings)
        self._deliver(system, company.workspace.landing)
        company.load()
        return company

    def _deliver(self, system: str, landing: Path) -> None:
        """The public sample of a system, then our own files in place of what it lacks."""
        if system in PUBLIC and self.public is not None:
            for feed in feeds_of(system):
                for file in feed.files.values():
                    table = Path(file.path).parent.name
                    _place(self._public_file(system, table), landing / system / table)
        for path in sorted((SAMPLES / system).rglob("*.*")):
            _place(path, landing / system / path.parent.relative_to(SAMPLES / system))

    def _public_file(self, system: str, table: str) -> Path:
        before, after = PUBLIC[system]
        name = RENAMED.get((system, table), table)
        assert self.public is not None
        return self.public / f"dbt_{system}" / f"{before}{name}{after}.csv"


def _place(file: Path, folder: Path) -> None:
    """Deliver one file as the only one of its folder; calls of Segment come compressed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if file.parent.name == "segment":
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    else:
        shutil.copyfile(file, folder / file.name)
