"""How far the probability of a pair in doubt can be trusted: simulated companies, and their truth.

    python -m benchmarks.review 1 2 3

Each line: the seed of a company of 10,000 persons, and by reason and probability the pairs of
records that a person would be asked about, with the share that is one person.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from orchestration.config import IdentitySettings
from orchestration.identity.review import pairs_to_review
from tests.simulation.identified import DAYS, Identified, records_of

PERSONS = 10_000
BANDS_FROM = 0.6


def measure(seed: int) -> str:
    """One line of figures."""
    with tempfile.TemporaryDirectory() as models:
        company = Identified(records_of(PERSONS, seed), models=Path(models))
        company.load(0, DAYS)
    person = dict(company.connection.execute("select identity_key, person from records").fetchall())
    asked: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for pair in pairs_to_review(company.connection, IdentitySettings()):
        band = _band(pair["reason"], pair["probability"])
        asked[band] += 1
        true[band] += person.get(pair["record_a"]) == person.get(pair["record_b"])
    bands = (f"{name}: {asked[name]} pairs, {true[name] / asked[name]:.2f}" for name in asked)
    return f"seed {seed}  " + "  ".join(sorted(bands))


def _band(reason: str, probability: float | None) -> str:
    """Tenths of the probability, and halves of one below that of the review band."""
    if probability is None:
        return reason
    least = int(probability * 10) / 10 if probability >= BANDS_FROM else int(probability * 2) / 2
    return f"{reason} {least:.1f}"


def main() -> None:
    """Measure the company of each seed on the command line."""
    for argument in sys.argv[1:] or ["1"]:
        sys.stdout.write(measure(int(argument)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
