"""The way to the service, which only so many requests may be on at once; shared by threads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ddvoices.client.pace import Pace


class Gate:
    """Lets through as many at once as the service seems to take: at most ``most``, None for any number.

    ``sleep`` gets the waits that the service asks for, in seconds; ``clock`` is monotonic.
    """

    def __init__(
        self,
        most: int | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._pace = Pace(most or sys.maxsize, clock=clock)
        self._under_way = 0
        self._closed_until = clock()
        self._changed = threading.Condition()

    @contextmanager
    def passing(self) -> Iterator[float]:
        """Wait for a place and hold it; yield what `refused` wants to know."""
        left = self._closed_until - self._clock()
        if left > 0:
            self._sleep(left)
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self._pace.allowed)
            self._under_way += 1
        try:
            yield self._pace.start()
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def succeeded(self) -> None:
        """Note that the service has taken a request."""
        with self._changed:
            self._pace.succeeded()

    def refused(self, started: float) -> None:
        """Note that a request was one too many."""
        with self._changed:
            self._pace.refused(started)

    def close_for(self, seconds: float) -> None:
        """Wait, and let nobody else ask meanwhile."""
        until = self._clock() + seconds
        with self._changed:
            self._closed_until = max(self._closed_until, until)
        self._sleep(seconds)
        with self._changed:
            if self._closed_until <= until:
                self._closed_until = self._clock()  # a wait may be cut short
