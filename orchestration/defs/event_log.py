"""Dagster's record of a run, without new database connections and statements for every event.

As it comes, the storage opens up to six connections an event, has the disk confirm each, and words
every statement anew: 10 ms of CPU an event, and a run of seventy contracts has 1,500 events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluation,
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
)
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData, serialize_value
from sqlalchemy import Connection, Engine, bindparam, create_engine, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 30
STATUS_EVENTS = frozenset(EVENT_TYPE_TO_PIPELINE_RUN_STATUS)
INSERT_EVENT = SqlEventLogStorageTable.insert()
INSERT_CHECK = AssetCheckExecutionsTable.insert()
UPDATE_CHECK = AssetCheckExecutionsTable.update().where(
    AssetCheckExecutionsTable.c.asset_key == bindparam("of_asset_key"),
    AssetCheckExecutionsTable.c.check_name == bindparam("of_check_name"),
    AssetCheckExecutionsTable.c.run_id == bindparam("of_run_id"),
    AssetCheckExecutionsTable.c.partition.is_(None),
)


class PooledEventLogStorage(SqliteEventLogStorage):
    """The rows that Dagster's own storage writes, over connections that stay open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._asset_columns: set[str] = set()
        self._indexes: set[str] = set()
        super().__init__(base_dir, inst_data)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event of a run, and what concerns all runs in the index too."""
        row = self._event_to_row(event)
        with self.run_connection(event.run_id) as connection:
            connection.execute(INSERT_EVENT, row)
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind not in ASSET_EVENTS | ASSET_CHECK_EVENTS | STATUS_EVENTS:
            return
        with self.index_connection() as connection:
            number = connection.execute(INSERT_EVENT, row).lastrowid
            if kind in ASSET_EVENTS:
                self._store_asset_event_tags(connection, [event], [number])
                self._store_asset_event(connection, event, number)
        if kind in ASSET_CHECK_EVENTS:
            self.store_asset_check_event(event, number)

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        key = event.get_dagster_event().asset_key
        has_columns = self._has_asset_key_index_cols_on_connection(conn)
        values = self._get_asset_entry_values(event, event_id, has_columns)
        if key and values:
            statement = _upsert_asset(tuple(values))
            conn.execute(statement, {"asset_key": key.to_string(), **values})

    def _store_asset_check_evaluation_planned(
        self, event: EventLogEntry, event_id: int | None
    ) -> None:
        planned = event.get_dagster_event().event_specific_data
        assert isinstance(planned, AssetCheckEvaluationPlanned)  # noqa: S101 - by the event's type
        if planned.partitions_subset:
            super()._store_asset_check_evaluation_planned(event, event_id)
            return
        row = {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "partition": None,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": _moment(event),
            "evaluation_event_storage_id": event_id,
        }
        with self.index_connection() as connection:
            connection.execute(INSERT_CHECK, row)

    def _update_asset_check_evaluation(self, event: EventLogEntry, event_id: int | None) -> None:
        found = event.get_dagster_event().event_specific_data
        assert isinstance(found, AssetCheckEvaluation)  # noqa: S101 - by the event's type
        status = AssetCheckExecutionRecordStatus
        target = found.target_materialization_data
        row = {
            "of_asset_key": found.asset_key.to_string(),
            "of_check_name": found.check_name,
            "of_run_id": event.run_id,
            "execution_status": (status.SUCCEEDED if found.passed else status.FAILED).value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": _moment(event),
            "evaluation_event_storage_id": event_id,
            "materialization_event_storage_id": target.storage_id if target else None,
        }
        with self.index_connection() as connection:
            is_planned = connection.execute(UPDATE_CHECK, row).rowcount == 1
        if not is_planned:
            super()._update_asset_check_evaluation(event, event_id)

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration is complete: asked anew for every asset, and none is ever undone."""
        if name not in self._indexes and super().has_secondary_index(name):
            self._indexes.add(name)
        return name in self._indexes

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table: asked anew for every event, and none is ever dropped."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        known = self._asset_columns
        if column_name not in known and super()._has_asset_key_col_on_connection(conn, column_name):
            known.add(column_name)
        return column_name in known

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            engine = self._engines[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


class PooledStorage(DagsterSqliteStorage):
    """Dagster's own storage, its events pooled; named in the workspace's `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage.dispose()
        self._event_log_storage = PooledEventLogStorage(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PooledStorage:
        """The storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **config_value)


def _moment(event: EventLogEntry) -> dt.datetime:
    """When it happened, UTC without a zone."""
    return dt.datetime.fromtimestamp(event.timestamp, dt.UTC).replace(tzinfo=None)


@cache
def _upsert_asset(columns: tuple[str, ...]) -> Insert:
    """What is known of an asset, by its key; `columns` are those that an event tells."""
    statement = insert(AssetKeyTable)
    return statement.on_conflict_do_update(
        index_elements=["asset_key"], set_={name: statement.excluded[name] for name in columns}
    )


def _engine(url: str) -> Engine:
    """One connection that stays open, used under the storage's lock by any thread."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # in WAL mode the file stays sound; what the last moments of a run wrote may be lost, and
        # our own record of the run is elsewhere
        connection.execute("pragma synchronous = normal")

    return engine
