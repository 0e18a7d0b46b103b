"""The truth behind the extracts: parquet files that the warehouse never reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


class TruthFiles:
    """`<folder>/<name>.parquet`, appended block by block up to a last day."""

    def __init__(self, folder: Path, until_day: int) -> None:
        """Rows whose day is `until_day` or later are left out."""
        self._folder = folder
        self._until = until_day
        self._parts: dict[str, list[pa.Table]] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def add(
        self,
        name: str,
        columns: pd.DataFrame | Mapping[str, Any],
        day: np.ndarray,
        *,
        even_if_empty: bool = False,
    ) -> None:
        """Take rows with the day on which each becomes true; an empty table may be a truth too."""
        frame = pd.DataFrame(columns)
        kept = frame[day < self._until].reset_index(drop=True)
        if len(kept) or even_if_empty:
            table = pa.Table.from_pandas(kept, preserve_index=False).replace_schema_metadata()
            self._parts.setdefault(name, []).append(_without_null_types(table))

    def end_block(self) -> None:
        """Write what was gathered."""
        for name, parts in sorted(self._parts.items()):
            table = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
            if name not in self._writers:
                self._folder.mkdir(parents=True, exist_ok=True)
                path = self._folder / f"{name}.parquet"
                self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            schema = self._writers[name].schema
            self._writers[name].write_table(table.select(schema.names).cast(schema))
        self._parts.clear()

    def close(self) -> None:
        """Finish the files."""
        for writer in self._writers.values():
            writer.close()


def _without_null_types(table: pa.Table) -> pa.Table:
    """A column that holds nothing yet is text."""
    fields = [
        pa.field(field.name, pa.string()) if pa.types.is_null(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
