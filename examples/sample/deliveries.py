"""Write the rows of an extract as dated deliveries, laid out as its data contract says."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from examples.sample.clock import DELIVERY_DAYS, midnight

CONTRACTS_FOLDER = Path(__file__).resolve().parents[2] / "data_contracts"
COMPRESSED = {"shop/order_lines", "finance/exchange_rates", "marketing/campaign_messages"}

Row = dict[str, object]


@dataclass(frozen=True)
class Version:
    """A row as the source knew it from `known_at` (UTC) on."""

    known_at: datetime
    row: Row


@dataclass(frozen=True)
class Extract:
    """What the sample needs of a data contract: its name, layout, columns and key."""

    contract: str
    file_format: str
    delimiter: str
    is_upsert: bool
    types: dict[str, str]
    key: tuple[str, ...]

    @classmethod
    def of(cls, contract: str) -> "Extract":
        """Read the extract's layout from its contract, for example `shop/orders`."""
        text = (CONTRACTS_FOLDER / f"{contract}.yml").read_text(encoding="utf-8")
        document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
        server = document["servers"][0]
        properties = document["schema"][0]["properties"]
        settings = {entry["property"]: entry["value"] for entry in document["customProperties"]}
        return cls(
            contract=contract,
            file_format=server["format"],
            delimiter=server.get("delimiter", ","),
            is_upsert=settings["mode"] == "upsert",
            types={column["name"]: column["physicalType"] for column in properties},
            key=tuple(column["name"] for column in properties if column.get("primaryKey")),
        )


def write_extract(landing: Path, contract: str, versions: Iterable[Version]) -> None:
    """Write every delivery of an extract that has rows; one file each, named by its day."""
    extract = Extract.of(contract)
    folder = landing / contract
    folder.mkdir(parents=True, exist_ok=True)
    ending = extract.file_format + (".gz" if contract in COMPRESSED else "")
    for day, rows in _split_by_delivery(extract, versions):
        content = _encode(extract, rows)
        if contract in COMPRESSED:
            content = gzip.compress(content, compresslevel=6, mtime=0)
        (folder / f"{folder.name}_{day:%Y%m%d}.{ending}").write_bytes(content)


def _split_by_delivery(
    extract: Extract, versions: Iterable[Version]
) -> Iterator[tuple[date, list[Row]]]:
    """Give each delivery the versions learnt since the one before; of an upsert key the newest."""
    ordered = sorted(versions, key=lambda version: version.known_at)
    for day in DELIVERY_DAYS:
        known = [version.row for version in ordered if _delivery_day(version) == day]
        if extract.is_upsert:
            newest = {tuple(row[column] for column in extract.key): row for row in known}
            known = list(newest.values())
        if known:
            yield day, known


def _delivery_day(version: Version) -> date | None:
    """The first delivery after the version was known; none for what lies in the future."""
    return next((day for day in DELIVERY_DAYS if version.known_at < midnight(day)), None)


def _encode(extract: Extract, rows: list[Row]) -> bytes:
    if extract.file_format == "parquet":
        return _encode_parquet(extract, rows)
    if extract.file_format == "jsonl":
        return _encode_jsonl(extract, rows)
    return _encode_csv(extract, rows)


def _encode_csv(extract: Extract, rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, list(extract.types), delimiter=extract.delimiter, lineterminator="\n"
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _as_text(value) for name, value in row.items()})
    return text.getvalue().encode("utf-8")


def _as_text(value: object) -> object:
    """Write moments as naive UTC and truth as true or false; leave the rest to the format."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value).lower() if isinstance(value, bool) else value


def _encode_jsonl(extract: Extract, rows: list[Row]) -> bytes:
    complete = ({name: row.get(name) for name in extract.types} for row in rows)
    lines = (json.dumps(row, ensure_ascii=False, default=_as_text) + "\n" for row in complete)
    return "".join(lines).encode("utf-8")


def _encode_parquet(extract: Extract, rows: list[Row]) -> bytes:
    schema = pa.schema([(name, _arrow_type(kind)) for name, kind in extract.types.items()])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def _arrow_type(physical_type: str) -> pa.DataType:
    types = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "decimal(18,4)": pa.decimal128(18, 4),
        "timestamp": pa.timestamp("us"),
    }
    return types[physical_type]
