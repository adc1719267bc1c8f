"""Samples from one rate to another: a windowed sinc, in plain Python.

A second of speech costs about 50 ms at 48 kHz, less at lower rates.
"""

from __future__ import annotations

import math
import sys
from array import array
from functools import lru_cache
from operator import mul

_CROSSINGS = 8  # zero crossings of the sinc on each side: steep enough for speech


def resample(pcm: bytes, source: int, target: int) -> bytes:
    """Return 16-bit mono little-endian samples at ``target`` per second, for those at ``source``."""
    if source == target:
        return pcm
    common = math.gcd(source, target)
    up, down = target // common, source // common
    phases = _phases(up, down)
    reach = len(phases[0]) // 2
    count = len(pcm) // 2
    # Arrays, not lists: an hour of speech as a list of numbers would fill gigabytes.
    samples = array("h", bytes(2 * reach) + pcm + bytes(2 * reach + 2))
    made = array("h", bytes(2 * -(-count * up // down)))
    if sys.byteorder == "big":
        samples.byteswap()
    for number in range(len(made)):
        start, phase = divmod(number * down, up)
        taps = phases[phase]
        value = round(sum(map(mul, taps, samples[start + 1 : start + 1 + len(taps)])))
        made[number] = max(-32768, min(32767, value))
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


@lru_cache(maxsize=8)
def _phases(up: int, down: int) -> list[list[float]]:
    """Return the filter for each position between two samples; it passes what both rates can hold."""
    cutoff = min(1.0, up / down)
    reach = math.ceil(_CROSSINGS / cutoff)
    return [_taps(phase / up, cutoff, reach) for phase in range(up)]


def _taps(offset: float, cutoff: float, reach: int) -> list[float]:
    taps = [_kernel(place - offset, cutoff, reach) for place in range(1 - reach, reach + 1)]
    total = sum(taps)
    return [tap / total for tap in taps]


def _kernel(distance: float, cutoff: float, reach: int) -> float:
    if abs(distance) >= reach:
        return 0.0
    window = 0.5 + 0.5 * math.cos(math.pi * distance / reach)
    angle = math.pi * distance * cutoff
    return window * (math.sin(angle) / angle if angle else 1.0)
