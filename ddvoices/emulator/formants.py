"""The resonances of a throat and mouth in a voiced part of speech, by linear prediction."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from itertools import pairwise
from operator import mul

_STEP_HERTZ = 25
_LOWEST_HERTZ, _HIGHEST_HERTZ = 200, 3800
_LOWEST_THIRD = 2000  # a lower third peak is a harmonic, or half of the first formant
_PRE_EMPHASIS = 0.9  # speech gets weaker towards high frequencies


def third_formant(samples: Sequence[float], rate: float) -> float | None:
    """Return the third resonance in hertz, or None where fewer are found; ``samples`` of about 8 kHz."""
    filters = _predict(_shaped(samples), order=10 if rate < 9000 else 12)
    highest = min(_HIGHEST_HERTZ, rate / 2 - _STEP_HERTZ)
    hertz = range(_LOWEST_HERTZ, int(highest), _STEP_HERTZ)
    heights = [1 / (abs(_response(filters, each / rate)) or 1e-9) for each in hertz]
    peaks = [
        hertz[at] for at in range(1, len(heights) - 1) if heights[at - 1] < heights[at] >= heights[at + 1]
    ]
    return next((peak for peak in peaks[2:] if peak >= _LOWEST_THIRD), None)


def _shaped(samples: Sequence[float]) -> list[float]:
    """Return the samples with their high frequencies raised, fading in and out."""
    raised = [now - _PRE_EMPHASIS * before for before, now in pairwise(samples)]
    turn = 2 * math.pi / max(1, len(raised) - 1)
    return [(0.54 - 0.46 * math.cos(turn * at)) * value for at, value in enumerate(raised)]


def _predict(samples: Sequence[float], *, order: int) -> list[float]:
    """Return the filter whose inverse sounds like the samples: Levinson and Durbin's recursion."""
    products = [sum(map(mul, samples, samples[lag:])) for lag in range(order + 1)]
    filters = [1.0]
    rest = products[0] * 1.0001 or 1.0  # never quite 0, whatever the samples are
    for size in range(1, order + 1):
        reflection = -sum(map(mul, filters, products[size:0:-1])) / rest
        longer = [*filters, 0.0]
        filters = [one + reflection * other for one, other in zip(longer, reversed(longer), strict=True)]
        rest *= 1 - reflection * reflection
    return filters


def _response(filters: Sequence[float], turns: float) -> complex:
    step = cmath.exp(-2j * math.pi * turns)
    total = 0j
    for value in reversed(filters):
        total = total * step + value
    return total
