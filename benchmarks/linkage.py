"""How linkage grows: made-up persons with errors, linked whole and then by a day's increment.

    python -m benchmarks.linkage 50000 100000 200000

Each line: records, pairs compared, CPU seconds and seconds of the first run with its training, of
a full run with the stored model, and of 1 % changed records; peak memory; precision and recall.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from orchestration.linkage import Attribute, Kind, LinkageSettings, link_records

Result = TypeVar("Result")
SETTINGS = LinkageSettings(
    (
        Attribute("first_name", Kind.FIRST_NAME),
        Attribute("last_name", Kind.LAST_NAME),
        Attribute("birth_date", Kind.BIRTH_DATE),
        Attribute("email", Kind.EMAIL),
        Attribute("street", Kind.STREET),
        Attribute("postcode", Kind.POSTCODE),
        Attribute("city", Kind.CITY),
    )
)
SYLLABLES = np.array([a + b for a in "bdfgklmnrstv" for b in ("a", "e", "i", "o", "ul", "ers")])
CHANGED_SHARE = 0.01
LARGEST_CLUSTER = 60


def people(record_count: int, seed: int = 1) -> pd.DataFrame:
    """Records of persons with 1 to 4 records each, whose values are misspelt, blank or wrong."""
    rng = np.random.default_rng(seed)
    persons = _persons(record_count, rng)
    copies = rng.choice([1, 2, 3, 4], len(persons), p=[0.45, 0.30, 0.15, 0.10])
    records = persons.loc[np.repeat(persons.index, copies)].iloc[:record_count]
    records = records.reset_index(names="person")
    records.insert(0, "record_id", [f"r{number:07d}" for number in rng.permutation(len(records))])
    for column in SETTINGS.attributes:
        records[column.column] = _with_errors(records[column.column], rng)
    return records


def _persons(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Persons whose names and places are as unevenly common as real ones."""
    first, last = _words(2, 2_000, rng), _words(3, 30_000, rng)
    towns = _words(3, 3_000, rng)
    town = _uneven(len(towns), count, rng)
    street = rng.integers(0, 200, count)
    day = pd.Timestamp("1935-01-01") + pd.to_timedelta(rng.integers(0, 75 * 365, count), "D")
    frame = pd.DataFrame(
        {
            "first_name": first[_uneven(len(first), count, rng)],
            "last_name": last[_uneven(len(last), count, rng)],
            "birth_date": day.strftime("%Y-%m-%d"),
            "street": [
                f"{last[a]} street {b}"
                for a, b in zip(street, rng.integers(1, 99, count), strict=True)
            ],
            "postcode": [f"{a:04d}{b}" for a, b in zip(town, street // 20, strict=True)],
            "city": towns[town],
        }
    )
    number = rng.integers(0, 1000, count).astype(str)
    frame["email"] = frame["first_name"] + "." + frame["last_name"] + number + "@example.com"
    return frame


def _words(syllables: int, count: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    parts = rng.choice(SYLLABLES, (count, syllables)).astype(object)
    return np.asarray(parts.sum(axis=1), dtype=object)


def _uneven(kinds: int, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    shares = 1 / (np.arange(kinds) + 10.0)
    return rng.choice(kinds, count, p=shares / shares.sum())


def _with_errors(column: pd.Series[str], rng: np.random.Generator) -> list[str | None]:
    """A value is blank in 12 % of the records, another person's in 2 %, misspelt in 8 %."""
    fate = rng.random(len(column))
    others = column.to_numpy()[rng.permutation(len(column))]
    places = rng.random(len(column))
    values: list[str | None] = []
    for value, other, luck, place in zip(column, others, fate, places, strict=True):
        at = int(place * (len(value) - 1))
        swapped = value[:at] + value[at + 1 : at + 2] + value[at : at + 1] + value[at + 2 :]
        wrong = other if luck < 0.14 else swapped if luck < 0.22 else value
        values.append(None if luck < 0.12 else wrong)
    return values


def measure(record_count: int) -> str:
    """One line of figures."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as connection:
        connection.register("made", people(record_count))
        connection.execute("create table people as from made")
        connection.execute(
            "create table changed as select record_id from people"
            f" order by hash(record_id) limit {int(record_count * CHANGED_SHARE)}"
        )
        first, first_cost = _timed(lambda: link_records(connection, "people", SETTINGS))
        model = first.model
        _, full_cost = _timed(lambda: link_records(connection, "people", SETTINGS, model=model))
        _, day_cost = _timed(
            lambda: link_records(connection, "people", SETTINGS, model=model, changed="changed")
        )
        precision, recall = pairwise(connection)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return (
        f"{record_count:>9,} records  {first.compared_pair_count:>11,} pairs"
        f"  first {first_cost}  full {full_cost}  1 % changed {day_cost}"
        f"  {memory:.1f} GB  precision {precision:.4f}  recall {recall:.4f}"
    )


def write_clusters(connection: duckdb.DuckDBPyConnection, auto_link: float) -> None:
    """Write `clusters`: who is one by the likely pairs alone, with the ledger's guard of size."""
    from ml.identity import Evidence, clusters

    ids = connection.execute("select distinct record_id from people order by all").fetchnumpy()
    connection.register("ids", pd.DataFrame(ids).reset_index(names="node"))
    pairs = connection.execute(
        "select a.node as a, b.node as b, probability from identity.scored_pairs"
        " inner join ids as a on a.record_id = record_a"
        " inner join ids as b on b.record_id = record_b where probability >= ?",
        [auto_link],
    ).fetchnumpy()
    is_weak = np.ones(len(pairs["a"]), dtype=bool)
    evidence = Evidence(pairs["a"], pairs["b"], pairs["probability"], is_weak=is_weak)
    labels = clusters(len(ids["record_id"]), evidence, most_nodes=LARGEST_CLUSTER)
    connection.register("labels", pd.DataFrame({"node": range(len(labels)), "cluster_id": labels}))
    connection.execute(
        "create or replace table clusters as"
        " select record_id, cluster_id from ids inner join labels using (node)"
    )
    connection.unregister("labels")
    connection.unregister("ids")


def pairwise(connection: duckdb.DuckDBPyConnection, auto_link: float = 0.95) -> tuple[float, float]:
    """Precision and recall of the clusters, by pairs of records."""
    write_clusters(connection, auto_link)
    row = connection.execute(
        """
        with known as (
            select person, cluster_id from people inner join clusters using (record_id)
        ),
        right_pairs as (select count(*) as size from known group by person, cluster_id),
        linked_pairs as (select count(*) as size from known group by cluster_id),
        true_pairs as (select count(*) as size from known group by person)
        select
            (select sum(size * (size - 1)) from right_pairs),
            (select sum(size * (size - 1)) from linked_pairs),
            (select sum(size * (size - 1)) from true_pairs)
        """
    ).fetchone()
    right, linked, true = row or (0, 1, 1)
    return float(right / linked), float(right / true)


def _timed(work: Callable[[], Result]) -> tuple[Result, str]:
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, f"{time.process_time() - cpu:.0f} CPU s ({time.perf_counter() - start:.0f} s)"


def main() -> None:
    """Measure each number of records on the command line."""
    for argument in sys.argv[1:] or ["50000"]:
        sys.stdout.write(measure(int(argument)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
