"""Emitted columns as Arrow tables of a contract's types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.contracts import Column, Contract

TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}


def to_table(contract: Contract, columns: pd.DataFrame | Mapping[str, Any], rows: int) -> pa.Table:
    """The contract's columns in its order and types; raise ValueError on an unknown column."""
    unknown = set(columns) - {column.name for column in contract.columns}
    if unknown:
        raise ValueError(f"{contract.slug} has no column {', '.join(sorted(map(str, unknown)))}")
    arrays = {
        column.name: (
            _array(column, columns[column.name], rows)
            if column.name in columns
            else pa.nulls(rows, _type(column))
        )
        for column in contract.columns
    }
    return pa.table(arrays)


def _type(column: Column) -> pa.DataType:
    if column.type.startswith("decimal"):
        return pa.decimal128(18, int(column.type.rstrip(")").split(",")[1]))
    return TYPES[column.type]


def _array(column: Column, values: Any, rows: int) -> pa.Array:
    kind = _type(column)
    if isinstance(getattr(values, "dtype", None), pd.CategoricalDtype):
        return _categories(pd.Categorical(values)).cast(kind)
    array = np.broadcast_to(np.asarray(values), (rows,))
    try:
        if pa.types.is_decimal(kind):
            return _decimals(array.astype(np.float64), kind)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return _numbers(array, kind)
        if pa.types.is_date32(kind):
            return pa.array(array.astype("datetime64[D]"), kind)
        if pa.types.is_timestamp(kind):
            return pa.array(array.astype("datetime64[ms]"), kind)
        return pa.array(array, kind, from_pandas=True)
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise ValueError(f"column {column.name} is no {column.type}: {error}") from error


def _categories(values: pd.Categorical) -> pa.Array:
    """Few texts for many rows, without looking at each row's text."""
    codes = np.asarray(values.codes)
    texts = pa.array(values.categories.to_numpy(object), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)


def _numbers(array: np.ndarray, kind: pa.DataType) -> pa.Array:
    if array.dtype.kind in "iub":
        return pa.array(array).cast(kind)
    floats = array.astype(np.float64)
    is_null = np.isnan(floats)
    filled = np.where(is_null, 0, floats)
    whole = np.rint(filled).astype(np.int64) if pa.types.is_integer(kind) else filled
    return pa.array(whole, mask=is_null).cast(kind)


def _decimals(floats: np.ndarray, kind: pa.Decimal128Type) -> pa.Array:
    """Floats as decimals, null where not a number, without a loop: 128-bit words side by side."""
    is_null = np.isnan(floats)
    units = np.rint(np.where(is_null, 0, floats) * 10**kind.scale).astype(np.int64)
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = units, units >> 63
    valid = pa.array(~is_null).buffers()[1]
    return pa.Decimal128Array.from_buffers(kind, len(units), [valid, pa.py_buffer(words)])
