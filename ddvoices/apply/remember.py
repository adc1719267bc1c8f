"""What the lock has to learn from an apply. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ddvoices.identity import fingerprint, key_hash, read_marker
from ddvoices.lockfile import Record, drop_record, voice_record
from ddvoices.model import (
    Action,
    Change,
    LockedVoice,
    LockEntry,
    ObservedVoice,
    Origin,
    RegionPlan,
    VoiceSpec,
)
from ddvoices.plan import sent_document


def created_voice(spec: VoiceSpec, voice_id: str, *, found: bool = False) -> LockedVoice:
    """Return what is remembered of a voice that we made, or found in the place of a lost answer."""
    return LockedVoice(
        id=voice_id,
        origin=Origin.FOUND if found else Origin.CREATED,
        fingerprint=fingerprint(spec),
        sent=sent_document(spec),
    )


def adopted_voice(
    spec: VoiceSpec, voice: ObservedVoice, entries: Mapping[str, LockEntry], *, ours: frozenset[int]
) -> LockedVoice:
    """Return what is remembered of a voice that was there.

    What is known of its content stays as it is known; otherwise the sample that the catalog gives becomes
    its baseline.
    """
    marker = read_marker(voice.speaker_id, ours=ours)
    known = _remembered(voice.id, spec.key, entries)
    if marker is not None and marker.owner in ours:
        if known is not None and known.fingerprint == marker.content:
            return replace(known, origin=Origin.CREATED)
        return LockedVoice(
            id=voice.id, origin=Origin.CREATED, fingerprint=marker.content, sent=sent_document(spec)
        )
    if known is not None and known.fingerprint is not None:
        return known
    origin = known.origin if known is not None else Origin.ADOPTED
    return LockedVoice(id=voice.id, origin=origin, fingerprint=fingerprint(spec), sent=sent_document(spec))


def reported_voice(locked: LockedVoice, spec: VoiceSpec, differing: Mapping[str, str]) -> LockedVoice:
    """Return ``locked`` after an update: what was sent now, and what the service says instead."""
    listed = {"name": spec.name, "locale": spec.locale, "gender": str(spec.gender)}
    return LockedVoice(
        id=locked.id,
        origin=locked.origin,
        fingerprint=locked.fingerprint,
        sent={**locked.sent, **listed},
        reported={**_own_speaker_id(locked), **differing},
    )


def _own_speaker_id(locked: LockedVoice) -> dict[str, str | None]:
    """Return the `speakerId` that the service made up for a voice, which no update changes."""
    return {path: value for path, value in locked.reported.items() if path == "speaker_id"}


def catch_up(
    region: RegionPlan,
    entries: Mapping[str, LockEntry],
    *,
    seen: Iterable[ObservedVoice],
    ours: frozenset[int],
) -> list[Record]:
    """Return what the lock should say of a region, and doesn't, though nothing was to be done for it.

    A lost lock is filled again, voices that are gone are forgotten; but those that ``seen``, what the region
    holds, would not list anyway are asked for again: a service that denies one may know it later.
    """
    where = region.region, region.section
    records: list[Record] = []
    for change in region.changes:
        if _unknown(change, entries) and change.spec is not None and change.voice is not None:
            voice = adopted_voice(change.spec, change.voice, entries, ours=ours)
            records.append(voice_record(*where, change.spec.key, voice))
    known = [voice for _, entry in sorted(entries.items()) for voice in entry.voices]
    gone = [voice for voice in known if voice.id not in region.standings]
    if not _lists_published(known, seen):
        gone = [voice for voice in gone if not voice.published]
    return [*records, *(drop_record(*where, voice.id) for voice in gone)]


def _lists_published(known: Iterable[LockedVoice], seen: Iterable[ObservedVoice]) -> bool:
    """Tell whether the listing shows a voice that we have published."""
    listed = {voice.id for voice in seen if voice.listed}
    return any(voice.published and voice.id in listed for voice in known)


def depends_on_lock(
    region: RegionPlan, lock_entries: Mapping[str, LockEntry], *, ours: frozenset[int]
) -> list[str]:
    """Return the keys whose voice stays and is known by the lock alone, sorted."""
    found = []
    for change in region.changes:
        voice, key = change.voice, change.key
        stays = change.action not in (Action.DELETE, Action.REPLACE)
        if stays and voice is not None and key is not None and key in lock_entries:
            marker = read_marker(voice.speaker_id, ours=ours)
            own = marker is not None and marker.owner in ours and marker.key == key_hash(key)
            if (not own or not voice.listed) and not _pin_is_all(change, region.region):
                found.append(key)
    return sorted(set(found))


def _pin_is_all(change: Change, region: str) -> bool:
    """Tell whether the lock knows no more of a voice than its pin does: not what it sounds like."""
    spec = change.spec
    return spec is not None and spec.sample is None and spec.ids.get(region) == change.id


def _unknown(change: Change, entries: Mapping[str, LockEntry]) -> bool:
    """Tell whether a voice is in sync and the lock has never heard of it."""
    if change.pending or change.voice is None or change.key is None:
        return False
    entry = entries.get(change.key)
    return entry is None or entry.get(change.voice.id) is None


def _remembered(voice_id: str, key: str, entries: Mapping[str, LockEntry]) -> LockedVoice | None:
    """Return what the lock says of a voice, under this key first."""
    own = entries.get(key, LockEntry()).get(voice_id)
    others = (entry.get(voice_id) for _, entry in sorted(entries.items()))
    return own or next((voice for voice in others if voice is not None), None)
