"""The samples of a WAV as one 16-bit channel: as much of it and as fast as is asked for."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ddvoices.audio.filebytes import BLOCK, blocks
from ddvoices.audio.join import make_wav
from ddvoices.audio.wav import Wave, read_roughly

_FLOAT = 3
_FULL = 32767


def cut_wav(data: bytes, *, seconds: float, rate: int) -> bytes | None:
    """Return the beginning of a WAV, mixed into one channel of 16 bits at ``rate`` samples a second.

    None if it isn't a WAV of plain integers or floats. Resampling is linear: good enough for a machine that
    judges a voice, not for ears.
    """
    wave = read_roughly(data)
    if wave is None or not wave.rate or not wave.channels:
        return None
    samples = _mono(wave, frames=round(seconds * wave.rate))
    return None if samples is None else make_wav(_pack(_resampled(samples, wave.rate, rate)), rate=rate)


def sixteen_bits(wave: Wave) -> Iterator[bytes] | None:
    """Yield each sample's upper 16 bits, little-endian, in blocks of whole frames.

    None if they aren't integers of 16, 24 or 32 bits.
    """
    if not wave.is_pcm or wave.bits not in (16, 24, 32):
        return None
    width = wave.bits // 8
    frame = width * max(1, wave.channels)
    return (_upper(bytes(block), width) for block in blocks(wave.data, BLOCK // frame * frame))


def _upper(data: bytes, width: int) -> bytes:
    """Return the upper 16 bits of samples of so many bytes; what is left of one at the end is left out."""
    count = len(data) // width
    if width == 2:
        return data[: count * 2]
    upper, whole = bytearray(count * 2), data[: count * width]
    upper[0::2], upper[1::2] = whole[width - 2 :: width], whole[width - 1 :: width]
    return bytes(upper)


def _mono(wave: Wave, *, frames: int) -> list[float] | None:
    """Return up to so many frames, each the mean of its channels, from -32768 to 32767."""
    width = max(1, wave.bits // 8) * wave.channels
    values = _values(replace(wave, data=memoryview(wave.data[: frames * width])))
    if values is None:
        return None
    channels = wave.channels
    return [
        sum(values[at : at + channels]) / channels
        for at in range(0, len(values) // channels * channels, channels)
    ]


def _values(wave: Wave) -> Sequence[float] | None:
    """Return samples on the scale of 16 bits; those of 8 bits have no sign."""
    whole = sixteen_bits(wave)
    if whole is not None:
        return _array("h", b"".join(whole))
    if wave.is_pcm and wave.bits == 8:
        return [(value - 128) * 256 for value in bytes(wave.data)]
    if wave.tag == _FLOAT and wave.bits == 32:
        floats = _array("f", bytes(wave.data[: len(wave.data) // 4 * 4]))
        return [_FULL * min(1.0, max(-1.0, value)) for value in floats]
    return None


def _resampled(samples: list[float], source: int, target: int) -> list[float]:
    """Return samples at another rate, each between its two neighbours."""
    if source == target or not samples:
        return samples
    last = len(samples) - 1
    made = []
    for number in range(len(samples) * target // source):
        place = number * source / target
        left = int(place)
        right = min(left + 1, last)
        made.append(samples[left] + (samples[right] - samples[left]) * (place - left))
    return made


def _pack(samples: list[float]) -> bytes:
    """Return samples as 16 bits, little-endian."""
    packed = array("h", (max(-32768, min(_FULL, round(sample))) for sample in samples))
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _array(code: str, data: bytes) -> Sequence[float]:
    """Return little-endian numbers of a machine type."""
    numbers: array[float] = array(code, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
