"""A create whose answer was lost: find the voice that it made, or make sure that it made none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from ddvoices.apply.listing import poll
from ddvoices.apply.look import Look
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import read_marker
from ddvoices.lockfile import Intent
from ddvoices.model import Gender, ObservedVoice, VoiceSpec


class Fate(StrEnum):
    """What became of a create that was never answered."""

    MADE = "made"  # the marker names it
    FOUND = "found"  # the service keeps no marker; one new voice has its natural key
    NOT_MADE = "not_made"
    # not to be told: published where those aren't listed, no listing or one that may be cut, several alike
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The fate of an intent and, if it made a voice, the voice."""

    fate: Fate
    voice: ObservedVoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """An intent that is to be settled.

    ``is_taken`` tells which ids are other keys'. A search that isn't ``urgent`` ends with the others, or
    after one look.
    """

    intent: Intent
    is_taken: Callable[[str], bool] = field(default=lambda _id: False)
    urgent: bool = True


def settle_intents(
    client: DeepdubClient,
    searches: Sequence[Search],
    options: ApplyOptions,
    *,
    owner: str,
    taken: Iterable[str] = (),
) -> dict[str, Settled]:
    """Look for what intents made until it shows up or the time is over; return the fate of each by its id.

    No intent has made the ``taken`` ids.
    """
    found: dict[str, Settled] = {}
    last: Look | ServiceError | None = None
    for voices in poll(client, options):
        last = voices if isinstance(voices, ServiceError) else Look(voices, owner)
        if isinstance(last, Look):
            found = match_all(last, searches, found, taken=taken)
        if not any(_keeps_waiting(search, found.get(search.intent.id), last) for search in searches):
            break
    stopped = options.stop.is_set()
    return {
        search.intent.id: _fate(client, search.intent, found.get(search.intent.id), last, stopped=stopped)
        for search in searches
    }


def match_all(
    look: Look, searches: Sequence[Search], known: Mapping[str, Settled], *, taken: Iterable[str] = ()
) -> dict[str, Settled]:
    """Return what is known after one more look: a voice is what one intent made, of several the first."""
    found = {intent_id: settled for intent_id, settled in known.items() if _is_sure(settled)}
    claimed = {*taken, *(settled.voice.id for settled in found.values() if settled.voice is not None)}
    for search in searches:
        settled = None if search.intent.id in found else _match(look, search, claimed)
        if settled is not None:
            found[search.intent.id] = settled
            claimed.update([settled.voice.id] if settled.voice is not None else [])
    return found


def _match(look: Look, search: Search, claimed: Collection[str]) -> Settled | None:
    """Return the voice that an intent made, if it is here.

    By the id that the answer named, if it did: another voice with the marker may be another account's. Else
    by the marker; only where no voice carries one of ours, by the natural key. Of several new voices that
    have it, nobody knows which one it is, and of one beside voices with markers, whether the service has
    ceased to keep them: an unknown fate.
    """
    intent = search.intent
    if intent.made is not None:
        named = look.get(intent.made)
        return Settled(fate=Fate.MADE, voice=named) if named is not None else None
    known = {*intent.before}

    def new(voices: Iterable[ObservedVoice]) -> Iterator[ObservedVoice]:
        free = (voice for voice in voices if voice.id not in known and voice.id not in claimed)
        return (voice for voice in free if not search.is_taken(voice.id))

    made = next(new(look.marked(read_marker(intent.marker))), None)
    if made is not None:
        return Settled(fate=Fate.MADE, voice=made)
    alike = list(islice(new(look.alike(_natural_key(intent))), 2))
    if len(alike) > 1 or (alike and look.shows_own):
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.FOUND, voice=alike[0]) if alike else None


def _keeps_waiting(search: Search, settled: Settled | None, last: Look | ServiceError) -> bool:
    """Tell whether a search has to look again; not for a voice beside which the key has another."""
    intent = search.intent
    replaced = (
        isinstance(last, Look) and intent.made is not None and bool(last.marked(read_marker(intent.marker)))
    )
    return search.urgent and not _is_sure(settled) and not replaced


def _is_sure(settled: Settled | None) -> bool:
    return settled is not None and settled.fate is not Fate.UNKNOWN


def _fate(
    client: DeepdubClient,
    intent: Intent,
    found: Settled | None,
    last: Look | ServiceError | None,
    *,
    stopped: bool,
) -> Settled:
    """Return the fate of an intent once the time is over; ``last`` is what the last look showed."""
    if found is not None:
        return found
    if intent.made is not None:
        return _asked_for(client, intent.made)
    if not isinstance(last, Look) or stopped or last.may_be_cut:
        return Settled(fate=Fate.UNKNOWN)
    if intent.publish and not last.shows_published:
        return Settled(fate=Fate.UNKNOWN)
    return Settled(fate=Fate.NOT_MADE)


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
