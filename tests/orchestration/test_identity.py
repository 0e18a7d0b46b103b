"""Cards belong to accounts where a contract says so, whatever the source is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import Contract, load_contracts
from orchestration.errors import ConfigurationError
from orchestration.identity import update_customer_keys
from orchestration.workspace import CODE_ROOT
from tests.orchestration.loading.company import company_of, thing_document

Row = tuple[str | None, str | None, str | None]


def contract(source: str, links: bool) -> Contract:
    """A contract shaped as the CRM's, under another name."""
    [crm] = [c for c in load_contracts(CODE_ROOT / "data_contracts") if c.slug == "crm/customers"]
    return replace(crm, source=source, extract="people", links_identities=links)


def founders(tables: dict[str, tuple[bool, Sequence[Row]]]) -> dict[str, str]:
    """Identity key → founding key, for (account, card, opened) rows by source."""
    with duckdb.connect() as connection:
        for schema in ("staging", "identity"):
            connection.execute(f"create schema {schema}")
        for source, (_, rows) in tables.items():
            table = f"staging.stg_{source}__people"
            connection.execute(
                f"create table {table} ({source}_customer_id varchar, loyalty_id varchar,"
                " created_at timestamp)"
            )
            connection.executemany(f"insert into {table} values (?, ?, ?)", rows)
        contracts = [contract(source, links) for source, (links, _) in tables.items()]
        update_customer_keys(connection, contracts, b"secret", "run_1")
        found = connection.execute("select identity_key, founding_key from identity.customer_keys")
        return dict(found.fetchall())


def test_a_card_belongs_to_the_earliest_account_of_all_sources_that_tie_cards() -> None:
    found = founders(
        {
            "shop": (True, [("A2", "C1", "2026-02-01"), ("A3", None, None)]),
            "club": (True, [("A1", "C1", "2026-01-01"), ("A9", "C2", None), (None, "C3", None)]),
        }
    )
    assert found["loyalty_id:C1"] == "account_id:A1"
    assert found["loyalty_id:C2"] == "account_id:A9"
    assert found["loyalty_id:C3"] == "loyalty_id:C3"
    assert found["account_id:A2"] == "account_id:A2"


def test_a_source_that_is_not_marked_ties_no_card() -> None:
    found = founders({"till": (False, [("A1", "C1", "2026-01-01")])})
    assert found == {"account_id:A1": "account_id:A1", "loyalty_id:C1": "loyalty_id:C1"}


def test_a_contract_without_both_identifiers_cannot_tie_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="needs `customer_id` and `loyalty_id`"):
        company_of(tmp_path, thing_document(linksIdentities=True))
