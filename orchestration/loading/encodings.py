"""Where a file stops being text of its encoding."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.config import LimitSettings
from orchestration.loading.converting import first_invalid
from orchestration.loading.opening import CHUNK_BYTES, open_file
from orchestration.loading.readable import Readable


def told_encoding(files: Sequence[Readable], limits: LimitSettings) -> str | None:
    """The message about the first invalid byte of these files, None where all is valid.

    Looked for only where lines could not be read: DuckDB says which, not where.
    """
    for file in files:
        if file.dialect.format == "parquet":
            continue
        with open_file(file.path, file.compression, limits) as stream:
            fault = first_invalid(iter(lambda: stream.read(CHUNK_BYTES), b""), "utf-8")
        if fault:
            return fault
    return None
