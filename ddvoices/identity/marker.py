"""The marker: what ddvoices writes into ``speaker_id``, and reads back from ``speakerId``.

A UUID of version 8 (RFC 9562, section 5.8), whose 122 free bits are, from the most significant one:
magic 9, scheme 4, publish 1, owner 28, key 40, fingerprint 40. Ours is recognised by magic and owner,
whatever its version nibble and the case of its letters: a service may rewrite both.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from ddvoices.identity.scheme import (
    CONTENT_HASHES,
    CURRENT_SCHEME,
    FINGERPRINT_BITS,
    KEY_BITS,
    OWNER_BITS,
    key_hash,
    owner_hash,
)
from ddvoices.model import VoiceSpec

MAGIC = 0x1DD
_MAGIC_BITS, _SCHEME_BITS, _PUBLISH_BITS = 9, 4, 1
_WIDTHS = (_MAGIC_BITS, _SCHEME_BITS, _PUBLISH_BITS, OWNER_BITS, KEY_BITS, FINGERPRINT_BITS)
_PLACES = tuple((sum(_WIDTHS[index + 1 :]), (1 << width) - 1) for index, width in enumerate(_WIDTHS))
_VERSION, _VARIANT = 8, 0b10
_FINGERPRINT = re.compile(r"([0-9]{1,9}):.")  # of no number that is too long to be one
_UUID = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The parts of a marker, as numbers."""

    scheme: int
    publish: bool
    owner: int
    key: int
    fingerprint: int

    def __str__(self) -> str:
        """Return the UUID, in lower case."""
        parts = (MAGIC, self.scheme, int(self.publish), self.owner, self.key, self.fingerprint)
        free = 0
        for value, width in zip(parts, _WIDTHS, strict=True):
            free = free << width | value
        custom_a, custom_b, custom_c = free >> 74, free >> 62 & 0xFFF, free & (1 << 62) - 1
        return str(UUID(int=custom_a << 80 | _VERSION << 76 | custom_b << 64 | _VARIANT << 62 | custom_c))

    @property
    def content(self) -> str:
        """Return the fingerprint with its scheme, as the lock and plans write it."""
        return format_fingerprint(self.scheme, self.fingerprint)


def read_marker(speaker_id: str | None, *, ours: Container[int] = ()) -> Marker | None:
    """Return the marker that a ``speakerId`` is; None for anything else.

    A marker of one of ``ours``, hashes of owners, is read whatever its version nibble. Anybody else's is
    read with version 8 only: one in 512 random UUIDs begins with the magic, and is no marker.
    """
    text = (speaker_id or "").strip()
    if not _UUID.fullmatch(text):
        return None
    number = int(text.replace("-", ""), 16)
    if number >> 62 & 0b11 != _VARIANT:
        return None
    free = number >> 80 << 74 | (number >> 64 & 0xFFF) << 62 | number & (1 << 62) - 1
    magic, scheme, publish, owner, key, fingerprint = [free >> shift & mask for shift, mask in _PLACES]
    if magic != MAGIC or (number >> 76 & 0xF != _VERSION and owner not in ours):
        return None
    return Marker(scheme=scheme, publish=bool(publish), owner=owner, key=key, fingerprint=fingerprint)


def make_marker(spec: VoiceSpec, *, owner: str) -> Marker:
    """Return the marker that a voice is created with.

    Raises:
        ValueError: the voice has no sample.
    """
    if spec.sample is None:
        raise ValueError(f"{spec.key}: a voice without a sample has no marker")
    return Marker(
        scheme=CURRENT_SCHEME,
        publish=spec.publish,
        owner=owner_hash(owner),
        key=key_hash(spec.key),
        fingerprint=CONTENT_HASHES[CURRENT_SCHEME](spec, spec.sample.sound),
    )


@cache
def format_fingerprint(scheme: int, bits: int) -> str:
    """Return ``scheme:hex``, such as ``1:00c0ffee42``."""
    return f"{scheme}:{bits:0{FINGERPRINT_BITS // 4}x}"


def fingerprint(spec: VoiceSpec, *, scheme: int = CURRENT_SCHEME) -> str | None:
    """Return what ``spec`` would be fingerprinted as under ``scheme``; None without a sample."""
    if spec.sample is None or scheme not in CONTENT_HASHES:
        return None
    return format_fingerprint(scheme, CONTENT_HASHES[scheme](spec, spec.sample.sound))


def scheme_of(content: str) -> int:
    """Return the scheme of a formatted fingerprint; -1 for what isn't one."""
    found = _FINGERPRINT.match(content)
    return int(found[1]) if found else -1


def same_content(spec: VoiceSpec, known: str | None) -> bool | None:
    """Tell whether a voice of fingerprint ``known`` is what ``spec`` wants, under the voice's own scheme.

    None where that can't be told: no sample in the catalog, nothing known of the voice, or a scheme that
    this release doesn't have.
    """
    wanted = None if known is None else fingerprint(spec, scheme=scheme_of(known))
    return None if wanted is None else wanted == known
