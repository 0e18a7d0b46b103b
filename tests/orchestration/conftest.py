"""What the tests of runs share: planted deliveries, and the figures that readers see."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import query

ORDER_HEADER = "order_id,customer_id,sales_method,ordered_at,status,currency,gross_amount\n"


def published_file(workspace: Workspace) -> Path:
    """The file that readers see."""
    return workspace.current / DATABASE_FILE


def published_version(workspace: Workspace) -> str:
    """The run id of the version that readers see."""
    return os.readlink(workspace.current)


def order_count(workspace: Workspace) -> object:
    """Orders in the version that readers see."""
    return query(published_file(workspace), "select count(*) from marts.fct_orders")[0][0]


def deliver(workspace: Workspace, name: str, text: str) -> Path:
    """Drop a file below landing/."""
    path = workspace.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def deliver_orders(workspace: Workspace, *lines: str, day: str = "20260701") -> Path:
    """Drop a delivery of shop orders that were made on the last day of the sample."""
    text = "".join(f"{line}\n" for line in lines)
    return deliver(workspace, f"shop/orders/more_orders_{day}.csv", ORDER_HEADER + text)


def change_settings(workspace: Workspace, text: str) -> None:
    """Add keys to rapport.yml; also makes the next run work though nothing was delivered."""
    with workspace.settings_file.open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def figures(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every published mart as comparable rows, without the columns that a run stamps."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
            " order by all"
        ).fetchall()
        return {
            name: connection.execute(
                f"select columns(c -> not ends_with(c, '_model_version')) from marts.{name}"
                " order by all"
            ).fetchall()
            for (name,) in names
        }
