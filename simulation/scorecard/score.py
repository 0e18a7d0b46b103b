"""The scorecard: one line per figure, each a query over the warehouse and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from orchestration.errors import ConfigurationError
from orchestration.sql import identifier, literal

FIGURES = Path(__file__).with_name("figures.yml")
VIEWS = Path(__file__).with_name("views")
NEEDS = "-- needs: "


@dataclass(frozen=True)
class Figure:
    """A figure to be right about: `sql` gives one row (true value, value in the warehouse).

    It is met when the two differ by no more than `tolerance`, a share of the true value. `needs`
    are the truth tables without which the figure has no meaning, such as those of an older
    simulation.
    """

    capability: str
    name: str
    sql: str
    needs: tuple[str, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True)
class Line:
    """A scored figure."""

    capability: str
    figure: str
    truth: float | None
    warehouse: float | None
    tolerance: float
    is_met: bool


def figures_of(path: Path = FIGURES) -> list[Figure]:
    """The figures of the scorecard, in the order in which capabilities were built."""
    document = yaml.safe_load(path.read_text("utf-8"))
    return [
        Figure(capability, **{**entry, "needs": tuple(entry.get("needs", ()))})
        for capability, entries in document.items()
        for entry in entries
    ]


def score(working: Path, published: Path, truth: Path, figures: Sequence[Figure]) -> list[Line]:
    """Score every figure whose truth exists.

    `working` and `published` are DuckDB files, read only, attached as `working` and `published`;
    the parquet files of `truth` are views of the schema `truth`, and so is what follows from them
    (`views/`, each with the truth tables that it needs). Two more views read across all contracts,
    `quarantined` and `raw_rows` (both contract, file_name, row_number).
    """
    with duckdb.connect() as connection:
        names = set(_attach(connection, working, published, truth))
        return [_scored(connection, figure) for figure in figures if names.issuperset(figure.needs)]


def _attach(
    connection: duckdb.DuckDBPyConnection, working: Path, published: Path, truth: Path
) -> list[str]:
    files = sorted(truth.glob("*.parquet"))
    if not files:
        raise ConfigurationError(
            f"There is no truth in {truth}: name the folder truth/ that `rapport simulate` wrote."
        )
    for name, path in (("working", working), ("published", published)):
        if not path.exists():
            raise ConfigurationError("Nothing is published yet: run `rapport run` first.")
        connection.execute(f"attach {literal(path)} as {name} (read_only)")
    connection.execute("create schema truth")
    for path in files:
        view = f"truth.{identifier(path.stem)}"
        connection.execute(f"create view {view} as from read_parquet({literal(path)})")
    _view_across(connection, "quarantined", "quarantine", "_delivery_id, _row_number as row_number")
    _view_across(connection, "raw_rows", "raw", "_delivery_id, _row_number as row_number")
    told = [path.stem for path in files]
    return [*told, *_view_what_follows(connection, told)]


def _view_what_follows(connection: duckdb.DuckDBPyConnection, told: Sequence[str]) -> Iterator[str]:
    """Views of the schema `truth` for which all that they need was told."""
    for path in sorted(VIEWS.glob("*.sql")):
        needs, _, sql = path.read_text("utf-8").removeprefix(NEEDS).partition("\n")
        if set(needs.split(", ")) <= set(told):
            connection.execute(f"create view truth.{identifier(path.stem)} as {sql}")
            yield path.stem


def _view_across(
    connection: duckdb.DuckDBPyConnection, view: str, schema: str, columns: str
) -> None:
    """Rows of every table of a schema, with the contract and the file that brought them."""
    tables = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = 'working' and schema_name = ? order by table_name",
        [schema],
    ).fetchall()
    union = " union all ".join(
        f"select {columns} from working.{schema}.{identifier(table)}" for (table,) in tables
    )
    connection.execute(
        f"create view {view} as select deliveries.contract, deliveries.file_name, row_number"
        f" from ({union}) as rows"
        " inner join working.quality.deliveries as deliveries"
        " on rows._delivery_id = deliveries.delivery_id"
    )


def _scored(connection: duckdb.DuckDBPyConnection, figure: Figure) -> Line:
    try:
        row = connection.execute(figure.sql).fetchone()
    except duckdb.Error as error:
        text = " ".join(str(error).split())
        raise ConfigurationError(f"The figure `{figure.name}` cannot be scored: {text}") from error
    truth, warehouse = row if row else (None, None)
    true_value = None if truth is None else float(truth)
    value = None if warehouse is None else float(warehouse)
    is_met = (
        true_value is not None
        and value is not None
        and abs(value - true_value) <= figure.tolerance * abs(true_value) + 1e-9
    )
    return Line(figure.capability, figure.name, true_value, value, figure.tolerance, is_met)
