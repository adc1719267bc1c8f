"""What a region's run has learned not to try any more."""

from __future__ import annotations

import threading
from collections import Counter

from ddvoices.apply.create import NeverMadeError
from ddvoices.apply.order import UPLOADS
from ddvoices.client import (
    ConnectionLostError,
    ForbiddenError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
)
from ddvoices.errors import AuthError, DdvoicesError, OutcomeUnknownError, ServiceUnreachableError
from ddvoices.model import Action

# each has been tried more than once by itself: what follows would only wait as long and fail too
_MOST_IN_A_ROW = 5
_SERVICE_DOWN = (ServerError, RateLimitedError, OutcomeUnknownError, NeverMadeError, ConnectionLostError)


class Stops:
    """Why calls, or calls of one kind, can't succeed any more; may be asked and told by threads."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._all: str | None = None
        self._kinds: dict[Action, str] = {}
        self._unreachable = 0
        self._down: Counter[Action] = Counter()

    def why_not(self, action: Action) -> str | None:
        """Return why a change of this kind isn't worth trying, None if it is."""
        with self._mutex:
            return self._all or self._kinds.get(_kind(action))

    def no_uploads(self, why: str) -> None:
        """Let no more voices be made."""
        with self._mutex:
            self._kinds.setdefault(Action.CREATE, why)

    def succeeded(self, action: Action) -> None:
        """Note that a change was carried out."""
        with self._mutex:
            self._unreachable = self._down[_kind(action)] = 0

    def failed(self, action: Action, error: DdvoicesError, message: str) -> None:
        """Note why a change failed: all calls end without a key, uploads in a full account.

        Where the service fails one call of a kind after the other, no more of that kind are tried.
        """
        with self._mutex:
            if isinstance(error, AuthError):
                self._all = self._all or message
            elif isinstance(error, PaymentRequiredError | ForbiddenError):
                self._kinds.setdefault(Action.CREATE, message)
            elif isinstance(error, ServiceUnreachableError):
                self._count_unreachable(message)
            elif isinstance(error, _SERVICE_DOWN):
                self._count_down(_kind(action), message)

    def _count_unreachable(self, message: str) -> None:
        self._unreachable += 1
        if self._unreachable >= _MOST_IN_A_ROW:
            self._all = self._all or _given_up(message)

    def _count_down(self, kind: Action, message: str) -> None:
        self._down[kind] += 1
        if self._down[kind] >= _MOST_IN_A_ROW:
            self._kinds.setdefault(kind, _given_up(message))


def _kind(action: Action) -> Action:
    """Return the kind of call that an action is: a replace makes a voice as a create does."""
    return Action.CREATE if action in UPLOADS else action


def _given_up(message: str) -> str:
    return f"not tried after {_MOST_IN_A_ROW} failures in a row: {message}"
