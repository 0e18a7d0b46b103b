"""Records to link: made-up people, and public data sets whose true persons are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.linkage import pairwise
from orchestration.linkage import Attribute, Kind, LinkageSettings

FAKE = {
    "first_name": Kind.FIRST_NAME,
    "surname": Kind.LAST_NAME,
    "dob": Kind.BIRTH_DATE,
    "city": Kind.CITY,
    "email": Kind.EMAIL,
}
FEBRL = {
    "given_name": Kind.FIRST_NAME,
    "surname": Kind.LAST_NAME,
    "date_of_birth": Kind.BIRTH_DATE,
    "soc_sec_id": Kind.IDENTIFIER,
    "address_1": Kind.STREET,
    "address_2": Kind.TEXT,
    "suburb": Kind.CITY,
    "postcode": Kind.POSTCODE,
    "street_number": Kind.CATEGORY,
    "state": Kind.CATEGORY,
}
HISTORICAL = {
    "first_name": Kind.FIRST_NAME,
    "surname": Kind.LAST_NAME,
    "dob": Kind.BIRTH_DATE,
    "birth_place": Kind.TEXT,
    "postcode_fake": Kind.POSTCODE,
    "gender": Kind.CATEGORY,
    "occupation": Kind.TEXT,
}


@dataclass(frozen=True)
class Agreement:
    """How well clusters agree with the true persons, by pairs of records."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def asked(kinds: Mapping[str, Kind]) -> LinkageSettings:
    """Settings for these columns."""
    return LinkageSettings(tuple(Attribute(column, kind) for column, kind in kinds.items()))


def read_fake_1000(connection: duckdb.DuckDBPyConnection, folder: Path) -> LinkageSettings:
    """The table `people` of fake_1000, with its true `person`."""
    connection.execute(
        "create table people as select unique_id as record_id, cluster as person,"
        f" {', '.join(FAKE)} from read_csv(?, all_varchar = true)",
        [str(folder / "fake_1000.csv.gz")],
    )
    return asked(FAKE)


def read_febrl(connection: duckdb.DuckDBPyConnection, folder: Path) -> LinkageSettings:
    """The table `people` of FEBRL 3, its padding trimmed; ids are hashed, since they tell truth."""
    columns = ", ".join(f"nullif(trim({name}), '') as {name}" for name in FEBRL)
    connection.execute(
        "create table people as select md5(rec_id) as record_id,"
        f" regexp_extract(rec_id, 'rec-([0-9]+)-', 1) as person, {columns}"
        " from read_csv(?, all_varchar = true, normalize_names = true)",
        [str(folder / "febrl_dataset3.csv.gz")],
    )
    return asked(FEBRL)


def read_historical(
    connection: duckdb.DuckDBPyConnection, folder: Path, share: float = 1.0
) -> LinkageSettings:
    """The table `people` of a share of the historical persons, with all their records."""
    connection.execute(
        "create table people as select md5(unique_id) as record_id, cluster as person,"
        f" {', '.join(HISTORICAL)} from read_parquet(?) where hash(cluster) % 1000 < ?",
        [str(folder / "historical_figures_with_errors_50k.parquet"), share * 1000],
    )
    return asked(HISTORICAL)


def agreement(connection: duckdb.DuckDBPyConnection, auto_link: float = 0.95) -> Agreement:
    """Pairwise precision and recall of the clusters."""
    return Agreement(*pairwise(connection, auto_link))
