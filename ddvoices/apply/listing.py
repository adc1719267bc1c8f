"""Waiting until the listing shows what it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.model import ObservedVoice

Voices = tuple[ObservedVoice, ...]

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 2.0


def poll(client: DeepdubClient, options: ApplyOptions) -> Iterator[Voices | ServiceError]:
    """Yield the listing, or why it could not be had, until ``settle`` seconds are over.

    The intervals grow. At least one listing is tried.
    """
    deadline, wait = options.clock() + options.settle, _FIRST_WAIT
    while True:
        yield _listing(client)
        left = deadline - options.clock()
        if left <= 0 or options.stop.is_set():
            return
        options.sleep(min(wait, left))
        wait = min(wait * 2, _LONGEST_WAIT)


def poll_until(
    client: DeepdubClient, options: ApplyOptions, done: Callable[[Voices], bool]
) -> ServiceError | None:
    """Look at the listing until ``done`` says so; return why the last one could not be had, if so."""
    error: ServiceError | None = None
    for found in poll(client, options):
        error = found if isinstance(found, ServiceError) else None
        if not isinstance(found, ServiceError) and done(found):
            break
    return error


def _listing(client: DeepdubClient) -> Voices | ServiceError:
    try:
        return client.observe_voices()
    except ServiceError as error:
        return error
