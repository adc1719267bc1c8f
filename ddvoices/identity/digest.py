"""Hashing that can't confuse one list of fields with another.

Frozen: markers that exist in people's accounts were made with it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import cache


def digest(domain: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the SHA-256 over tagged, length-prefixed fields.

    The domain comes first, as a field with the tag ``ddvoices``. Each field is the length of its tag (one
    byte), the tag, the length of its value (eight bytes, big-endian), the value; all text is UTF-8.
    """
    parts = [_opening(domain)]
    for tag, value in fields:
        value_bytes = value.encode()
        parts += (_prefixed(tag), len(value_bytes).to_bytes(8, "big"), value_bytes)
    return hashlib.sha256(b"".join(parts)).digest()


@cache
def _opening(domain: str) -> bytes:
    domain_bytes = domain.encode()
    return _prefixed("ddvoices") + len(domain_bytes).to_bytes(8, "big") + domain_bytes


@cache
def _prefixed(tag: str) -> bytes:
    tag_bytes = tag.encode()
    return len(tag_bytes).to_bytes(1, "big") + tag_bytes


def leading_bits(data: bytes, count: int) -> int:
    """Return the first ``count`` bits of ``data`` as a number."""
    return int.from_bytes(data, "big") >> (len(data) * 8 - count)


def plain(text: str) -> str:
    """Return the normal form of a text that a person typed: NFC, trimmed."""
    return unicodedata.normalize("NFC", text).strip()
