"""The sample company: two simulated years of a thousand customers, and the truth beside them."""

from pathlib import Path

from orchestration.cli.simulate import write_company
from simulation.settings import DAYS_OF_YEAR, CompanySettings
from simulation.simulate import Span

YEARS = 2


def generate(root: Path) -> None:
    """Write `landing/` and `truth/` into a workspace."""
    write_company(CompanySettings(), root, Span(YEARS * DAYS_OF_YEAR))
