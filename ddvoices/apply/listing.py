"""Waiting until the listing shows what it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.model import ObservedVoice

Voices = tuple[ObservedVoice, ...]
T = TypeVar("T")

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 2.0


def poll(client: DeepdubClient, options: ApplyOptions) -> Iterator[Voices | None]:
    """Yield the listing again and again, at growing intervals, until ``settle`` seconds are over.

    None stands for a listing that could not be had. At least one is tried.
    """
    deadline, wait = options.clock() + options.settle, _FIRST_WAIT
    while True:
        yield _listing(client)
        left = deadline - options.clock()
        if left <= 0 or options.stop.is_set():
            return
        options.sleep(min(wait, left))
        wait = min(wait * 2, _LONGEST_WAIT)


def poll_until(client: DeepdubClient, options: ApplyOptions, look: Callable[[Voices], T | None]) -> T | None:
    """Return what ``look`` first finds in the listing; None if it found nothing in time."""
    for voices in poll(client, options):
        found = look(voices) if voices is not None else None
        if found is not None:
            return found
    return None


def _listing(client: DeepdubClient) -> Voices | None:
    try:
        return client.observe_voices()
    except ServiceError:
        return None
