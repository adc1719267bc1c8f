"""What the lock remembers: which voice each key got, in which account, and what was sent for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Origin(StrEnum):
    """How a voice came to be in the lock, and so whether it is ours to delete."""

    CREATED = "created"  # by our own POST, and the answer named it
    FOUND = "found"  # after a lost answer, by its natural key: perhaps a stranger's, never deleted
    ADOPTED = "adopted"  # it was there before


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedVoice:
    """One voice of a key.

    ``fingerprint`` is None as long as no sample was ever given for it. ``sent`` holds what we last asked
    for, ``reported`` what the service said instead where it did not do as asked.
    """

    id: str
    origin: Origin
    fingerprint: str | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    reported: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockEntry:
    """The voices of one key in one account; the first is the lock's choice."""

    voices: tuple[LockedVoice, ...] = ()
    protect: bool = False

    @property
    def choice(self) -> LockedVoice | None:
        """Return the voice that the key meant last."""
        return self.voices[0] if self.voices else None

    def get(self, voice_id: str) -> LockedVoice | None:
        """Return what is remembered of one voice."""
        return next((voice for voice in self.voices if voice.id == voice_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The whole lock: region → account → key → entry."""

    owner: str = ""
    regions: Mapping[str, Mapping[str, Mapping[str, LockEntry]]] = field(default_factory=dict)

    def entries(self, region: str, account: str, known_ids: frozenset[str]) -> dict[str, LockEntry]:
        """Return key → entry for one account.

        Entries of other accounts count as far as today's key knows their ids, which is how a rotated key
        keeps its voices; what the account's own say of an id is all that counts for it.
        """
        accounts = self.regions.get(region, {})
        merged = dict(accounts.get(account, {}))
        taken = {voice.id for entry in merged.values() for voice in entry.voices}
        for other in sorted(accounts.keys() - {account}):
            for key, entry in accounts[other].items():
                known = tuple(v for v in entry.voices if v.id in known_ids and v.id not in taken)
                if known:
                    merged[key] = _join(merged.get(key), known, protect=entry.protect)
                    taken.update(voice.id for voice in known)
        return merged

    def taken_over(self, region: str, account: str, known_ids: frozenset[str]) -> Lock:
        """Return the lock with all that `entries` finds as the account's own, so that it can change there."""
        entries = self.entries(region, account, known_ids)
        if not entries:
            return self
        accounts = {**self.regions.get(region, {}), account: entries}
        return replace(self, regions={**self.regions, region: accounts})

    def ids(self, region: str) -> frozenset[str]:
        """Return every voice id that is remembered for a region, whatever the account."""
        accounts = self.regions.get(region, {}).values()
        return frozenset(v.id for entries in accounts for entry in entries.values() for v in entry.voices)


def _join(entry: LockEntry | None, voices: tuple[LockedVoice, ...], *, protect: bool) -> LockEntry:
    """Return ``entry`` with the voices that it lacks behind its own."""
    if entry is None:
        return LockEntry(voices=voices, protect=protect)
    return LockEntry(voices=entry.voices + voices, protect=entry.protect or protect)


EMPTY_LOCK = Lock()
