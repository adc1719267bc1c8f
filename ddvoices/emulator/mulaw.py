"""Samples into G.711's µ-law, the telephone's eight bits a sample."""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache

_BIAS = 132  # added before the logarithm, so that the smallest samples have an exponent, too
_HIGHEST = 32635


def encode_mulaw(pcm: bytes) -> bytes:
    """Return a byte for each of the 16-bit samples."""
    samples = array("H", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_codes().__getitem__, samples))


@lru_cache(maxsize=1)
def _codes() -> bytes:
    """Return the code of each sample, negative ones as the unsigned numbers that their bits are."""
    positive = bytes(0xFF ^ _magnitude(sample) for sample in range(32768))
    negative = bytes(0x7F ^ _magnitude(32768 - at) for at in range(32768))
    return positive + negative


def _magnitude(size: int) -> int:
    """Return three bits of exponent and four of mantissa."""
    biased = min(size, _HIGHEST) + _BIAS
    exponent = biased.bit_length() - 8
    return exponent << 4 | biased >> exponent + 3 & 0x0F
