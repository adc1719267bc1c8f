"""Creates that were sent and never answered: which count now, and which a person has decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddvoices.lockfile import Intent
from ddvoices.model import Catalog, Lock, LockedVoice, ObservedRegion, OpenCreate, Origin


def open_at(intents: Iterable[Intent], endpoints: Mapping[str, str]) -> tuple[Intent, ...]:
    """Return the intents of regions at today's endpoints, whatever the key that they were sent with.

    Whether another key is another account can't be told for sure, and a voice must not be made twice.
    """
    return tuple(intent for intent in intents if endpoints.get(intent.region) == intent.endpoint)


def open_create(intent: Intent) -> OpenCreate:
    """Return as much of an intent as a plan needs."""
    return OpenCreate(region=intent.region, key=intent.key, fingerprint=intent.fingerprint)


def not_shown_yet(intents: Iterable[Intent], observed: Mapping[str, ObservedRegion]) -> tuple[Intent, ...]:
    """Return the intents but those whose voice is known and there.

    What an interrupted run has made may show up later: it is not gone.
    """
    there = {name: {voice.id for voice in region.voices} for name, region in observed.items()}
    return tuple(
        intent for intent in intents if intent.made is None or intent.made not in there[intent.region]
    )


def of_other_keys(intent: Intent, lock: Lock) -> frozenset[str]:
    """Return the ids that the lock holds for other keys: an intent has made none of them."""
    sections = lock.regions.get(intent.region, {}).values()
    others = (entry for section in sections for key, entry in section.items() if key != intent.key)
    return frozenset(voice.id for entry in others for voice in entry.voices)


def of_other_contents(intent: Intent, lock: Lock) -> frozenset[str]:
    """Return the ids of its own key that other creates have made: answered, and of another content."""
    entries = (section.get(intent.key) for section in lock.regions.get(intent.region, {}).values())
    voices = (voice for entry in entries if entry is not None for voice in entry.voices)
    return frozenset(
        voice.id
        for voice in voices
        if voice.origin is Origin.CREATED and voice.fingerprint != intent.fingerprint
    )


def pinned_since(intent: Intent, desired: Catalog, lock: Lock) -> str | None:
    """Return the id that a person says an intent has made: its key is pinned to it since."""
    pins = (spec.ids.get(intent.region) for spec in desired.voices if spec.key == intent.key)
    known = {*intent.before, *of_other_keys(intent, lock)}
    return next((pin for pin in pins if pin is not None and pin not in known), None)


def made_voice(intent: Intent, voice_id: str, *, origin: Origin) -> LockedVoice:
    """Return what is remembered of the voice that an intent made: what was sent then, not today's wish."""
    return LockedVoice(id=voice_id, origin=origin, fingerprint=intent.fingerprint, sent=intent.sent)
