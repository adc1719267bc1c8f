"""The regions of a run: their endpoints, keys and clients."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ddvoices.errors import AuthError, UntrustedEndpointError, UsageError

if TYPE_CHECKING:
    from ddvoices.auth import Key
    from ddvoices.cli.session import Session
    from ddvoices.client import DeepdubClient, Endpoints
    from ddvoices.model import Catalog, ObservedRegion
    from ddvoices.observe import OpenRegions


@contextmanager
def open_regions(
    session: Session,
    catalog: Catalog,
    chosen: Sequence[str],
    *,
    max_concurrent: int = 3,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[OpenRegions]:
    """Open the catalog's regions, or those that were chosen.

    ``max_concurrent`` requests may be under way at once in each; ``sleep`` gets every wait between retries.

    A region without a key is closed, and the others go on; an endpoint that isn't trusted ends the run
    before anything is asked anywhere.

    Raises:
        UsageError: a chosen region isn't one of the catalog's, or two regions are one account.
        UntrustedEndpointError: see above.
        AuthError: no region has a key.
    """
    from ddvoices.auth import account_of, origin_of
    from ddvoices.cli.hearing import hear
    from ddvoices.client import DeepdubClient
    from ddvoices.observe import OpenRegions

    endpoints = _endpoints(catalog, chosen)
    keys, closed = _keys(endpoints)
    hear(session)
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(
                DeepdubClient(
                    api_key=key.value,
                    endpoints=endpoints[name],
                    max_concurrent=max_concurrent,
                    sleep=sleep,
                )
            )
            for name, key in keys.items()
        }
        _check_distinct(clients)
        accounts = {name: account_of(key.value, endpoints[name].rest) for name, key in keys.items()}
        sources = {name: origin_of(key, name) for name, key in keys.items()}
        yield OpenRegions(clients=clients, accounts=accounts, sources=sources, closed=closed)


def _endpoints(catalog: Catalog, chosen: Sequence[str]) -> dict[str, Endpoints]:
    """Return where each region is asked."""
    from ddvoices.client import resolve_endpoints

    endpoints = {}
    for name in chosen_regions(catalog, chosen):
        try:
            endpoints[name] = resolve_endpoints(name, catalog.regions.get(name), os.environ)
        except UntrustedEndpointError as error:
            raise UntrustedEndpointError(f"{name}: {error}") from error
    return endpoints


def _keys(endpoints: Mapping[str, Endpoints]) -> tuple[dict[str, Key], dict[str, ObservedRegion]]:
    """Return the keys, and the regions that have none; one at least has."""
    from ddvoices.cli.keys import key_for
    from ddvoices.model import ObservedRegion

    keys: dict[str, Key] = {}
    closed: dict[str, ObservedRegion] = {}
    for name, found in endpoints.items():
        try:
            keys[name] = key_for(found)
        except UntrustedEndpointError:
            raise
        except AuthError as error:
            closed[name] = ObservedRegion(
                region=name, endpoint=found.rest, account="", error=str(error), error_code=error.exit_code
            )
    if closed and not keys:
        raise AuthError("; ".join(str(region.error) for region in closed.values()))
    return keys, closed


def _check_distinct(clients: Mapping[str, DeepdubClient]) -> None:
    """Refuse two regions that are one account: each would make the voices that the other makes."""
    seen: dict[object, str] = {}
    for name, client in clients.items():
        first = seen.setdefault((_place(client.base_url), client.api_key), name)
        if first != name:
            raise UsageError(
                f"regions {first} and {name} are one account at {client.base_url}: "
                "give each a key or an endpoint of its own, or choose one with -r"
            )


def _place(url: str) -> tuple[str | None, int | None, str]:
    """Return where a URL leads; this machine has many names."""
    from urllib.parse import urlsplit

    from ddvoices.client.trust import is_loopback, port_of

    parts = urlsplit(url)
    host = "localhost" if is_loopback(parts.hostname or "") else parts.hostname
    return host, port_of(parts), parts.path


def chosen_regions(catalog: Catalog, chosen: Sequence[str]) -> list[str]:
    """Return the chosen regions, or those that the catalog has voices or settings for, sorted."""
    for name in chosen:
        if name not in catalog.regions:
            known = ", ".join(sorted(catalog.regions))
            raise UsageError(f"no region {name!r} in the catalog: its regions are {known}")
    return sorted(set(chosen) or catalog.regions)
