"""Creates that were sent and never answered: which count now, and which a person has decided. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from ddvoices.lockfile import Intent
from ddvoices.model import Catalog, Lock, LockedVoice, ObservedRegion, OpenCreate, Origin


def few_keys(intents: Iterable[Intent]) -> str:
    """Return the keys of intents as a sentence can hold them."""
    keys = sorted({intent.key for intent in intents})
    return ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")


def few_keys_by_region(intents: Collection[Intent]) -> dict[str, str]:
    """Return for each region of intents their keys as a sentence can hold them."""
    regions = sorted({intent.region for intent in intents})
    return {region: few_keys(i for i in intents if i.region == region) for region in regions}


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


class Decided:
    """What the lock and the catalog's pins say of the voices that creates may have made."""

    def __init__(self, desired: Catalog, lock: Lock) -> None:
        self._ids = {spec.key: spec.ids for spec in desired.voices}
        self._keys: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # of id and region
        self._made: dict[tuple[str, str, str], str | None] = {}
        for region, sections in lock.regions.items():
            for section in sections.values():
                for key, entry in section.items():
                    for voice in entry.voices:
                        self._keys[voice.id][region].add(key)
                        if voice.origin is Origin.CREATED:
                            self._made[region, key, voice.id] = voice.fingerprint

    def is_of_another(self, intent: Intent, voice_id: str) -> bool:
        """Tell whether the lock knows that a voice is not what an intent has made.

        It is another key's, or it is this one's, from a create of another content, or from one in another
        region, whose API key this region has now.
        """
        content = self._made.get((intent.region, intent.key, voice_id), intent.fingerprint)
        elsewhere = intent.region not in self._keys.get(voice_id, {intent.region: set()})
        return content != intent.fingerprint or elsewhere or self._is_of_another_key(intent, voice_id)

    def _is_of_another_key(self, intent: Intent, voice_id: str) -> bool:
        return bool(self._keys.get(voice_id, {}).get(intent.region, set()) - {intent.key})

    def pinned_since(self, intent: Intent) -> str | None:
        """Return the id that a person says an intent has made: its key is pinned to it since.

        Where the service itself has named one, no other is.
        """
        pin = self._ids.get(intent.key, {}).get(intent.region)
        if pin is None or pin in intent.before or self._is_of_another_key(intent, pin):
            return None
        if intent.made not in (None, pin):
            return None
        return pin


def made_voice(intent: Intent, voice_id: str, *, origin: Origin) -> LockedVoice:
    """Return what is remembered of the voice that an intent made: what was sent then, not today's wish."""
    return LockedVoice(id=voice_id, origin=origin, fingerprint=intent.fingerprint, sent=intent.sent)
