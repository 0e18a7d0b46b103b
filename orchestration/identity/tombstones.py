"""Hashes of values that only who has the workspace's secret can compute."""

from __future__ import annotations

import hashlib

BLOCK_BYTES, INNER, OUTER = 64, 0x36, 0x5C


def keyed_hash(value: str) -> str:
    """SQL for the HMAC-SHA256 of a text as hex digits; its parameters are those of `pads`."""
    return f"sha256($outer_pad || unhex(sha256($inner_pad || encode({value}))))"


def pads(secret: bytes) -> dict[str, bytes]:
    """The parameters of `keyed_hash`: bound, so that no error message can quote them."""
    short = hashlib.sha256(secret).digest() if len(secret) > BLOCK_BYTES else secret
    key = short.ljust(BLOCK_BYTES, b"\0")
    return {
        name: bytes(byte ^ pad for byte in key)
        for name, pad in (("inner_pad", INNER), ("outer_pad", OUTER))
    }
