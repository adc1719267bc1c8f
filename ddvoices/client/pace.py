"""How many requests may be under way at once: fewer where the service says so, growing back."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_WAIT = 30.0
_ROUNDS_BEFORE_TRYING = 16


class Pace:
    """Additive increase, multiplicative decrease, as networks share a line; but the line's width is a number.

    A refusal halves what is allowed, once for all that were sent before it: one burst is one sign. Each full
    round of successes allows one more, up to ``most``; only each sixteenth where it was too many before, for
    every such try may cost a refusal. ``clock`` is monotonic, in seconds.
    """

    def __init__(self, most: int, *, clock: Callable[[], float]) -> None:
        self._most = float(max(most, 1))
        self._window = self._most
        self._taken = self._most
        self._clock = clock
        self._slowed_at = -1.0

    @property
    def allowed(self) -> int:
        """Return how many may be under way at once; at least 1."""
        return int(self._window)

    def start(self) -> float:
        """Return what `refused` wants to know of a request that is sent now."""
        return self._clock()

    def succeeded(self) -> None:
        """Note a success."""
        rounds = 1 if self._window < self._taken else _ROUNDS_BEFORE_TRYING
        self._window = min(self._most, self._window + 1 / (self.allowed * rounds))

    def refused(self, started: float) -> None:
        """Note that the service has refused a request which was sent at ``started``."""
        if started > self._slowed_at:
            self._taken = max(1.0, self.allowed - 1.0)
            self._window = max(1.0, self.allowed / 2)
            self._slowed_at = self._clock()


def backoff(attempt: int, *, random: Callable[[], float]) -> float:
    """Return the seconds to wait after an attempt (counted from 0): 1, 2, 4… up to 30, less up to a half."""
    return float(min(LONGEST_WAIT, 2.0 ** min(attempt, 10)) * (0.5 + random() / 2))
