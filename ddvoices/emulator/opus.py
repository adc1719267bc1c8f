"""Samples into Opus, in an Ogg file as RFC 7845 wants it; libopus comes with opuslib-next-bundled."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import opuslib_next

RATES = (8000, 12000, 16000, 24000, 48000)  # those that Opus knows

_CLOCK = 48000  # positions in the file count samples of this rate, whatever the audio's is
_FRAMES_PER_SECOND = 50
_PACKETS_PER_PAGE = 50
_FIRST, _LAST = 2, 4  # flags of a page
_VENDOR = b"ddvoices emulator"


def encode_opus(pcm: bytes, rate: int) -> bytes:
    """Return an Ogg Opus file of 16-bit mono samples; ``rate`` is one of ``RATES``."""
    encoder = opuslib_next.Encoder(rate, 1, "audio")
    skip = int(encoder.lookahead)
    scale = _CLOCK // rate
    packets = list(_packets(encoder, pcm, rate, skip))
    serial = zlib.crc32(pcm)  # equal for equal speech, and seldom for other
    pages = [
        _page(serial, 0, 0, _FIRST, [struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, skip * scale, rate, 0, 0)]),
        _page(serial, 1, 0, 0, [struct.pack("<8sI", b"OpusTags", len(_VENDOR)) + _VENDOR + bytes(4)]),
    ]
    end = (skip + len(pcm) // 2) * scale  # earlier than the last packet's end, which cuts the padding off
    for start in range(0, len(packets), _PACKETS_PER_PAGE):
        stop = start + _PACKETS_PER_PAGE
        is_last = stop >= len(packets)
        position = end if is_last else stop * _CLOCK // _FRAMES_PER_SECOND
        flags = _LAST if is_last else 0
        pages.append(_page(serial, len(pages), position, flags, packets[start:stop]))
    return b"".join(pages)


def _packets(encoder: opuslib_next.Encoder, pcm: bytes, rate: int, skip: int) -> Iterator[bytes]:
    """Encode the samples and as much silence after them as it takes to get them all out."""
    frame = rate // _FRAMES_PER_SECOND
    count = max(1, -(-(len(pcm) // 2 + skip) // frame))
    padded = pcm.ljust(2 * frame * count, b"\0")
    for at in range(0, len(padded), 2 * frame):
        yield encoder.encode(padded[at : at + 2 * frame], frame)


def _page(serial: int, number: int, position: int, flags: int, packets: Sequence[bytes]) -> bytes:
    """Return an Ogg page of whole packets."""
    lengths = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBQIII", b"OggS", 0, flags, position, serial, number, 0)
    page = head + bytes([len(lengths)]) + lengths + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    total = 0
    table = _checksums()
    for value in page:
        total = (total << 8 & 0xFFFFFFFF) ^ table[total >> 24 ^ value]
    return total


@lru_cache(maxsize=1)
def _checksums() -> list[int]:
    """Return the checksum of each byte: Ogg's is none that a library has, since its bits aren't reflected."""
    made = []
    for value in range(256):
        total = value << 24
        for _ in range(8):
            total = (total << 1 ^ (0x04C11DB7 if total >> 31 else 0)) & 0xFFFFFFFF
        made.append(total)
    return made
