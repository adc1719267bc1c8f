"""How an apply goes about its work, and what it tells while it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ddvoices.model import Change, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in an apply: a change that starts (no outcome yet), or one that ended."""

    region: str
    change: Change
    outcome: Outcome | None = None


def _ignore(_event: Event) -> None:
    """Tell nobody."""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """``settle``: how many seconds a voice may take to show up in the listing; ``stop``: set to end early.

    ``parallelism`` is how many requests may be under way at once in each region. ``force`` lifts a policy's
    percentages, ``resend`` sends again what was sent and never answered. ``on_event`` is called by several
    threads, one at a time.
    """

    parallelism: int = 3
    settle: float = 10.0
    force: bool = False
    resend: bool = False
    on_event: Callable[[Event], None] = _ignore
    on_interrupt: Callable[[], None] = _nothing
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
