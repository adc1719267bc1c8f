"""Which voices become one entry, and under which key. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ddvoices.identity import key_hash, natural_key
from ddvoices.importing.drafts import Draft
from ddvoices.importing.survey import Candidate
from ddvoices.writing import key_of, numbered

_ID_PREFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the catalog to be; ``voices`` are those that it pins, one a region.

    ``unsaid`` names what the service says of them and the entry doesn't.
    """

    key: str
    fields: Mapping[str, Any]
    voices: tuple[Candidate, ...]
    unsaid: tuple[str, ...] = ()


@dataclass(slots=True)
class Keys:
    """The keys that aren't free any more, by name and by hash; ``left`` are free for their own voices.

    ``numbers`` has the last number behind each name.
    """

    names: set[str]
    hashes: set[int]
    left: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)

    def take(self, name: str, voice_id: str, *, former: str | None = None) -> str:
        """Return a free key for a voice.

        The one that it had in the lock, else its name as a key may be written, or the beginning of its id.
        """
        base = key_of(name) or f"voice-{key_of(voice_id)[:_ID_PREFIX]}".strip("-._")
        first = (former,) if former in self.left else ()
        key = next(key for key in chain(first, self._numbered(base)) if self._is_free(key, former))
        self.names.add(key)
        self.hashes.add(key_hash(key))
        return key

    def _numbered(self, base: str) -> Iterator[str]:
        """Yield a name, and then the name with each number that hasn't been tried behind it."""
        start = self.numbers.get(base, 1)
        for number, key in enumerate(numbered(base, start=start), start):
            self.numbers[base] = number
            yield key

    def _is_free(self, key: str, former: str | None) -> bool:
        known = key in self.names and not (key == former and key in self.left)
        return not known and key_hash(key) not in self.hashes


def make_entries(drafts: Iterable[Draft], everything: Iterable[Candidate], keys: Keys) -> tuple[Entry, ...]:
    """Return the entries of ``drafts``, sorted by key; ``everything`` are all voices of the regions."""
    groups = sorted(_joined(drafts, everything), key=lambda group: _age(group[0]))
    return tuple(sorted((_entry(group, keys) for group in groups), key=lambda entry: entry.key))


def _joined(drafts: Iterable[Draft], everything: Iterable[Candidate]) -> list[list[Draft]]:
    """Return the drafts of one voice together.

    One voice are those of the same name, locale, gender and style, if each is the only such in its region.
    """
    seen = Counter((one.region, natural_key(one.voice)) for one in everything)
    groups: dict[tuple[Any, ...], list[Draft]] = {}
    for draft in drafts:
        voice, region = draft.candidate.voice, draft.candidate.region
        alone = seen[region, natural_key(voice)] == 1
        groups.setdefault(natural_key(voice) if alone else (region, voice.id), []).append(draft)
    return list(groups.values())


def _age(draft: Draft) -> tuple[str, str, str]:
    """Sort the oldest first: of two of one name, that one gets the plain key."""
    voice = draft.candidate.voice
    return voice.created_at or "", draft.candidate.region, voice.id


def _entry(group: Sequence[Draft], keys: Keys) -> Entry:
    voices = tuple(draft.candidate for draft in group)
    fields = group[0].fields
    ids = {one.region: one.voice.id for one in voices}
    former = next((one.former for one in voices if one.former is not None), None)
    return Entry(
        key=keys.take(fields["name"], voices[0].voice.id, former=former),
        fields={**fields, "regions": list(ids), "ids": ids},
        voices=voices,
        unsaid=tuple(what for draft in group for what in draft.unsaid),
    )
