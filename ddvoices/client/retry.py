"""Whether and when a failed request is sent again: arithmetic only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

RETRY_AFTER_CAP = 60.0
"""Seconds; a service that asks for more is asked again after these."""

TOO_MANY = frozenset({429, 503})
"""The statuses by which a service says that it is asked too much; both may say when to ask again."""

BACKOFF_CAP = 30.0
FEW = 2
"""How often to try again where waiting seldom helps: no connection, no answer in time."""


class Repeat(StrEnum):
    """What sending a request twice would do."""

    FREELY = "freely"  # GET, PUT, DELETE: twice is as good as once
    CREATE = "create"  # POST /voice: twice is two voices
    PAID = "paid"  # any other POST: twice is paid twice


class Kind(StrEnum):
    """How a request failed."""

    UNREACHABLE = "unreachable"  # the service can't have got the whole request
    TIMEOUT = "timeout"  # sent, and no answer in time
    LOST = "lost"  # sent, and the connection ended before a whole answer came
    UNBELIEVABLE = "unbelievable"  # a success that isn't what the call answers with
    STATUS = "status"  # any other status
    REDIRECT = "redirect"  # to where the request must not go


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One failure, as far as it matters here; ``retry_after`` is in seconds."""

    kind: Kind
    status: int | None = None
    retry_after: float | None = None

    @property
    def asks_to_wait(self) -> bool:
        """Tell whether the service says for how long nobody should ask.

        0 s, or a date that is past, doesn't say: obeyed, it would spend all tries at once.
        """
        return bool(self.retry_after) and self.status in TOO_MANY


def decide(
    repeat: Repeat, trouble: Trouble, *, attempt: int, max_retries: int, jitter: float
) -> float | None:
    """Return how many seconds to wait before sending again, or None to give up.

    ``attempt`` counts from 0; ``jitter`` is from 0 to 1 and lengthens a wait by up to a quarter. Deepdub's
    advice is 1, 2, 4… s on 429, and never to repeat 401 or 402.
    """
    if attempt >= patience(trouble, max_retries) or not _may_repeat(repeat, trouble):
        return None
    if trouble.retry_after is not None and trouble.asks_to_wait:
        return min(trouble.retry_after, RETRY_AFTER_CAP)
    first = 1.0 if trouble.status in TOO_MANY else 0.5
    delay: float = first * 2 ** min(attempt, 10)
    return min(delay * (1 + jitter / 4), BACKOFF_CAP)


def patience(trouble: Trouble, max_retries: int) -> int:
    """Return how many times to try again, at most."""
    return min(FEW, max_retries) if trouble.kind in {Kind.UNREACHABLE, Kind.TIMEOUT} else max_retries


def _may_repeat(repeat: Repeat, trouble: Trouble) -> bool:
    """Tell whether sending again does no harm and may help."""
    if trouble.kind is Kind.UNREACHABLE or trouble.status == 429:
        return True
    if repeat is not Repeat.FREELY or trouble.kind is Kind.REDIRECT:
        # A 503 may come from a gateway that gave up on a request which goes on behind it.
        return False
    return trouble.kind is not Kind.STATUS or (trouble.status or 0) >= 500


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, from a number or an HTTP date; else None."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        then = parse_date(value)
        return max((then - now).total_seconds(), 0.0) if then is not None else None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def parse_date(text: str) -> datetime | None:
    """Return the time that an HTTP date names, None where it names none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the second for a year of twenty digits
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
