"""Which voice a key means in a region.

The steps run one after the other over all keys, sorted; in each a voice answers to one key, and a taken
voice is out. What is asked first is what the lock can't change: a catalog means the same voices on a
machine that has lost its lock, as long as the service echoes markers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from ddvoices.identity.facts import Evidence, VoiceFacts, newest, of_unknown_scheme, oldest_first
from ddvoices.identity.marker import fingerprint
from ddvoices.identity.normal import normal_name, normal_names, same_natural_key
from ddvoices.identity.scheme import CONTENT_HASHES, key_hash
from ddvoices.model import KeyProblem, Reason, VoiceSpec


class Step(StrEnum):
    """The evidence by which a key got its voice."""

    CONTENT = "content"
    CONTENT_ELSEWHERE = "content_elsewhere"
    MARKER = "marker"
    LOCK = "lock"
    PIN = "pin"
    MOVED_FROM = "moved_from"
    NATURAL_KEY = "natural_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The voice that a key means, and how it was found."""

    facts: VoiceFacts
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Key → claim for one region; a key without one has no voice there, or a problem."""

    claims: Mapping[str, Claim]
    problems: tuple[KeyProblem, ...]


def resolve(specs: Sequence[VoiceSpec], evidence: Evidence, *, region: str) -> Meaning:
    """Return which voice each of ``specs`` means in ``region``."""
    resolver = _Resolver(specs, evidence, region)
    resolver.refuse_unreadable()
    resolver.refuse_foreign()
    for step in (
        resolver.by_content,
        resolver.by_content_elsewhere,
        resolver.by_marker,
        resolver.by_lock,
        resolver.by_pin,
        resolver.by_moved_from,
        resolver.by_natural_key,
    ):
        for spec in resolver.open():
            step(spec)
    resolver.refuse_creates_beside_unreadable()
    problems = tuple(resolver.problems[key] for key in sorted(resolver.problems))
    return Meaning(claims=resolver.claims, problems=problems)


class _Resolver:
    """The state of one resolution: who has claimed what so far."""

    def __init__(self, specs: Sequence[VoiceSpec], evidence: Evidence, region: str) -> None:
        self.specs = sorted(specs, key=lambda spec: spec.key)
        self.evidence = evidence
        self.region = region
        self.claims: dict[str, Claim] = {}
        self.problems: dict[str, KeyProblem] = {}
        self._taken: dict[str, str] = {}
        self._wanted = {spec.key: _contents(spec) for spec in self.specs}
        self._hashes = {key_hash(spec.key) for spec in self.specs}
        self._unmarked_by_name = _index_by_name(evidence)
        self._copies: dict[str, deque[VoiceFacts]] = {}
        self._unmarked_alike: dict[tuple[str, ...], list[VoiceFacts]] = {}

    def open(self) -> list[VoiceSpec]:
        """Return the keys that have neither a voice nor a problem yet."""
        return [spec for spec in self.specs if spec.key not in self.claims and spec.key not in self.problems]

    # the steps, in their order

    def by_content(self, spec: VoiceSpec) -> None:
        """Take a voice of this key that is exactly what is wanted, its own marker first."""
        wanted, own_hash = self._wanted[spec.key], key_hash(spec.key)
        same = [f for f in self._free(self._of_key(spec)) if f.content(spec.key) in wanted]
        own = [facts for facts in same if facts.marker is not None and facts.marker.key == own_hash]
        found = own or same
        self._take_first(spec, found if len(found) < 2 else sorted(found, key=oldest_first), Step.CONTENT)

    def by_content_elsewhere(self, spec: VoiceSpec) -> None:
        """Take a voice of ours that is exactly what is wanted, whatever key it was made for."""
        found = [facts for content in self._wanted[spec.key] for facts in self._oldest(content)]
        self._take_first(spec, sorted(found, key=oldest_first), Step.CONTENT_ELSEWHERE)

    def by_marker(self, spec: VoiceSpec) -> None:
        """Take a voice that was made for this key: the lock's choice, else the newest."""
        self._take_marked(spec, [spec.key], Step.MARKER)

    def by_lock(self, spec: VoiceSpec) -> None:
        """Take the first voice that the lock holds for this key."""
        self._take_first(spec, self._free(self.evidence.locked_under(spec.key)), Step.LOCK)

    def by_pin(self, spec: VoiceSpec) -> None:
        """Take the voice that the catalog names by its id; one that isn't there is an error."""
        pin = spec.ids.get(self.region)
        if pin is None:
            return
        wrong = self._wrong_with_pin(pin)
        if wrong is not None:
            reason, message = wrong
            self._refuse(
                spec, reason, f"the pinned voice {pin} {message}: correct or remove ids.{self.region}"
            )
        else:
            self._take_first(spec, [self.evidence.by_id[pin]], Step.PIN)

    def _wrong_with_pin(self, pin: str) -> tuple[Reason, str] | None:
        """Return why a pinned voice can't be taken, None if it can."""
        facts = self.evidence.by_id.get(pin)
        if facts is None:
            return Reason.PIN_NOT_FOUND, f"is not in region {self.region}"
        if pin in self._taken:
            return Reason.AMBIGUOUS, f"is the one that {self._taken[pin]} means"
        if facts.foreign:
            return Reason.FOREIGN, "belongs to another catalog, whose marker it carries"
        if facts.unreadable:
            return Reason.NEWER_SCHEME, "was made by a newer release of ddvoices"
        return None

    def by_moved_from(self, spec: VoiceSpec) -> None:
        """Take a voice that was made for a former key of this one."""
        former = [key for key in spec.moved_from if key_hash(key) not in self._hashes]
        self._take_marked(spec, former, Step.MOVED_FROM)
        for key in former:
            if spec.key not in self.claims:
                self._take_first(spec, self._free(self.evidence.locked_under(key)), Step.MOVED_FROM)

    def by_natural_key(self, spec: VoiceSpec) -> None:
        """Take the one unmarked voice that has this voice's name, locale, gender and style.

        One that the lock holds for another key of the catalog is that key's former voice.
        """
        not_another_keys = (
            facts
            for facts in filter(self._is_free, self._alike(spec))
            if not self._wanted.keys() & facts.locked.keys() - {spec.key}
        )
        found = list(islice(not_another_keys, _MOST_NAMED + 1))
        if len(found) > 1:
            self._refuse(spec, Reason.AMBIGUOUS, _too_many(found, self.region))
        else:
            self._take_first(spec, found, Step.NATURAL_KEY)

    # what surrounds the steps

    def refuse_unreadable(self) -> None:
        """Refuse the keys that a newer release has made voices for."""
        unread = {f.marker.key for f in self.evidence.by_id.values() if f.unreadable and f.marker is not None}
        for spec in self.specs:
            entry = self.evidence.entries.get(spec.key)
            marked = bool(unread) and any(key_hash(key) in unread for key in (spec.key, *spec.moved_from))
            locked = entry is not None and any(of_unknown_scheme(v.fingerprint) for v in entry.voices)
            if marked or locked:
                self._refuse(spec, Reason.NEWER_SCHEME, _NEWER)

    def refuse_foreign(self) -> None:
        """Refuse the keys whose voice by the lock is another catalog's by its marker: it isn't made again."""
        foreign = {voice_id for voice_id, facts in self.evidence.by_id.items() if facts.foreign}
        for spec in self.open() if foreign else ():
            entry = self.evidence.entries.get(spec.key)
            if entry and entry.choice and entry.choice.id in foreign:
                message = (
                    f"its voice {entry.choice.id} carries another owner's marker: "
                    "name that owner under former_owners"
                )
                self._refuse(spec, Reason.FOREIGN, message)

    def refuse_creates_beside_unreadable(self) -> None:
        """Refuse creates while voices of a newer release are there that may be of any key."""
        unknown = [facts for facts in self.evidence.by_id.values() if facts.unreadable]
        if any(_of_no_key(facts, self._wanted, self._hashes) for facts in unknown):
            for spec in self.open():
                self._refuse(spec, Reason.NEWER_SCHEME, _NEWER)

    # helpers

    def _of_key(self, spec: VoiceSpec) -> list[VoiceFacts]:
        """Return the voices that are marked, locked or pinned for a key, each once."""
        pin = self.evidence.by_id.get(spec.ids.get(self.region, ""))
        found = [*self.evidence.by_key[key_hash(spec.key)], *self.evidence.locked_under(spec.key)]
        if pin is not None:
            found.append(pin)
        return list({facts.voice.id: facts for facts in found}.values())

    def _take_marked(self, spec: VoiceSpec, keys: Iterable[str], step: Step) -> None:
        marked = [facts for key in keys for facts in self._free(self.evidence.by_key[key_hash(key)])]
        candidates = [facts for facts in marked if not facts.former] or marked
        entry = self.evidence.entries.get(spec.key)
        choice = entry.choice.id if entry and entry.choice else None
        chosen = [facts for facts in candidates if facts.voice.id == choice]
        if candidates:
            self._take_first(spec, chosen or [newest(candidates)], step)

    def _free(self, found: Iterable[VoiceFacts]) -> list[VoiceFacts]:
        """Return what may be taken: not by another key, not of another catalog, not of a newer release."""
        return list(filter(self._is_free, found))

    def _is_free(self, facts: VoiceFacts) -> bool:
        return not facts.foreign and not facts.unreadable and facts.voice.id not in self._taken

    def _oldest(self, content: str) -> list[VoiceFacts]:
        """Return the oldest free voice of a content, if any; thousands of keys may have one content."""
        if content not in self._copies:
            self._copies[content] = deque(sorted(self.evidence.by_content[content], key=oldest_first))
        copies = self._copies[content]
        while copies and not self._is_free(copies[0]):
            copies.popleft()
        return [copies[0]] if copies else []

    def _alike(self, spec: VoiceSpec) -> list[VoiceFacts]:
        """Return the unmarked voices under a voice's natural key, looked for once for all that share it."""
        natural = (spec.name, spec.locale, spec.gender, spec.speaking_style)
        if natural not in self._unmarked_alike:
            from_name = self._unmarked_by_name.get(normal_name(spec.name), [])
            self._unmarked_alike[natural] = [f for f in from_name if same_natural_key(spec, f.voice)]
        return self._unmarked_alike[natural]

    def _take_first(self, spec: VoiceSpec, candidates: Sequence[VoiceFacts], step: Step) -> None:
        if candidates:
            self.claims[spec.key] = Claim(facts=candidates[0], step=step)
            self._taken[candidates[0].voice.id] = spec.key

    def _refuse(self, spec: VoiceSpec, reason: Reason, message: str) -> None:
        self.problems[spec.key] = KeyProblem(key=spec.key, reason=reason, message=message)


# a person who chooses among more than these looks at the listing anyway
_MOST_NAMED = 10
_NEWER = "a newer release of ddvoices has made voices of this catalog here: upgrade ddvoices"


def _too_many(found: Sequence[VoiceFacts], region: str) -> str:
    """Say that a natural key is that of several voices; ``found`` is one more than are named, or all."""
    count = f"{len(found)}" if len(found) <= _MOST_NAMED else f"more than {_MOST_NAMED}"
    ids = [facts.voice.id for facts in found[:_MOST_NAMED]] + ["…"] * (len(found) > _MOST_NAMED)
    return f"{count} voices look like it in region {region} ({', '.join(ids)}): choose one by ids.{region}"


def _of_no_key(facts: VoiceFacts, keys: Collection[str], hashes: Container[int]) -> bool:
    """Tell whether neither the marker nor the lock names a key of today for a voice."""
    if facts.marker is not None:
        return facts.marker.key not in hashes
    return not any(key in keys for key in facts.locked)


def _contents(spec: VoiceSpec) -> tuple[str, ...]:
    """Return the fingerprint of what is wanted under every scheme; empty without a sample."""
    found = (fingerprint(spec, scheme=scheme) for scheme in sorted(CONTENT_HASHES, reverse=True))
    return tuple(content for content in found if content is not None)


def _index_by_name(evidence: Evidence) -> dict[str, list[VoiceFacts]]:
    """Return the unmarked voices by name and by title, in the order of their ids."""
    found: dict[str, dict[str, VoiceFacts]] = {}
    for voice_id in sorted(evidence.by_id):
        facts = evidence.by_id[voice_id]
        if facts.unmarked:
            for name in normal_names(facts.voice.name, facts.voice.title):
                found.setdefault(name, {})[voice_id] = facts
    return {name: list(facts.values()) for name, facts in found.items()}
