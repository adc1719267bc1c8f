"""What the tests hear: that audio is what it says it is, as long as it should be, and not silent."""

from __future__ import annotations

import io
import math
import struct

from tinytag import TinyTag


def samples_of(file: bytes) -> tuple[int, bytes]:
    """Return rate and samples of a WAV of 16-bit mono samples; its lengths must be those of the file."""
    magic, size, kind = struct.unpack_from("<4sI4s", file)
    assert (magic, size, kind) == (b"RIFF", len(file) - 8, b"WAVE")
    found, at = {}, 12
    while at < len(file):
        name, size = struct.unpack_from("<4sI", file, at)
        found[name] = file[at + 8 : at + 8 + size]
        assert len(found[name]) == size
        at += 8 + size + size % 2
    _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", found[b"fmt "])
    assert (channels, bits) == (1, 16)
    return rate, found[b"data"]


def riff_samples(file: bytes) -> bytes:
    """Return what follows the header of a WAV; not by its lengths, which the Node client gets wrong."""
    assert (file[:4], file[8:12]) == (b"RIFF", b"WAVE")
    return file[file.index(b"data") + 8 :]


def spoken_seconds(samples: bytes, rate: int) -> float:
    """Return how long 16-bit samples last; they must not be silent."""
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    assert math.sqrt(sum(value * value for value in values) / len(values)) > 500
    return len(values) / rate


def expanded(codes: bytes) -> bytes:
    """Return the 16-bit samples that codes of G.711's µ-law stand for."""
    return struct.pack(f"<{len(codes)}h", *map(_expanded, codes))


def file_seconds(audio: bytes, ending: str) -> float:
    """Return how long an MP3 or an Ogg file lasts."""
    tag = TinyTag.get(filename=f"x.{ending}", file_obj=io.BytesIO(audio))
    assert tag.duration is not None
    return tag.duration


def _expanded(code: int) -> int:
    code ^= 0xFF
    size = ((code & 15) * 8 + 132 << (code >> 4 & 7)) - 132
    return -size if code & 128 else size
