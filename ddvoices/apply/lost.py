"""A create whose answer was lost: find the voice that it made, or make sure that it made none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ddvoices.apply.listing import poll
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import owner_hash, owner_hashes, read_marker, same_natural_key
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """An intent that is to be settled.

    ``taken`` ids are other keys'. A search that isn't ``urgent`` ends with the others, or after one look.
    """

    intent: Intent
    taken: frozenset[str] = frozenset()
    urgent: bool = True


def settle_intents(
    client: DeepdubClient, searches: Sequence[Search], options: ApplyOptions, *, owner: str
) -> dict[str, Settled]:
    """Look for what intents made until it shows up or the time is over; return the fate of each by its id."""
    found: dict[str, Settled] = {}
    last: _Look | ServiceError | None = None
    for voices in poll(client, options):
        last = voices if isinstance(voices, ServiceError) else _Look(voices, owner)
        if isinstance(last, _Look):
            found = _matched(last, searches, found)
        if not any(_keeps_waiting(search, found.get(search.intent.id), last) for search in searches):
            break
    stopped = options.stop.is_set()
    return {
        search.intent.id: _fate(client, search.intent, found.get(search.intent.id), last, stopped=stopped)
        for search in searches
    }


def _matched(look: _Look, searches: Sequence[Search], known: Mapping[str, Settled]) -> dict[str, Settled]:
    """Return what is known after one more look: a voice is what one intent made, of several the first."""
    found = {intent_id: settled for intent_id, settled in known.items() if _is_sure(settled)}
    for search in searches:
        if search.intent.id not in found:
            claimed = {settled.voice.id for settled in found.values() if settled.voice is not None}
            settled = look.match(search.intent, taken=search.taken | claimed)
            if settled is not None:
                found[search.intent.id] = settled
    return found


def _keeps_waiting(search: Search, settled: Settled | None, last: _Look | ServiceError) -> bool:
    """Tell whether a search has to look again; not for a voice beside which the key has another."""
    replaced = isinstance(last, _Look) and search.intent.made is not None and bool(last.marked(search.intent))
    return search.urgent and not _is_sure(settled) and not replaced


def _is_sure(settled: Settled | None) -> bool:
    return settled is not None and settled.fate is not Fate.UNKNOWN


def _fate(
    client: DeepdubClient,
    intent: Intent,
    found: Settled | None,
    last: _Look | ServiceError | None,
    *,
    stopped: bool,
) -> Settled:
    """Return the fate of an intent once the time is over; ``last`` is what the last look showed."""
    if found is not None and _is_sure(found):
        return found
    if intent.made is not None:
        return _asked_for(client, intent.made)
    if found is not None or not isinstance(last, _Look) or stopped:
        return Settled(fate=Fate.UNKNOWN)
    if intent.publish and not last.shows_published:
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.NOT_MADE)


class _Look:
    """One listing, with the markers in it, whoever's they are."""

    def __init__(self, voices: Iterable[ObservedVoice], owner: str) -> None:
        self._voices = sorted(voices, key=lambda voice: (voice.created_at or "", voice.id))
        read = ((voice.id, read_marker(voice.speaker_id, ours=owner_hashes(owner))) for voice in self._voices)
        self._markers = {voice_id: marker for voice_id, marker in read if marker is not None}
        self._own = [marker for marker in self._markers.values() if marker.owner == owner_hash(owner)]

    @property
    def shows_published(self) -> bool:
        """Tell whether a published voice of ours is listed."""
        return any(marker.publish for marker in self._own)

    def marked(self, intent: Intent) -> list[ObservedVoice]:
        """Return the voices that carry the marker of an intent, oldest first."""
        marker = read_marker(intent.marker)
        return [v for v in self._voices if marker is not None and self._markers.get(v.id) == marker]

    def match(self, intent: Intent, *, taken: Collection[str]) -> Settled | None:
        """Return the voice that an intent made, if it is here.

        By the id that the answer named, if it did: another voice with the marker may be another account's.
        Else by the marker; only where no voice carries one of ours, by the natural key. Of several new voices
        that have it, nobody knows which one it is: an unknown fate.
        """
        known = {*intent.before, *taken}
        if intent.made is not None:
            named = [voice for voice in self._voices if voice.id == intent.made]
            return Settled(fate=Fate.MADE, voice=named[0]) if named else None
        marked = [voice for voice in self.marked(intent) if voice.id not in known]
        if marked:
            return Settled(fate=Fate.MADE, voice=marked[0])
        if self._own:
            return None
        spec = _natural_key(intent)
        unmarked = (voice for voice in self._voices if voice.id not in self._markers)
        new = [voice for voice in unmarked if voice.id not in known and looks_like(spec, voice)]
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
