"""What an interrupted run has left open, settled before anything is planned."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ddvoices.apply.lost import Fate, Search, Settled, settle_intents
from ddvoices.apply.open_creates import Decided, few_keys, made_voice, not_shown_yet, open_at
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import owner_hash, read_marker
from ddvoices.lockfile import Intent, Journal, Record, close_record, intent_record, voice_record
from ddvoices.model import Catalog, Lock, LockedVoice, ObservedRegion, ObservedVoice, Origin, VoiceSpec
from ddvoices.plan import left_over

_log = logging.getLogger("ddvoices.apply")


def settle_open_intents(
    clients: Mapping[str, DeepdubClient],
    sections: Mapping[str, str],
    journal: Journal,
    options: ApplyOptions,
    *,
    desired: Catalog,
    lock: Lock,
) -> None:
    """Settle what an interrupted run has left open; ``sections`` are the regions' accounts in the lock.

    A voice that was made goes into the journal, and so does one that the key is pinned to since: a person has
    decided. An intent of which nothing came is closed, if it was sent to this very account. One that can't be
    decided stays open. ``lock`` holds what the journal knows.
    """
    decided = Decided(desired, lock)
    for region, client in clients.items():
        intents = open_at(journal.open_intents(), {region: client.base_url})
        pinned = {intent.id: _pinned(client, intent, decided) for intent in intents}
        taken = [settled.voice.id for settled in pinned.values() if settled and settled.voice]
        sought = [intent for intent in intents if pinned[intent.id] is None]
        searches = _searches(sought, desired.wanted_in(region), decided)
        _tell_search(region, searches, options)
        looked = (
            settle_intents(client, searches, options, owner=desired.owner, taken=taken) if searches else {}
        )
        for intent in intents:
            settled = pinned[intent.id] or looked[intent.id]
            same_account = sections.get(region) == intent.account
            for record in _records(intent, settled, same_account=same_account, owner=desired.owner):
                journal.append(record)


def _tell_search(region: str, searches: Iterable[Search], options: ApplyOptions) -> None:
    """Log what is looked for, if it may take a while."""
    urgent = [search.intent for search in searches if search.urgent]
    if urgent:
        details = {"event": "search", "region": region, "seconds": options.settle}
        _log.info(
            "%s: an earlier run was interrupted: looking for %s (up to %g s)",
            region,
            few_keys(urgent),
            options.settle,
            extra={"details": details},
        )


def look_again(
    lately: Iterable[Intent], observed: Mapping[str, ObservedRegion], journal: Journal, *, owner: str
) -> None:
    """Look at what an interrupted run has made: what isn't there yet is not gone, and its intent opens again.

    Of what is there, the journal learns what that run had no time to write down.
    """
    for intent in not_shown_yet(lately, observed):
        journal.append(intent_record(intent))
    there = {name: {voice.id: voice for voice in region.voices} for name, region in observed.items()}
    for intent in lately:
        voice = there[intent.region].get(intent.made or "")
        locked = _locked(intent, voice, Fate.MADE, owner=owner) if voice is not None else None
        if locked is not None and locked.reported:
            journal.append(voice_record(intent.region, intent.account, intent.key, locked))


def _locked(intent: Intent, voice: ObservedVoice, fate: Fate, *, owner: str) -> LockedVoice:
    """Return what is remembered of a voice, a `speakerId` of the service's own too: by that it is ours.

    What was sent for a former owner may still be in use there: it is never ours to delete.
    """
    marker = read_marker(intent.marker)
    ours = fate is not Fate.FOUND and marker is not None and marker.owner == owner_hash(owner)
    origin = Origin.CREATED if ours else Origin.FOUND
    locked = made_voice(intent, voice.id, origin=origin)
    if not voice.speaker_id or read_marker(voice.speaker_id) is not None:
        return locked
    return replace(locked, reported={"speaker_id": voice.speaker_id})


def _records(intent: Intent, settled: Settled, *, same_account: bool, owner: str) -> Iterator[Record]:
    """Yield what the journal has to learn of an intent's fate."""
    if settled.voice is not None:
        locked = _locked(intent, settled.voice, settled.fate, owner=owner)
        yield voice_record(intent.region, intent.account, intent.key, locked, intent=intent.id)
    elif settled.fate is Fate.NOT_MADE and same_account:
        yield close_record(intent.id)


def _pinned(client: DeepdubClient, intent: Intent, decided: Decided) -> Settled | None:
    """Return the voice that the key of an intent is pinned to since, if it is there."""
    pin = decided.pinned_since(intent)
    if pin is None:
        return None
    try:
        voice = client.observe_voice(pin)
    except ServiceError:
        return None
    return Settled(fate=Fate.FOUND, voice=voice) if voice is not None else None


def _searches(intents: Sequence[Intent], wanted: Iterable[VoiceSpec], decided: Decided) -> list[Search]:
    """Return how to look for what intents made: once for those that no voice of the catalog waits for."""
    idle = {intent.id for intent in left_over(intents, wanted)}
    return [
        Search(
            intent=intent,
            is_taken=partial(decided.is_of_another, intent),
            urgent=intent.id not in idle,
        )
        for intent in intents
    ]
