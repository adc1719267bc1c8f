"""Creates that were sent and never answered: which count now, and which a person has decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddvoices.lockfile import Intent
from ddvoices.model import Catalog, LockedVoice, OpenCreate, Origin


def open_at(intents: Iterable[Intent], endpoints: Mapping[str, str]) -> tuple[Intent, ...]:
    """Return the intents of regions at today's endpoints, whatever the key that they were sent with.

    Whether another key is another account can't be told for sure, and a voice must not be made twice.
    """
    return tuple(intent for intent in intents if endpoints.get(intent.region) == intent.endpoint)


def open_create(intent: Intent) -> OpenCreate:
    """Return as much of an intent as a plan needs."""
    return OpenCreate(region=intent.region, key=intent.key, fingerprint=intent.fingerprint)


def pinned_since(intent: Intent, desired: Catalog) -> str | None:
    """Return the id that a person says an intent has made: its key is pinned to it since."""
    pins = (spec.ids.get(intent.region) for spec in desired.voices if spec.key == intent.key)
    return next((pin for pin in pins if pin is not None and pin not in intent.before), None)


def made_voice(intent: Intent, voice_id: str, *, origin: Origin) -> LockedVoice:
    """Return what is remembered of the voice that an intent made: what was sent then, not today's wish."""
    return LockedVoice(id=voice_id, origin=origin, fingerprint=intent.fingerprint, sent=intent.sent)
