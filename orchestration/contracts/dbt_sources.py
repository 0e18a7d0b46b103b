"""dbt's sources, derived from the contracts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from orchestration.contracts.model import Column, Contract

GENERATED_FILE = Path("models/staging/_sources.generated.yml")
HEADER = "# Derived from data_contracts/ by every rapport command; edit the contracts instead.\n"
# five times as fast where PyYAML was built with libyaml
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def write_sources(project: Path, contracts: Iterable[Contract]) -> Path:
    """Write the sources of all contracts into the dbt project, if they changed."""
    path = project / GENERATED_FILE
    document = yaml.dump(_document(contracts), Dumper=DUMPER, sort_keys=False, allow_unicode=True)
    text = HEADER + document
    if not path.exists() or path.read_text("utf-8") != text:
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    return path


def _document(contracts: Iterable[Contract]) -> dict[str, Any]:
    ordered = sorted(contracts, key=lambda contract: contract.table)
    sources = [
        {"name": source, "schema": "raw", "tables": [_table(contract) for contract in group]}
        for source, group in groupby(ordered, key=lambda contract: contract.source)
    ]
    return {"version": 2, "sources": sources}


def _table(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.extract,
        "identifier": contract.table,
        "description": contract.description,
        "config": {"meta": {"owner": contract.owner, "late_after_days": contract.late_after_days}},
        "columns": [_column(column) for column in contract.columns],
    }


def _column(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": column.name, "description": column.description}
    return entry | ({"config": {"meta": {"pii": column.pii}}} if column.pii else {})
