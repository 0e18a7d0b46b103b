"""What the raw gate says of a server that failed."""

from __future__ import annotations

import pytest

from orchestration.fetching.servers import servers_of
from orchestration.gates.fetched import fetch_checks
from tests.orchestration.fetching.conftest import FetchingMaker


@pytest.mark.parametrize(("on_breach", "is_blocking"), [("block", True), ("quarantine", False)])
def test_a_failed_fetch_blocks_only_where_the_contract_says_so(
    make_fetching: FetchingMaker, on_breach: str, is_blocking: bool
) -> None:
    company = make_fetching(onBreach=on_breach)
    company.serve(type="local", path="../elsewhere")
    servers = servers_of(company.workspace, company.contracts)
    assert fetch_checks(company.workspace, servers) == []  # never fetched, never failed
    company.fetch()
    [check] = fetch_checks(company.workspace, servers)
    assert (check.is_passed, check.is_blocking) == (False, is_blocking)
    assert check.message == "fetching from erp failed: there is no folder ../elsewhere"
    (company.workspace.root.parent / "elsewhere").mkdir()
    company.fetch()
    assert fetch_checks(company.workspace, servers)[0].is_passed
