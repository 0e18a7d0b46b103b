"""Files opened for reading: decompressed within limits, archives of one member only."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, cast

from orchestration.config import LimitSettings
from orchestration.errors import DeliveryRefused

CHUNK_BYTES = 4 << 20
WINDOW_BYTES = 64 << 20
DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile)
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}
NESTED = (*COMPRESSIONS, ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")
END_OF_ZIP = b"PK\x05\x06"


def compression(file_name: str) -> str:
    """`gzip`, `zstd`, `zip` or `none`, by the name the file was delivered under."""
    return COMPRESSIONS.get(PurePosixPath(file_name).suffix.lower(), "none")


def open_file(path: Path, kind: str, limits: LimitSettings) -> IO[bytes]:
    """Open for reading; what is compressed raises when it ends early or grows too large."""
    if kind == "none":
        return path.open("rb")
    if kind == "zstd":
        import pyarrow as pa

        source = pa.OSFile(str(path))
    else:
        source = path.open("rb")
    try:
        stream = _decompressed(source, kind)
    except BaseException:
        source.close()
        raise
    return cast(IO[bytes], io.BufferedReader(_Guarded(stream, source, limits), CHUNK_BYTES))


def _decompressed(source: IO[bytes], kind: str) -> IO[bytes]:
    if kind == "zstd":
        import pyarrow as pa

        return cast(IO[bytes], pa.CompressedInputStream(source, "zstd"))
    if kind == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=source))
    return _only_member(source)


class _Guarded(io.RawIOBase):
    """Decompressed bytes, refused as soon as they are more than a file may hold.

    The ratio is taken of each 64 MB by itself: a bomb behind a harmless beginning is seen too.
    """

    def __init__(self, stream: IO[bytes], source: IO[bytes], limits: LimitSettings) -> None:
        self._stream, self._source, self._limits = stream, source, limits
        self._total = self._marked = self._marked_position = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        self._source.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), CHUNK_BYTES))
        buffer[: len(data)] = data
        self._total += len(data)
        self._refuse_bomb()
        return len(data)

    def _refuse_bomb(self) -> None:
        most = self._limits.uncompressed_bytes
        if self._total > most:
            raise DeliveryRefused(
                "limit",
                f"it holds more than {most:,} bytes decompressed",
            )
        grown = self._total - self._marked
        if grown < WINDOW_BYTES:
            return
        position = self._source.tell()
        if grown > self._limits.ratio * max(1, position - self._marked_position):
            raise DeliveryRefused(
                "limit", f"it decompresses to more than {self._limits.ratio:g} times its size"
            )
        self._marked, self._marked_position = self._total, position


def _only_member(source: IO[bytes]) -> IO[bytes]:
    """The one member of a zip archive; raise DeliveryRefused for any other archive."""
    members = _member_count(source)
    if members != 1:
        raise DeliveryRefused("archive", f"the zip holds {members} members, it may hold one")
    try:
        archive = zipfile.ZipFile(source)
        [member] = archive.infolist()
        _refuse_member(member)
        return archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise DeliveryRefused("truncated", "it is no complete zip archive") from error


def _member_count(source: IO[bytes]) -> int:
    """By the end of the archive alone: a list of millions is not read."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - (1 << 16) - 22))
    end = source.read()
    start = end.rfind(END_OF_ZIP)
    if start < 0 or len(end) < start + 22:
        raise DeliveryRefused("truncated", "it is no complete zip archive")
    source.seek(0)
    return int.from_bytes(end[start + 10 : start + 12], "little")


def _refuse_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename.replace("\\", "/")
    path, mode = PurePosixPath(name), member.external_attr >> 16
    fault = None
    if ".." in path.parts or path.is_absolute() or name[1:2] == ":":
        fault = "its member is named outside the archive"
    elif member.flag_bits & 0x1:
        fault = "its member is encrypted"
    elif member.is_dir() or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        fault = "its member is a link or no regular file"
    elif path.suffix.lower() in NESTED:
        fault = "its member is an archive itself"
    elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "its member is compressed by another method than deflate"
    if fault:
        raise DeliveryRefused("archive", f"the zip is not taken, {fault}")
