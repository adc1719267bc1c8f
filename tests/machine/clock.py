"""Time that passes only when somebody waits, or looks."""

from __future__ import annotations

_START = 1_767_225_600_000_000_000  # 2026-01-01
_LOOK = 1_000  # ns; no two looks see the same moment


class Clock:
    """Every clock of the client, the engine and the service."""

    def __init__(self) -> None:
        self._now = _START

    def sleep(self, seconds: float) -> None:
        self._now += int(seconds * 1e9)

    def time_ns(self) -> int:
        self._now += _LOOK
        return self._now

    def monotonic(self) -> float:
        return self.time_ns() / 1e9
