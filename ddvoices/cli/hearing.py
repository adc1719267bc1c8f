"""What the library logs, said as the program says things: warnings, waits, and with -v every call."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ddvoices.cli.session import Session

_LIBRARY = "ddvoices"


def hear(session: Session) -> None:
    """Say from now on what the library logs; once is enough."""
    log = logging.getLogger(_LIBRARY)
    if not any(isinstance(handler, _Teller) for handler in log.handlers):
        log.addHandler(_Teller(session))
        log.setLevel(logging.DEBUG if session.verbose else logging.INFO)
        logging.getLogger().addHandler(_Others(session))


class _Others(logging.Handler):
    """Says what other libraries log in one line: what is an error, and with -v their warnings, too.

    Left alone, it would be printed with a traceback, and with headers that the service has sent.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record; ours have been said."""
        from ddvoices.redact import without_keys

        if record.name.partition(".")[0] == _LIBRARY:
            return
        message = " ".join(without_keys(f"{record.name}: {record.getMessage()}").split())
        if record.levelno >= logging.ERROR:
            self._session.error(message)
        elif self._session.verbose:
            self._session.say(message)


class _Teller(logging.Handler):
    """Says each warning once, and what has ``details`` unless it is to be quiet; with -v all."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._warned: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record."""
        message, details = record.getMessage(), getattr(record, "details", {})
        if record.levelno >= logging.WARNING:
            self._warn(message)
        elif record.levelno >= logging.INFO and details:
            self._tell(message, details)
        elif self._session.verbose:
            self._session.say(f"{record.name}: {message}", **details)

    def _tell(self, message: str, details: Mapping[str, Any]) -> None:
        """Say what a person wonders about; a wait is shown by what is drawn on the terminal anyway."""
        if details["event"] == "wait" and self._session.drawn:
            self._session.drawn[-1].wait(message, details)
        else:
            self._session.say(message, **details)

    def _warn(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self._session.warn(message)
