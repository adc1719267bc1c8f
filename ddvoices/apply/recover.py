"""What an interrupted run has left open, settled before anything is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from ddvoices.apply.lost import Fate, Settled, settle_intent
from ddvoices.apply.open_creates import (
    made_voice,
    not_shown_yet,
    of_other_keys,
    open_at,
    open_create,
    pinned_since,
)
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import read_marker
from ddvoices.lockfile import Intent, Journal, close_record, intent_record, voice_record
from ddvoices.model import Catalog, Lock, LockedVoice, ObservedRegion, ObservedVoice, Origin
from ddvoices.plan import concerns

_NO_OPTIONS = ApplyOptions()


def settle_open_intents(
    clients: Mapping[str, DeepdubClient],
    sections: Mapping[str, str],
    journal: Journal,
    options: ApplyOptions = _NO_OPTIONS,
    *,
    desired: Catalog,
    lock: Lock,
) -> None:
    """Settle what an interrupted run has left open; ``sections`` are the regions' accounts in the lock.

    ``lock`` holds what the journal knows.

    A voice that was made goes into the journal, and so does one that the key is pinned to since: a person has
    decided. An intent of which nothing came is closed, if it was sent to this very account. One that can't be
    decided stays open.
    """
    settled_now: set[str] = set()
    endpoints = {region: client.base_url for region, client in clients.items()}
    for intent in open_at(journal.open_intents(), endpoints):
        taken = settled_now | of_other_keys(intent, lock)
        settled = _settle(clients[intent.region], intent, options, desired, lock, taken)
        if settled.voice is not None:
            settled_now.add(settled.voice.id)
            locked = _locked(intent, settled.voice, settled.fate)
            where = intent.region, intent.account, intent.key
            journal.append(voice_record(*where, locked, intent=intent.id))
        elif settled.fate is Fate.NOT_MADE and sections.get(intent.region) == intent.account:
            journal.append(close_record(intent.id))


def look_again(lately: Iterable[Intent], observed: Mapping[str, ObservedRegion], journal: Journal) -> None:
    """Look at what an interrupted run has made: what isn't there yet is not gone, and its intent opens again.

    Of what is there, the journal learns what that run had no time to write down.
    """
    for intent in not_shown_yet(lately, observed):
        journal.append(intent_record(intent))
    for intent in lately:
        for voice in observed[intent.region].voices:
            if voice.id == intent.made:
                locked = _locked(intent, voice, Fate.MADE)
                if locked.reported:
                    journal.append(voice_record(intent.region, intent.account, intent.key, locked))


def _locked(intent: Intent, voice: ObservedVoice, fate: Fate) -> LockedVoice:
    """Return what is remembered of a voice, a `speakerId` of the service's own too: by that it is ours."""
    origin = Origin.FOUND if fate is Fate.FOUND else Origin.CREATED
    locked = made_voice(intent, voice.id, origin=origin)
    marked = read_marker(voice.speaker_id) is not None
    return (
        locked
        if marked or not voice.speaker_id
        else replace(locked, reported={"speaker_id": voice.speaker_id})
    )


def _settle(
    client: DeepdubClient,
    intent: Intent,
    options: ApplyOptions,
    desired: Catalog,
    lock: Lock,
    taken: Collection[str],
) -> Settled:
    """Return the fate of an intent; one that no voice of the catalog waits for is looked for once."""
    pin = pinned_since(intent, desired, lock)
    if pin is not None:
        try:
            voice = client.observe_voice(pin)
        except ServiceError:
            voice = None
        if voice is not None:
            return Settled(fate=Fate.FOUND, voice=voice)
    wanted = any(concerns(open_create(intent), spec) for spec in desired.wanted_in(intent.region))
    patience = options if wanted else replace(options, settle=0.0)
    return settle_intent(client, intent, patience, owner=desired.owner, taken=taken)
