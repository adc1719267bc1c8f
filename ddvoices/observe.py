"""The service's side of a plan: every voice of a region, or why they are not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations

from ddvoices.client import BadRequestError, DeepdubClient
from ddvoices.errors import ExitCode, ServiceError
from ddvoices.identity import owner_hashes, read_marker
from ddvoices.model import Catalog, Lock, LockedVoice, ObservedRegion, ObservedVoice

# what the service grants the smallest account; the client may be held to fewer
_PROBES_AT_ONCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRegions:
    """The regions of a run: clients, accounts, and where each key came from, by region.

    ``closed`` are those that can't be asked at all, for want of a key.
    """

    clients: Mapping[str, DeepdubClient]
    accounts: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, ObservedRegion] = field(default_factory=dict)

    @property
    def endpoints(self) -> dict[str, str]:
        """Return where each region is asked."""
        return {name: client.base_url for name, client in self.clients.items()}

    def observe(self, desired: Catalog, lock: Lock) -> dict[str, ObservedRegion]:
        """Return what the regions hold, asked side by side."""
        with self.asked(desired) as observe:
            return observe(lock)

    @contextmanager
    def asked(self, desired: Catalog) -> Iterator[Callable[[Lock], dict[str, ObservedRegion]]]:
        """Ask the regions for their listings, side by side; yield what tells what they hold, given the lock.

        The lock must be of a moment before: what another run makes and locks meanwhile isn't in the listing.
        """
        pool = ThreadPoolExecutor(max_workers=max(len(self.clients), 1))
        ours = owner_hashes(desired.owner, desired.former_owners)
        listings = {name: pool.submit(client.observe_voices) for name, client in self.clients.items()}

        def observe(lock: Lock) -> dict[str, ObservedRegion]:
            futures = {
                name: pool.submit(
                    observe_region,
                    client,
                    listings[name].result,
                    region=name,
                    account=self.accounts[name],
                    desired=desired,
                    lock=lock,
                )
                for name, client in self.clients.items()
            }
            found = {name: self._explained(future.result()) for name, future in futures.items()}
            return {**self.closed, **_held_apart(found, ours)}

        try:
            yield observe
        finally:  # whoever interrupts waits for no service that doesn't answer
            pool.shutdown(wait=False, cancel_futures=True)

    def _explained(self, region: ObservedRegion) -> ObservedRegion:
        """Say of a refused key where it came from."""
        if region.error is None or region.error_code is not ExitCode.KEY or region.region not in self.sources:
            return region
        return replace(region, error=f"{region.error}: the key is from {self.sources[region.region]}")


def _held_apart(found: Mapping[str, ObservedRegion], ours: frozenset[int]) -> dict[str, ObservedRegion]:
    """Return the regions, in error those that are one account, opened by two keys or two names of one place.

    Each would make the voices that the other makes, and prune those that the other needs. What shows it is a
    voice of ours in both; a published one might be everybody's.
    """
    apart = dict(found)
    for one, other in combinations(sorted(found), 2):
        there = {voice.id for voice in found[other].voices}
        shared = (voice for voice in found[one].voices if voice.id in there)
        proof = next((voice.id for voice in shared if _is_published(voice, None, ours) is False), None)
        if proof is not None:
            why = f"{one} and {other} are one account: both show {proof}: give each a key of its own account"
            for name in (one, other):
                apart[name] = replace(found[name], voices=(), error=why, error_code=ExitCode.USAGE)
    return apart


def observe_region(
    client: DeepdubClient,
    listing: Callable[[], tuple[ObservedVoice, ...]],
    *,
    region: str,
    account: str,
    desired: Catalog,
    lock: Lock,
) -> ObservedRegion:
    """Return what ``region`` holds: the whole ``listing``, and what only ``GET /voice/{id}`` knows.

    A region that can't be asked, or whose listing is not whole, comes back with its ``error``.
    """
    try:
        listed = listing()
        voices = _all_voices(client, listed, region=region, account=account, desired=desired, lock=lock)
    except ServiceError as error:
        return unobserved(client, region=region, account=account, error=error)
    return ObservedRegion(region=region, endpoint=client.base_url, account=account, voices=voices)


def unobserved(client: DeepdubClient, *, region: str, account: str, error: ServiceError) -> ObservedRegion:
    """Return a region that could not be observed."""
    return ObservedRegion(
        region=region,
        endpoint=client.base_url,
        account=account,
        error=str(error),
        error_code=error.exit_code,
    )


class ListingNotWholeError(ServiceError):
    """The listing lacks a voice that must be in it."""


def _all_voices(
    client: DeepdubClient,
    listed: tuple[ObservedVoice, ...],
    *,
    region: str,
    account: str,
    desired: Catalog,
    lock: Lock,
) -> tuple[ObservedVoice, ...]:
    there = {voice.id for voice in listed}
    ours = owner_hashes(desired.owner, desired.former_owners)
    published_listed = any(_is_published(voice, None, ours) for voice in listed)
    to_probe = _to_probe(region, account, desired, lock, there)
    hidden = _ask_for(client, to_probe)
    for voice_id, voice in hidden.items():
        published = _is_published(voice, to_probe[voice_id], ours)
        if published is False or (published and published_listed):
            raise ListingNotWholeError(
                f"the listing is not whole: it lacks {voice_id}, which is there, so nothing is planned here"
            )
    return (*listed, *hidden.values())


def _ask_for(client: DeepdubClient, ids: Mapping[str, LockedVoice | None]) -> dict[str, ObservedVoice]:
    """Return those of ``ids`` that are there, asked side by side; pinned ones have nothing in the lock."""
    if not ids:
        return {}
    with ThreadPoolExecutor(_PROBES_AT_ONCE) as pool:
        found = pool.map(lambda item: _ask(client, item[0], pinned=item[1] is None), ids.items())
        return {voice_id: voice for voice_id, voice in zip(ids, found, strict=True) if voice is not None}


def _ask(client: DeepdubClient, voice_id: str, *, pinned: bool) -> ObservedVoice | None:
    """Return a voice that isn't listed, or None if it isn't there.

    A person may pin what is no id at all, and the service then says 400. Of an id that it once gave us, a 400
    says nothing: taken for "gone", it would have the voice made again.
    """
    try:
        return client.observe_voice(voice_id)
    except BadRequestError:
        if pinned:
            return None
        raise


def _to_probe(
    region: str, account: str, desired: Catalog, lock: Lock, there: Iterable[str]
) -> Mapping[str, LockedVoice | None]:
    """Return the ids to ask for one by one: pinned or locked, and not listed.

    The account's own section may have been begun under another key. Of other accounts only voices that may be
    published: another key may show that they are this one's. What was adopted may be published, whatever the
    catalog says.
    """
    listed = frozenset(there)
    own = lock.section(region, account, listed)
    pinned = (spec.ids[region] for spec in desired.wanted_in(region) if region in spec.ids)
    ids: dict[str, LockedVoice | None] = dict.fromkeys(pinned)
    for name, entries in lock.regions.get(region, {}).items():
        for entry in entries.values():
            for voice in entry.voices:
                if name == own or voice.published is not False:
                    ids[voice.id] = voice
    for voice_id in listed:
        ids.pop(voice_id, None)
    return ids


def _is_published(voice: ObservedVoice, remembered: LockedVoice | None, ours: frozenset[int]) -> bool | None:
    """Tell whether a voice of ours is published: its marker knows, else the lock; None where neither does."""
    marker = read_marker(voice.speaker_id, ours=ours)
    if marker is not None:
        return marker.publish
    return remembered.published if remembered is not None else None
