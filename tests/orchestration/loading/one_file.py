"""One file read as the loader reads it, without a company around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.config import LimitSettings
from orchestration.contracts import Dialect
from orchestration.errors import DeliveryRefused
from orchestration.loading.batches import DUCKDB_DATA_ERRORS
from orchestration.loading.readable import Reader
from orchestration.loading.relations import Rejects, relation_sql

Row = tuple[str | None, ...]


@dataclass
class Account:
    """What became of every record: loaded, set aside as text, or all of them refused."""

    refused: str = ""
    reason: str = ""
    records: int = 0
    header: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def read_one(
    connection: duckdb.DuckDBPyConnection, folder: Path, path: Path, name: str, dialect: Dialect
) -> Account:
    """Read a file; as in the loader, records that do not add up refuse it.

    What is converted lies in `folder` for a while.
    """
    rejects = Rejects("rejects")
    account = Account()
    try:
        file = Reader(folder, LimitSettings()).read(path, name, dialect)
        account.records, account.header = file.records.count, file.records.header
        sql = relation_sql([file], rejects, LimitSettings())
        found = connection.execute(sql).fetchall()
        account.rows = [row[:-1] for row in sorted(found, key=lambda row: row[-1])]
        account.aside = [
            row[0] or ""
            for row in connection.execute(
                f"select any_value(csv_line) from {rejects.errors} group by line_byte_position"
            ).fetchall()
        ]
    except DeliveryRefused as error:
        return Account(error.code, error.reason, error.records)
    except duckdb.Error as error:
        if not isinstance(error, DUCKDB_DATA_ERRORS) and type(error) is not duckdb.Error:
            raise
        return Account("unreadable", str(error))
    finally:
        connection.execute(f"drop table if exists {rejects.errors}")
        connection.execute(f"drop table if exists {rejects.scans}")
        for converted in folder.iterdir():
            converted.unlink()
    read = len(account.rows) + len(account.aside)
    if read != account.records:
        return Account("conservation", f"{account.records} counted, {read} read", account.records)
    return account
