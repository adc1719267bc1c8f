"""What the lock remembers: which voice each key got, in which account, and what was sent for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    @property
    def published(self) -> bool | None:
        """Tell whether we have made it to be published; None for one that we haven't made."""
        return self.sent.get("publish") is True if self.origin is Origin.CREATED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockEntry:
    """The voices of one key in one account; the first is the lock's choice."""

    voices: tuple[LockedVoice, ...] = ()

    @property
    def choice(self) -> LockedVoice | None:
        """Return the voice that the key meant last."""
        return self.voices[0] if self.voices else None

    def get(self, voice_id: str) -> LockedVoice | None:
        """Return what is remembered of one voice."""
        return next((voice for voice in self.voices if voice.id == voice_id), None)


Section = Mapping[str, LockEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The whole lock: region → section → key → entry; and the keys that the catalog protects or did last.

    A section is one account of the service. It is named by the hash of the key under which it was first
    applied to, and found again under another key of that account by the voices that it holds.
    """

    owner: str = ""
    regions: Mapping[str, Mapping[str, Section]] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()

    def section(self, region: str, account: str, known_ids: frozenset[str]) -> str:
        """Return the name of an account's section: its own, else the one that holds most of its voices."""
        sections = self.regions.get(region, {})
        if account in sections:
            return account
        held = {name: len(known_ids & set(_ids(section))) for name, section in sections.items()}
        most = max(sorted(held), key=lambda name: held[name], default=account)
        return most if held.get(most) else account

    def entries(self, region: str, account: str, known_ids: frozenset[str]) -> dict[str, LockEntry]:
        """Return key → entry for one account.

        What other sections say of ids that the account's own doesn't hold counts as far as today's key knows
        them: two branches may each have begun a section for one account.
        """
        sections, own = self.regions.get(region, {}), self.section(region, account, known_ids)
        merged = dict(sections.get(own, {}))
        taken = set(_ids(merged))
        for other in sorted(sections.keys() - {own}):
            for key, entry in sections[other].items():
                known = tuple(v for v in entry.voices if v.id in known_ids and v.id not in taken)
                if known:
                    merged[key] = LockEntry(voices=merged.get(key, LockEntry()).voices + known)
                    taken.update(voice.id for voice in known)
        return merged

    def taken_over(self, region: str, account: str, known_ids: frozenset[str]) -> Lock:
        """Return the lock with all that `entries` finds in the account's own section, and nowhere else."""
        entries = self.entries(region, account, known_ids)
        if not entries:
            return self
        own, moved = self.section(region, account, known_ids), set(_ids(entries))
        others = {name: s for name, s in self.regions.get(region, {}).items() if name != own}
        sections = {own: entries, **{name: _without(section, moved) for name, section in others.items()}}
        kept = {name: section for name, section in sections.items() if section}
        return replace(self, regions={**self.regions, region: kept})


def _ids(section: Section) -> Iterator[str]:
    return (voice.id for entry in section.values() for voice in entry.voices)


def _without(section: Section, ids: set[str]) -> Section:
    """Return a section without some voices, and without the keys that are left with none."""
    rest = {key: tuple(v for v in entry.voices if v.id not in ids) for key, entry in section.items()}
    return {key: LockEntry(voices=voices) for key, voices in rest.items() if voices}


EMPTY_LOCK = Lock()
