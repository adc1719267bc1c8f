"""A create whose answer was lost: find the voice that it made, or make sure that it made none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ddvoices.apply.listing import Voices, poll
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import Marker, owner_hash, owner_hashes, read_marker, same_natural_key
from ddvoices.lockfile import Intent
from ddvoices.model import Gender, ObservedVoice, VoiceSpec


class Fate(StrEnum):
    """What became of a create that was never answered."""

    MADE = "made"  # the marker names it
    FOUND = "found"  # the service keeps no marker; one new voice has its natural key
    NOT_MADE = "not_made"
    UNKNOWN = "unknown"  # not to be told: published where those aren't listed, no listing, several alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The fate of an intent and, if it made a voice, the voice."""

    fate: Fate
    voice: ObservedVoice | None = None


def settle_intent(
    client: DeepdubClient,
    intent: Intent,
    options: ApplyOptions,
    *,
    owner: str,
    taken: Collection[str] = (),
) -> Settled:
    """Look for what an intent made until it shows up or the time is over. ``taken`` ids are other keys'."""
    last: Voices | ServiceError = ()
    settled: Settled | None = None
    for last in poll(client, options):
        settled = None if isinstance(last, ServiceError) else match(last, intent, owner=owner, taken=taken)
        if settled is not None and settled.fate is not Fate.UNKNOWN:
            return settled
    if intent.made is not None:
        return _asked_for(client, intent.made)
    if settled is not None:
        return settled
    if isinstance(last, ServiceError) or options.stop.is_set():
        return Settled(fate=Fate.UNKNOWN)
    if intent.publish and not any(marker.publish for marker in _own(_markers(last, owner), owner)):
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.NOT_MADE)


def match(
    voices: Iterable[ObservedVoice], intent: Intent, *, owner: str, taken: Collection[str] = ()
) -> Settled | None:
    """Return the voice that an intent made, if ``voices`` shows it.

    By the id that the answer named, or the marker; only where no voice carries one of ours, by the natural
    key. Of several new voices that have it, nobody knows which one it is: an unknown fate.
    """
    voices = sorted(voices, key=lambda voice: (voice.created_at or "", voice.id))
    for voice in voices:
        if voice.id == intent.made:
            return Settled(fate=Fate.MADE, voice=voice)
    marker, known = read_marker(intent.marker), {*intent.before, *taken}
    markers = _markers(voices, owner)
    for voice in voices:
        if marker is not None and markers.get(voice.id) == marker and voice.id not in known:
            return Settled(fate=Fate.MADE, voice=voice)
    if _own(markers, owner):
        return None
    spec = _natural_key(intent)
    unknown = (voice for voice in voices if voice.id not in known and voice.id not in markers)
    new = [voice for voice in unknown if looks_like(spec, voice)]
    if len(new) > 1:
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.FOUND, voice=new[0]) if new else None


def looks_like(spec: VoiceSpec, voice: ObservedVoice) -> bool:
    """Tell whether a voice has the natural key of what is sent: some services keep the title for the name."""
    return same_natural_key(spec, voice) or (
        spec.title is not None and same_natural_key(replace(spec, name=spec.title), voice)
    )


def _asked_for(client: DeepdubClient, voice_id: str) -> Settled:
    """Return the fate of a create whose answer named an id that the listing doesn't show."""
    try:
        voice = client.observe_voice(voice_id)
    except ServiceError:
        voice = None
    return Settled(fate=Fate.UNKNOWN if voice is None else Fate.MADE, voice=voice)


def _markers(voices: Iterable[ObservedVoice], owner: str) -> dict[str, Marker]:
    """Return id → marker, whoever's it is."""
    ours = owner_hashes(owner)
    read = ((voice.id, read_marker(voice.speaker_id, ours=ours)) for voice in voices)
    return {voice_id: marker for voice_id, marker in read if marker is not None}


def _own(markers: Mapping[str, Marker], owner: str) -> list[Marker]:
    own = owner_hash(owner)
    return [marker for marker in markers.values() if marker.owner == own]


def _natural_key(intent: Intent) -> VoiceSpec:
    """Return as much of the voice as its natural key needs."""
    return VoiceSpec(
        key=intent.key,
        name=intent.sent["name"],
        gender=Gender(intent.sent["gender"]),
        locale=intent.sent["locale"],
        speaking_style=intent.sent["speaking_style"],
        publish=intent.publish,
        title=intent.sent.get("title"),
    )
