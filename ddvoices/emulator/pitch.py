"""The parts of a recording in which a voice sounds, each with its pitch: by autocorrelation, in plain Python.

A second of speech costs about 50 ms, a long recording half a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from ddvoices.emulator.wav import Sound

_LOWEST_HERTZ, _HIGHEST_HERTZ = 60, 400
_RATE = 8000  # samples per second are enough for pitch, and few enough to be quick
_MOST_PARTS = 150
_WINDOW_SECONDS, _STEP_SECONDS = 0.03, 0.02
_LEAST_LEVEL = 60.0  # of 32768, root mean square: below it is silence
_LEAST_LIKENESS = 0.65  # between a window and what follows a period later, 1 being equal


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicedPart:
    """A few hundredths of a second: samples with a mean of 0, their rate, and the pitch in hertz."""

    samples: Sequence[float]
    rate: float
    hertz: float


def find_voiced(sound: Sound) -> tuple[list[VoicedPart], int]:
    """Return voiced parts from all over a recording, and of how many that aren't quiet they were chosen."""
    thinned, rate = _thin(sound)
    loud = list(_loud(thinned, rate))
    voiced = [
        VoicedPart(samples=part, rate=rate, hertz=hertz)
        for part in loud
        if (hertz := _pitch(part, rate)) is not None
    ]
    return voiced, len(loud)


def _thin(sound: Sound) -> tuple[Sequence[float], float]:
    """Return the samples at about ``_RATE`` per second: the means of as many as fall into one."""
    step = max(1, sound.rate // _RATE)
    groups = zip(*[iter(sound.samples)] * step, strict=False)
    return [sum(group) / step for group in groups], sound.rate / step


def _loud(samples: Sequence[float], rate: float) -> Iterator[list[float]]:
    length = _window(rate) + int(rate / _LOWEST_HERTZ) + 3
    step = max(int(_STEP_SECONDS * rate), (len(samples) - length) // _MOST_PARTS)
    parts = [_centred(samples[at : at + length]) for at in range(0, len(samples) - length, step)]
    levels = [math.sqrt(sum(map(mul, part, part)) / length) for part in parts]
    quiet = max(_LEAST_LEVEL, max(levels, default=0.0) / 5)
    yield from (part for part, level in zip(parts, levels, strict=True) if level > quiet)


def _centred(part: Sequence[float]) -> list[float]:
    middle = sum(part) / len(part)
    return [value - middle for value in part]


def _pitch(part: Sequence[float], rate: float) -> float | None:
    """Return the pitch of a part, or None where it doesn't repeat itself as a voice does.

    It is the shortest lag after which the part is nearly as like itself as after any: longer ones are
    multiples of the period. Lags too short for a voice are looked at, so that a whistle is not taken for one.
    """
    likeness = _likeness(part, rate)
    peaks = [
        lag
        for lag in range(1, len(likeness) - 1)
        if likeness[lag - 1] < likeness[lag] >= likeness[lag + 1] and likeness[lag] >= _LEAST_LIKENESS
    ]
    best = max((likeness[lag] for lag in peaks), default=0.0)
    lag = next((lag for lag in peaks if likeness[lag] >= 0.9 * best), None)
    if lag is None:
        return None
    hertz = rate / (lag + _offset(likeness[lag - 1 : lag + 2]))
    return hertz if _LOWEST_HERTZ <= hertz <= _HIGHEST_HERTZ else None


def _likeness(part: Sequence[float], rate: float) -> list[float]:
    """Return for each lag how alike the first window and the one after the lag are, at most 1."""
    length = _window(rate)
    start = part[:length]
    energies = list(accumulate((value * value for value in part), initial=0.0))
    own = energies[length]
    return [
        sum(map(mul, start, part[lag : lag + length]))
        / (math.sqrt(own * (energies[lag + length] - energies[lag])) or 1.0)
        for lag in range(len(part) - length)
    ]


def _offset(around: Sequence[float]) -> float:
    """Return where between its neighbours a peak lies, from -0.5 to 0.5: the top of a parabola."""
    before, top, after = around
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend else 0.0


def _window(rate: float) -> int:
    return int(_WINDOW_SECONDS * rate)
