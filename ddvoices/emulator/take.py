"""How one take of a text differs from another: what seed, temperature and variance are heard as."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_USUAL_TEMPERATURE = 0.5  # where only a seed was given

# At a temperature of 1, as far as a voice moves away from its own way to speak.
_PITCH = 4  # of 100: so far that women and men stay apart
_PACE = 0.08  # of its tempo
_SPAN = 20  # of 100
_PAUSE_SECONDS = 0.1  # before it begins
_USUAL_SPAN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One way to say a text.

    ``pitch`` is added to the voice's own, of 100; ``pace`` is a factor of its tempo; ``span`` is how far the
    pitch moves, from 0 to 100; ``pause`` are the seconds of silence before the first word.
    """

    pitch: int = 0
    pace: float = 1.0
    span: int = _USUAL_SPAN
    pause: float = 0.0


def find_take(*, seed: int | None, temperature: float | None, variance: float | None) -> Take:
    """Return the take for these options, always the same for the same; without any, the voice's own way.

    A temperature of 0 leaves nothing to chance: then all seeds are one.
    """
    span = _USUAL_SPAN if variance is None else round(100 * variance)
    if seed is None and temperature is None:
        return Take(span=span)
    heat = _USUAL_TEMPERATURE if temperature is None else temperature
    pitch, pace, wider, pause = _chances(seed or 0)
    return Take(
        pitch=round(_PITCH * heat * pitch),
        pace=1 + _PACE * heat * pace,
        span=min(max(round(span + _SPAN * heat * wider), 0), 100),
        pause=_PAUSE_SECONDS * heat * (1 + pause) / 2,
    )


def _chances(seed: int) -> list[float]:
    """Return four numbers from -1 to 1."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    return [int.from_bytes(digest[at : at + 2], "big") / 32767.5 - 1 for at in range(0, 8, 2)]
