"""How loud a PCM recording is: silent, or cut off at the top."""

from __future__ import annotations

import re

from ddvoices.audio.pcm import sixteen_bits
from ddvoices.audio.wav import Wave

# Under this no sample is speech: -60 dB of full scale, on the scale of 16 bits.
_SILENT = 33
# This many samples in a row at full scale are a flat top, which a mere peak never has.
_FLAT = 3
_FLAT_TOPS = re.compile(rb"(?:\xff\x7f){3,}|(?:\x00\x80){3,}")


def is_silent(wave: Wave) -> bool | None:
    """Tell whether no sample reaches -60 dB; None where the samples aren't PCM of 16, 24 or 32 bits."""
    found = sixteen_bits(wave)
    return None if found is None else all(map(_is_quiet, found))


def _is_quiet(samples: bytes) -> bool:
    view = memoryview(samples).cast("h")
    if any(abs(sample) >= _SILENT for sample in view[::97]):  # nearly always enough
        return False
    return not view or (max(view) < _SILENT and min(view) > -_SILENT)


def flat_tops(wave: Wave) -> int | None:
    """Count the places where three or more samples in a row of a channel stand at full scale."""
    found = sixteen_bits(wave)
    if found is None:
        return None
    channels = max(1, wave.channels)
    tops, before = 0, b""
    for samples in found:  # one that goes on from block to block is seen once
        tops += _flat_in(before + samples, channels) - _flat_in(before, channels)
        before = samples[-2 * channels * _FLAT :]
    return tops


def _flat_in(samples: bytes, channels: int) -> int:
    if channels == 1:
        return _count_flat(samples)
    whole = memoryview(samples).cast("h")
    each = range(min(channels, len(whole)))  # a short recording may say that it has 65535 channels
    return sum(_count_flat(whole[channel::channels].tobytes()) for channel in each)


def _count_flat(samples: bytes) -> int:
    if not any(top * _FLAT in samples for top in (b"\xff\x7f", b"\x00\x80")):  # far faster than the pattern
        return 0
    return sum(1 for match in _FLAT_TOPS.finditer(samples) if match.start() % 2 == 0)
