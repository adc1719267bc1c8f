"""What is known of each observed voice before any key is asked about: whose, which key, what content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ddvoices.identity.marker import Marker, read_marker, scheme_of
from ddvoices.identity.scheme import CONTENT_HASHES, owner_hash, owner_hashes
from ddvoices.model import LockedVoice, LockEntry, ObservedVoice, Origin

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFacts:
    """One voice and the evidence about it.

    ``marker`` is set only if it is ours or a former owner's. ``unreadable``: ours by its marker or the lock,
    but of a scheme that this release doesn't know. ``foreign``: another catalog's. ``locked`` maps each key
    whose lock entry names this voice to what it says.
    """

    voice: ObservedVoice
    marker: Marker | None = None
    former: bool = False
    foreign: bool = False
    unreadable: bool = False
    locked: Mapping[str, LockedVoice] = field(default_factory=dict)

    @property
    def unmarked(self) -> bool:
        """Tell whether no catalog has marked the voice."""
        return self.marker is None and not self.foreign

    @property
    def made_by_us(self) -> bool:
        """Tell whether this catalog (or a former owner of it) has created the voice.

        The lock's word counts only where the service says nothing else.
        """
        if self.marker is not None:
            return True
        if self.foreign:
            return False
        return any(_created_unmarked(entry, self.voice) for entry in self.locked.values())

    @property
    def published(self) -> bool:
        """Tell whether we have made the voice as a published one: by its marker, else by the lock."""
        if self.marker is not None:
            return self.marker.publish
        return any(entry.published for entry in self.locked.values())

    def content(self, key: str | None = None) -> str | None:
        """Return the known fingerprint: the marker's, else the lock's (that of ``key`` first)."""
        if self.unreadable:
            return None
        if self.marker is not None:
            return self.marker.content
        if key is not None and key in self.locked:
            return self.locked[key].fingerprint
        return next(
            (entry.fingerprint for _, entry in sorted(self.locked.items()) if entry.fingerprint), None
        )

    @property
    def created(self) -> datetime:
        """Return when the service says that the voice was made; long ago if it doesn't say."""
        try:
            moment = datetime.fromisoformat(self.voice.created_at or "")
        except ValueError:
            return _LONG_AGO
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def of_unknown_scheme(content: str | None) -> bool:
    """Tell whether a fingerprint is of a scheme that this release doesn't have."""
    return content is not None and scheme_of(content) not in CONTENT_HASHES


def _created_unmarked(entry: LockedVoice, voice: ObservedVoice) -> bool:
    """Tell whether the lock says that we made ``voice`` and its ``speakerId`` doesn't contradict that."""
    if entry.origin is not Origin.CREATED:
        return False
    return not voice.speaker_id or entry.reported.get("speaker_id") == voice.speaker_id


def oldest_first(facts: VoiceFacts) -> tuple[bool, datetime, str]:
    """Sort copies of one content, a former owner's last: every machine chooses the same."""
    return facts.former, facts.created, facts.voice.id


def newest(candidates: Iterable[VoiceFacts]) -> VoiceFacts:
    """Return the newest voice; of equals the one with the smallest id."""
    by_id = sorted(candidates, key=lambda facts: facts.voice.id)
    return max(by_id, key=lambda facts: facts.created)  # max keeps the first of equals


class Evidence:
    """All voices of a region, by id, by marked key and by known content."""

    def __init__(
        self,
        voices: Iterable[ObservedVoice],
        entries: Mapping[str, LockEntry],
        *,
        owner: str,
        former_owners: Iterable[str] = (),
    ) -> None:
        self._owner = owner_hash(owner)
        self._ours = owner_hashes(owner, former_owners)
        self.entries = entries
        locked = _locked_by_id(entries)
        self.by_id = {voice.id: self._facts(voice, locked.get(voice.id, {})) for voice in voices}
        self.by_key: dict[int, list[VoiceFacts]] = defaultdict(list)
        self.by_content: dict[str, list[VoiceFacts]] = defaultdict(list)
        for facts in self.by_id.values():
            self._index(facts)

    def _facts(self, voice: ObservedVoice, locked: Mapping[str, LockedVoice]) -> VoiceFacts:
        marker = read_marker(voice.speaker_id, ours=self._ours)
        if marker is None or marker.owner not in self._ours:
            unreadable = any(of_unknown_scheme(entry.fingerprint) for entry in locked.values())
            return VoiceFacts(voice=voice, foreign=marker is not None, unreadable=unreadable, locked=locked)
        unreadable, former = marker.scheme not in CONTENT_HASHES, marker.owner != self._owner
        return VoiceFacts(voice=voice, marker=marker, former=former, unreadable=unreadable, locked=locked)

    def _index(self, facts: VoiceFacts) -> None:
        if facts.marker is not None:
            self.by_key[facts.marker.key].append(facts)
        contents = {facts.content()} | {facts.content(key) for key in facts.locked}
        for content in sorted(contents - {None}, key=str):
            self.by_content[str(content)].append(facts)

    def is_gone(self, key: str) -> bool:
        """Tell whether the lock has voices for ``key``, and none of them is there."""
        entry = self.entries.get(key)
        return entry is not None and bool(entry.voices) and not self.locked_under(key)

    def locked_under(self, key: str) -> list[VoiceFacts]:
        """Return the voices that are there of those the lock holds for ``key``, its choice first."""
        entry = self.entries.get(key)
        return [self.by_id[v.id] for v in entry.voices if v.id in self.by_id] if entry else []


def _locked_by_id(entries: Mapping[str, LockEntry]) -> dict[str, dict[str, LockedVoice]]:
    """Return id → key → what the lock says."""
    found: dict[str, dict[str, LockedVoice]] = defaultdict(dict)
    for key, entry in entries.items():
        for voice in entry.voices:
            found[voice.id][key] = voice
    return found
