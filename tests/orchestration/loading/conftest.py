"""A small company with one contract, `shop/things`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.loading.company import Company, company_of, thing_document

CompanyMaker = Callable[..., Company]


@pytest.fixture
def make_company(tmp_path: Path) -> CompanyMaker:
    """A company whose contract differs from the usual one as the arguments say."""

    def make(**changes: Any) -> Company:
        return company_of(tmp_path, thing_document(**changes))

    return make


@pytest.fixture
def company(make_company: CompanyMaker) -> Company:
    """The usual company: csv, append, half of a delivery may be bad."""
    return make_company()
