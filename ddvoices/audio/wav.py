"""RIFF WAVE files: a strict reading that is sure of itself, and a lenient one that only estimates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ddvoices.audio.filebytes import Data, FileBytes, part_of

_HEADER = 12
_MOST_CHUNKS = 10_000  # before the samples; a service that sends more sends no audio
_PCM = 0x0001
_EXTENSIBLE = 0xFFFE
# Written by programs that stream and never come back to fill in the length.
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF, 0x7FFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What a WAV says of its samples; ``data`` holds them, ``missing`` counts the bytes that aren't there."""

    fmt: bytes
    data: memoryview | FileBytes
    missing: int = 0

    @property
    def channels(self) -> int:
        """Return the number of channels."""
        return int.from_bytes(self.fmt[2:4], "little")

    @property
    def rate(self) -> int:
        """Return the samples per second of each channel."""
        return int.from_bytes(self.fmt[4:8], "little")

    @property
    def bits(self) -> int:
        """Return the size of one sample in bits, as it is stored."""
        return int.from_bytes(self.fmt[14:16], "little")

    @property
    def tag(self) -> int:
        """Return the number of the format, also where it stands in the extension."""
        tag = int.from_bytes(self.fmt[:2], "little")
        return int.from_bytes(self.fmt[24:26], "little") if tag == _EXTENSIBLE else tag

    @property
    def is_pcm(self) -> bool:
        """Tell whether the samples are plain integers."""
        return self.tag == _PCM

    @property
    def seconds(self) -> float | None:
        """Return the length in seconds, by the stated bytes per second; None where it states none."""
        per_second = int.from_bytes(self.fmt[8:12], "little")
        return len(self.data) / per_second if per_second else None


def is_wave(data: Data) -> bool:
    """Tell whether ``data`` begins as a WAV does."""
    return data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"


def read_surely(data: Data) -> Wave | None:
    """Return the WAV if every byte of the file is accounted for; None where anything is odd.

    Sure means: ``RIFF`` of exactly the file's length (the last pad byte may be missing), each chunk inside it
    with an id of printable ASCII, zero pad bytes, and exactly one ``fmt `` of 14 bytes or more before exactly
    one ``data`` that isn't empty. Frozen: the sound hash is defined by it.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    end = 8 + int.from_bytes(data[4:8], "little")
    if end != len(data) and (end != len(data) + 1 or end % 2):
        return None
    found = _strict_chunks(data)
    if found is None or [name for name, _ in found] != [b"fmt ", b"data"]:
        return None
    (_, fmt), (_, samples) = found
    return Wave(fmt=bytes(fmt), data=samples) if len(fmt) >= 14 and len(samples) else None


def read_roughly(data: Data) -> Wave | None:
    """Return what a player would make of a WAV: the first ``fmt `` and ``data``, cut where the file ends."""
    if not is_wave(data):
        return None
    fmt = b""
    for name, start, size in islice(_chunk_heads(data), _MOST_CHUNKS):
        if name == b"fmt " and size >= 14:
            fmt = data[start : start + size]
        elif name == b"data" and fmt:
            if size in _UNKNOWN_LENGTHS:
                return Wave(fmt=fmt, data=part_of(data, start, len(data)))
            missing = max(0, start + size - len(data))
            return Wave(fmt=fmt, data=part_of(data, start, start + size), missing=missing)
    return None


def _strict_chunks(data: Data) -> list[tuple[bytes, memoryview | FileBytes]] | None:
    """Return each ``fmt `` and ``data``, None if the chunks don't fill the file exactly."""
    found, position = [], _HEADER
    for name, start, size in _chunk_heads(data):
        position = start + size + size % 2
        printable = all(0x20 <= byte <= 0x7E for byte in name)
        padded = size % 2 == 0 or data[start + size : position] in (b"\0", b"")
        if start + size > len(data) or not printable or not padded:
            return None
        if name in (b"fmt ", b"data"):
            found.append((name, part_of(data, start, start + size)))
            if len(found) > 2:  # one too many, whatever follows: a file may be made of nothing else
                return None
    return found if position in (len(data), len(data) + 1) else None


def _chunk_heads(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's name, the offset of its payload, and the payload's stated size."""
    position = _HEADER
    while position + 8 <= len(data):
        head = data[position : position + 8]
        size = int.from_bytes(head[4:], "little")
        yield head[:4], position + 8, size
        position += 8 + size + size % 2
