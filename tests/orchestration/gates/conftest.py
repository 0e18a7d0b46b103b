"""The small company of the loading tests, judged."""

from tests.orchestration.loading.conftest import company, make_company

__all__ = ["company", "make_company"]
