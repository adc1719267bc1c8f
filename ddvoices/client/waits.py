"""Telling of waits: to the log, for whoever would otherwise wonder why nothing happens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ddvoices.client.retry import TOO_MANY, Kind, Trouble, patience

_log = logging.getLogger("ddvoices.client")
_WORTH_TELLING = 1.0
"""Seconds; shorter waits are logged at DEBUG."""

_WHY = {
    Kind.UNREACHABLE: "no connection",
    Kind.TIMEOUT: "no answer in time",
    Kind.LOST: "the connection was lost",
    Kind.UNBELIEVABLE: "an answer that can't be used",
    Kind.REDIRECT: "an answer that points elsewhere",
}


class Waits:
    """Logs each span of waiting once: requests that wait side by side, and end together, are one.

    The record's ``details`` are fields for programs: ``event``, ``region``, ``status``, ``seconds``, ``try``
    (the one that comes then, from 2) and ``tries``. May be shared by threads; ``clock`` is monotonic.
    """

    def __init__(self, region: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._region = region
        self._clock = clock
        self._mutex = threading.Lock()
        self._told_until = clock()

    def tell(self, trouble: Trouble, seconds: float, *, attempt: int, max_retries: int) -> None:
        """Log that there is a wait after an attempt, which counts from 0."""
        number, tries = attempt + 2, patience(trouble, max_retries) + 1
        details = {
            "event": "wait",
            "region": self._region,
            "status": trouble.status,
            "seconds": round(seconds, 1),
            "try": number,
            "tries": tries,
        }
        _log.log(
            logging.INFO if self._is_news(seconds) else logging.DEBUG,
            "%s: %s: waiting %.0f s before try %d of %d",
            self._region,
            _why(trouble),
            seconds,
            number,
            tries,
            extra={"details": details},
        )

    def _is_news(self, seconds: float) -> bool:
        """Tell whether a wait is worth telling, and ends well after all that were told."""
        until = self._clock() + seconds
        with self._mutex:
            news = seconds >= _WORTH_TELLING and until >= self._told_until + _WORTH_TELLING / 2
            if news:
                self._told_until = until
        return news


def _why(trouble: Trouble) -> str:
    """Return in words why there is a wait."""
    if trouble.status in TOO_MANY:
        return "too many requests" if trouble.status == 429 else "busy (503)"
    return f"the service fails ({trouble.status})" if trouble.kind is Kind.STATUS else _WHY[trouble.kind]
