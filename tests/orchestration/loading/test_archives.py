"""Zip archives with one member, and limits: what could harm the machine is refused quickly."""

from __future__ import annotations

import gzip
import io
import resource
import stat
import warnings
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

CSV = HEADER + "t1,1,a,2026-01-02\nt2,2,b,2026-01-03\n"
LINK = (stat.S_IFLNK | 0o777) << 16
PIPE = (stat.S_IFIFO | 0o600) << 16
Member = tuple[str, str | bytes, int]


def zipped(*members: Member, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w", method) as archive:
        warnings.simplefilter("ignore")  # names that come twice
        for name, content, attributes in members:
            about = zipfile.ZipInfo(name)
            about.external_attr, about.compress_type = attributes, method
            archive.writestr(about, content)
    return sink.getvalue()


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def encrypted() -> bytes:
    content = bytearray(zipped(("things.csv", CSV, 0)))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(sign) + offset] |= 1
    return bytes(content)


def load(company: Company, name: str, content: bytes) -> Company:
    company.drop(f"shop/things/2026-01-05/{name}", content)
    company.load()
    return company


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("member", ["things.csv", "folder/things.csv"])
def test_a_zip_of_one_file_is_read(company: Company, method: int, member: str) -> None:
    load(company, "things.csv.zip", zipped((member, CSV, 0), method=method))
    assert [row[0] for row in company.things()] == ["t1", "t2"]
    assert company.deliveries() == [("loaded", None, 2, 2, 0)]


@pytest.mark.parametrize("suffix", ["zip", "gz", "zst"])
def test_a_parquet_file_may_be_packed(make_company: CompanyMaker, suffix: str) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"thing_id": ["t1"], "seen_at": ["2026-01-02"]}), sink)
    raw = sink.getvalue()
    packed = {
        "zip": zipped(("t.parquet", raw, 0)),
        "gz": gzip.compress(raw),
        "zst": pa.compress(raw, "zstd", asbytes=True),
    }
    load(make_company(server={"format": "parquet"}), f"t.parquet.{suffix}", packed[suffix])
    company = make_company(server={"format": "parquet"})
    assert [row[0] for row in company.things()] == ["t1"]


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (zipped(), "archive", "holds 0 members"),
        (zipped(("a.csv", CSV, 0), ("b.csv", CSV, 0)), "archive", "holds 2 members"),
        (zipped(("a.csv", CSV, 0), ("a.csv", CSV, 0)), "archive", "holds 2 members"),
        (zipped(("../a.csv", CSV, 0)), "archive", "named outside"),
        (zipped(("x/../../a.csv", CSV, 0)), "archive", "named outside"),
        (zipped(("/etc/passwd", CSV, 0)), "archive", "named outside"),
        (zipped(("C:\\a.csv", CSV, 0)), "archive", "named outside"),
        (zipped(("..\\a.csv", CSV, 0)), "archive", "named outside"),
        (zipped(("a.csv", "/etc/passwd", LINK)), "archive", "link or no regular file"),
        (zipped(("a.csv", "", PIPE)), "archive", "link or no regular file"),
        (zipped(("folder/", "", 0)), "archive", "link or no regular file"),
        (zipped(("a.zip", zipped(("a.csv", CSV, 0)), 0)), "archive", "an archive itself"),
        (zipped(("a.csv.gz", gzip.compress(CSV.encode()), 0)), "archive", "an archive itself"),
        (zipped(("a.csv", CSV, 0), method=zipfile.ZIP_LZMA), "archive", "another method"),
        (encrypted(), "archive", "encrypted"),
        (zipped(("a.csv", CSV, 0))[:-30], "truncated", "no complete zip"),
        (b"PK\x03\x04" + bytes(40), "truncated", "no complete zip"),
        (CSV.encode(), "truncated", "no complete zip"),
        (b"", "truncated", "no complete zip"),
        (
            changed(zipped(("a.csv", CSV, 0), method=zipfile.ZIP_STORED), b"t2,2", b"t2,3"),
            "truncated",
            "ends early or is damaged",
        ),
    ],
)  # fmt: skip
def test_any_other_zip_is_refused_with_the_reason(
    company: Company, content: bytes, code: str, reason: str
) -> None:
    load(company, "things.csv.zip", content)
    assert [row[:2] for row in company.deliveries()] == [("quarantined", code)]
    assert reason in company.reasons()
    assert company.things() == []


def bomb(suffix: str, size: int = 2 << 30) -> bytes:
    """Two gigabytes of lines in a few kilobytes or megabytes."""
    piece = (b"x" * 99 + b"\n") * (1 << 16)
    sink = io.BytesIO()
    if suffix == "zst":
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            for _ in range(size // len(piece)):
                stream.write(piece)
            stream.flush()
            return sink.getvalue()
    if suffix == "gz":
        member = gzip.compress(piece, 9)
        return gzip.compress(HEADER.encode()) + member * (size // len(piece))
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as target,
    ):
        for _ in range((size >> 3) // len(piece)):
            target.write(piece)
    return sink.getvalue()


@pytest.mark.parametrize("suffix", ["gz", "zst", "zip"])
def test_a_bomb_is_refused_within_two_seconds_and_little_memory(
    company: Company, suffix: str
) -> None:
    company.drop(f"shop/things/2026-01-05/things.csv.{suffix}", bomb(suffix))
    before = resource.getrusage(resource.RUSAGE_SELF)
    company.load()
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert [row[:2] for row in company.deliveries()] == [("quarantined", "limit")]
    assert "more than 200 times its size" in company.reasons()
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    assert after.ru_maxrss - before.ru_maxrss < 500 << 10


@pytest.mark.parametrize(
    ("limits", "code", "told"),
    [
        ({"rows": 1}, "limit", "more than 1 rows"),
        ({"columns": 3}, "limit", "more than 3 columns"),
        ({"cell_bytes": 100}, "limit", "more than 100 bytes in one value"),
        ({"line_bytes": 1024, "cell_bytes": 64}, "record_size", "more than 1,024 bytes"),
        ({"uncompressed_bytes": 100}, "limit", "more than 100 bytes decompressed"),
    ],
)
def test_a_file_beyond_a_limit_is_refused_and_tried_again_when_the_limit_is_raised(
    company: Company, limits: dict[str, int], code: str, told: str
) -> None:
    text = CSV + f"t3,3,{'x' * (2000 if 'line_bytes' in limits else 200)},2026-01-03\n"
    company.configure(limits=limits)
    load(company, "things.csv.gz", gzip.compress(text.encode()))
    assert [row[:2] for row in company.deliveries()] == [("quarantined", code)]
    assert told in company.reasons()
    assert company.load().messages == []
    company.configure(limits={})
    company.load()
    assert company.deliveries() == [("loaded", None, 3, 3, 0)]


def test_many_short_values_are_no_large_value(company: Company) -> None:
    company.configure(limits={"cell_bytes": 64})
    company.drop_things(f"t1,1,{'x' * 60},2026-01-02{' ' * 20}\n")
    company.load()
    assert company.deliveries() == [("loaded", None, 1, 1, 0)]
