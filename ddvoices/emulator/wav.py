"""What is in a WAV file: the samples of one voice, whatever their width, channels and rate."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from operator import add

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES = range(4000, 768_001)
_MOST_CHANNELS = 64
_FLIP_SIGN = bytes(value ^ 0x80 for value in range(256))


class WavError(Exception):
    """The bytes are no WAV that can be read; the message says what they are instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Mono samples from -32768 to 32767, their rate, and how long the whole file lasts in seconds."""

    samples: array[int]
    rate: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How samples lie in the file: ``width`` bytes each, of which the last two say enough."""

    rate: int
    channels: int
    width: int
    is_float: bool


def read_wav(data: bytes, *, most_seconds: float) -> Sound:
    """Return the first ``most_seconds`` of a WAV file, its channels mixed to one.

    A length that is wrong, as in a stream's header, is taken for "to the end".

    Raises:
        WavError: it is none, is cut before its first sample, or holds compressed samples.
    """
    chunks = dict(_chunks(data))
    if b"fmt " not in chunks or b"data" not in chunks:
        raise WavError("the WAV file has no samples")
    layout = _read_layout(chunks[b"fmt "])
    frame = layout.channels * layout.width
    body = chunks[b"data"]
    frames = len(body) // frame
    kept = body[: min(frames, int(most_seconds * layout.rate)) * frame]
    return Sound(samples=_mixed(kept, layout), rate=layout.rate, seconds=frames / layout.rate)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        raise WavError("it is not a WAV file")
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        if name == b"data":
            return
        at += 8 + size + size % 2


def _read_layout(form: bytes) -> _Layout:
    if len(form) < 16:
        raise WavError("the WAV file's format is cut short")
    tag, channels, rate, _, frame = struct.unpack_from("<HHIIH", form)
    if tag == _EXTENSIBLE and len(form) >= 26:
        tag = struct.unpack_from("<H", form, 24)[0]  # the first field of the sub-format's GUID
    width = frame // channels if channels else 0
    widths = {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8)}.get(tag, ())
    if width not in widths or frame != width * channels:
        raise WavError(f"the WAV file's samples are neither PCM nor floating point (format {tag})")
    if channels > _MOST_CHANNELS:
        raise WavError(f"the WAV file has {channels} channels, and {_MOST_CHANNELS} are the most")
    if rate not in _RATES:
        raise WavError(f"the WAV file's sample rate of {rate} is not from {_RATES[0]} to {_RATES[-1]}")
    return _Layout(rate=rate, channels=channels, width=width, is_float=tag == _FLOAT)


def _mixed(body: bytes, layout: _Layout) -> array[int]:
    read = _float_channel if layout.is_float else _whole_channel
    total = read(body, layout, 0)
    for channel in range(1, layout.channels):
        total = array("l", map(add, total, read(body, layout, channel)))
    return array("h", [value // layout.channels for value in total])


def _whole_channel(body: bytes, layout: _Layout, channel: int) -> array[int]:
    """Take the two highest bytes of each sample; a single byte is unsigned, and the others aren't."""
    frame, last = layout.channels * layout.width, (channel + 1) * layout.width - 1
    packed = bytearray(2 * (len(body) // frame))
    packed[1::2] = body[last::frame]
    if layout.width == 1:
        packed[1::2] = packed[1::2].translate(_FLIP_SIGN)
    else:
        packed[0::2] = body[last - 1 :: frame]
    return _little_endian("h", bytes(packed))


def _float_channel(body: bytes, layout: _Layout, channel: int) -> array[int]:
    values = _little_endian("f" if layout.width == 4 else "d", body)[channel :: layout.channels]
    # In this order, what is not a number becomes -1: comparing with it is never true.
    return array("h", [round(32767 * max(-1.0, min(value, 1.0))) for value in values])


def _little_endian(code: str, packed: bytes) -> array[int]:
    values = array(code, packed)
    if sys.byteorder == "big":
        values.byteswap()
    return values
