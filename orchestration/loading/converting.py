"""Bytes of a file on their way to plain UTF-8 text with one record after the other."""

from __future__ import annotations

import codecs
import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused

BYTE_ORDER_MARK = "\ufeff".encode()
UTF_8 = ("utf_8", "utf-8", "utf-8-sig", "utf_8_sig")
BLANKS = " \t\n\r"


def converted(chunks: Iterable[bytes], dialect: Dialect, limits: LimitSettings) -> Iterator[bytes]:
    """The records of a text file as plain UTF-8 lines, whatever its dialect declares."""
    if dialect.format == "json":
        yield from _array_lines(decoded(chunks, dialect.encoding), limits)
        return
    if not is_utf_8(dialect.encoding):
        chunks = (text.encode() for text in decoded(chunks, dialect.encoding))
    chunks = _without_mark(chunks)
    if dialect.line_end == "any":
        chunks = _with_line_feeds(chunks)
    if dialect.skip:
        chunks = _without_preamble(chunks, dialect.skip, limits)
    if dialect.skip_footer:
        chunks = _without_footer(chunks, dialect.skip_footer, limits)
    yield from chunks


def is_utf_8(encoding: str) -> bool:
    """Whether this is UTF-8 under one of its names."""
    return codecs.lookup(encoding).name in UTF_8


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Text without its byte order mark; raise DeliveryRefused at the first invalid byte."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    fed, is_first = 0, True
    for chunk in chain(chunks, [b""]):
        fed += len(chunk)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            offset = fed - len(error.object) + error.start
            raise DeliveryRefused("encoding", invalid_byte(encoding, offset)) from error
        except UnicodeError as error:  # utf-16 without a byte order mark
            raise DeliveryRefused(
                "encoding",
                f"it has no byte order mark: declare {encoding}-le or {encoding}-be",
            ) from error
        if text and is_first:
            text, is_first = text.removeprefix("\ufeff"), False
        if text:
            yield text


def invalid_byte(encoding: str, offset: int) -> str:
    """The message about a byte, counted from 0, that no text of an encoding has."""
    return f"it is not valid {encoding}: the first invalid byte is at offset {offset:,}"


def first_invalid(chunks: Iterable[bytes], encoding: str) -> str | None:
    """The message about the first invalid byte, None where every byte is valid."""
    try:
        deque(decoded(chunks, encoding), maxlen=0)
    except DeliveryRefused as error:
        return error.reason
    return None


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    start, rest = b"", filter(None, chunks)
    while len(start) < len(BYTE_ORDER_MARK) and (chunk := next(rest, b"")):
        start += chunk
    yield start.removeprefix(BYTE_ORDER_MARK)
    yield from rest


def _with_line_feeds(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """CR and CRLF become LF."""
    held = b""
    for chunk in chunks:
        data = held + chunk
        held = b"\r" if data.endswith(b"\r") else b""
        yield data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"


def _without_preamble(
    chunks: Iterable[bytes], lines: int, limits: LimitSettings
) -> Iterator[bytes]:
    rest, data = filter(None, chunks), b""
    for _ in range(lines):
        while b"\n" not in data and (chunk := next(rest, b"")):
            data += chunk
            if len(data) > limits.line_bytes and b"\n" not in data:
                raise DeliveryRefused("record_size", "a line before the header does not end")
        data = data.partition(b"\n")[2]
    yield data
    yield from rest


def _without_footer(chunks: Iterable[bytes], lines: int, limits: LimitSettings) -> Iterator[bytes]:
    """Hold back the last lines that are not empty, and drop them at the end."""
    held = b""
    for chunk in chunks:
        held += chunk
        end = _footer_start(held, lines)
        yield held[:end]
        held = held[end:]
        if len(held) > limits.line_bytes * (lines + 1):
            raise DeliveryRefused("record_size", "a line of its footer does not end")


def _footer_start(data: bytes, lines: int) -> int:
    """Where the last lines begin; a line that is being read counts as one of them."""
    end = len(data)
    while lines and end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        lines -= bool(data[start:end].strip())
        end = start
    return end


def _array_lines(texts: Iterator[str], limits: LimitSettings) -> Iterator[bytes]:
    """Each element of a JSON array as a line of its own, in the very words of the file."""
    array = _Array(texts, limits)
    array.expect("[", "it is no JSON array (of one object a line, declare jsonl)")
    if array.peek() != "]":
        while True:
            yield array.element().translate({10: " ", 13: " "}).encode() + b"\n"
            if array.peek() != ",":
                break
            array.position += 1
    array.expect("]", "its JSON array is broken or ends early")
    if array.peek():
        raise array.refused("something follows its JSON array")


class _Array:
    """A JSON array read piece by piece; numbers stay as they are written."""

    def __init__(self, texts: Iterator[str], limits: LimitSettings) -> None:
        self.texts, self.limits = texts, limits
        self.text, self.position, self.elements = "", 0, 0
        self.decoder = json.JSONDecoder(parse_int=str, parse_float=str)

    def refused(self, what: str) -> DeliveryRefused:
        return DeliveryRefused("json", f"{what}, after {self.elements:,} elements", self.elements)

    def expect(self, sign: str, fault: str) -> None:
        if self.peek() != sign:
            raise self.refused(fault)
        self.position += 1

    def peek(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            while self.position < len(self.text) and self.text[self.position] in BLANKS:
                self.position += 1
            if self.position < len(self.text) or not self._read():
                return self.text[self.position : self.position + 1]

    def element(self) -> str:
        """The text of the next element, and of nothing behind it."""
        self.peek()
        while True:
            try:
                _, end = self.decoder.raw_decode(self.text, self.position)
            except json.JSONDecodeError as error:
                if not self._read():
                    raise self.refused("its JSON array is broken or ends early") from error
                continue
            except RecursionError as error:
                raise self.refused("its JSON is nested too deeply") from error
            if end == len(self.text) and self._read():
                continue  # a number may go on
            found = self.text[self.position : end]
            self.position, self.elements = end, self.elements + 1
            return found

    def _read(self) -> bool:
        """Add the next piece of text; False at the end."""
        if len(self.text) - self.position > self.limits.line_bytes:
            raise DeliveryRefused(
                "record_size", "an element of its JSON array does not end", self.elements
            )
        piece = next(self.texts, "")
        self.text, self.position = self.text[self.position :] + piece, 0
        return bool(piece)
