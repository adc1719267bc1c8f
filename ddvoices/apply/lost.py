"""A create whose answer was lost: find the voice that it made, or make sure that it made none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from ddvoices.apply.listing import Voices, poll
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.identity import owner_hash, read_marker, same_natural_key
from ddvoices.lockfile import Intent
from ddvoices.model import Gender, ObservedVoice, VoiceSpec


class Fate(StrEnum):
    """What became of a create that was never answered."""

    MADE = "made"  # the marker names it
    FOUND = "found"  # the service keeps no marker; one new voice has its natural key
    NOT_MADE = "not_made"
    UNKNOWN = "unknown"  # published where those aren't listed, or no listing could be had


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
    last: Voices | None = None
    for voices in poll(client, options):
        last = voices
        settled = match(voices, intent, owner=owner, taken=taken) if voices is not None else None
        if settled is not None:
            return settled
    if last is None or options.stop.is_set():
        return Settled(fate=Fate.UNKNOWN)
    if intent.publish and not any(_is_ours(voice, owner, publish=True) for voice in last):
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.NOT_MADE)


def match(
    voices: Iterable[ObservedVoice], intent: Intent, *, owner: str, taken: Collection[str] = ()
) -> Settled | None:
    """Return the voice that an intent made, if ``voices`` shows it.

    By the marker; only where no voice carries one of ours, by the natural key: it must be one new voice.
    """
    voices = sorted(voices, key=lambda voice: (voice.created_at or "", voice.id))
    marker = read_marker(intent.marker)
    for voice in voices:
        if marker is not None and read_marker(voice.speaker_id) == marker and voice.id not in taken:
            return Settled(fate=Fate.MADE, voice=voice)
    if any(_is_ours(voice, owner) for voice in voices):
        return None
    known = {*intent.before, *taken}
    spec = _natural_key(intent)
    new = [voice for voice in voices if voice.id not in known and same_natural_key(spec, voice)]
    return Settled(fate=Fate.FOUND, voice=new[0]) if len(new) == 1 else None


def _is_ours(voice: ObservedVoice, owner: str, *, publish: bool | None = None) -> bool:
    marker = read_marker(voice.speaker_id)
    ours = marker is not None and marker.owner == owner_hash(owner)
    return ours and (publish is None or (marker is not None and marker.publish is publish))


def _natural_key(intent: Intent) -> VoiceSpec:
    """Return as much of the voice as its natural key needs."""
    return VoiceSpec(
        key=intent.key,
        name=intent.sent["name"],
        gender=Gender(intent.sent["gender"]),
        locale=intent.sent["locale"],
        speaking_style=intent.sent["speaking_style"],
        publish=intent.publish,
    )
