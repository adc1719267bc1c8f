"""Which voices of the service a catalog may take in, and what stands against the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ddvoices.identity import Evidence, VoiceFacts, judge, resolve, same_natural_key
from ddvoices.model import (
    Catalog,
    Gender,
    Lock,
    ObservedRegion,
    ObservedVoice,
    Reason,
    Standing,
    VoiceSpec,
)


class Obstacle(StrEnum):
    """What stands against taking a voice in."""

    OURS = "ours"  # it is in the catalog, or was made by it
    FOREIGN = "foreign"  # another catalog has marked it
    LEFT = "left"  # it was adopted once, and its key has left the catalog: only by its id
    LOOKALIKE = "lookalike"  # a key of the catalog may mean it, and nobody has said so
    UNWRITABLE = "unwritable"  # no entry can say what the service says


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A voice in a region; ``why`` says in words what its ``obstacle`` is, ``former`` is the key it had."""

    region: str
    voice: ObservedVoice
    obstacle: Obstacle | None = None
    why: str = ""
    former: str | None = None

    def __str__(self) -> str:
        """Return the place and the words: ``us: 5d3d… carries another catalog's marker``."""
        return f"{self.region}: {self.voice.id} {self.why}"

    def against(self, obstacle: Obstacle, why: str) -> Candidate:
        """Return the candidate with what stands against it."""
        return replace(self, obstacle=obstacle, why=why)


def asking_for(catalog: Catalog, ids: Iterable[str], regions: Iterable[str]) -> Catalog:
    """Return a catalog that also pins ``ids`` in ``regions``, so that unlisted ones are asked for."""
    names = tuple(sorted(regions))
    pins = tuple(
        VoiceSpec(
            key="",
            name="",
            gender=Gender.FEMALE,
            locale="",
            speaking_style="",
            publish=False,
            regions=names,
            ids=dict.fromkeys(names, voice_id),
        )
        for voice_id in ids
    )
    return replace(catalog, voices=(*catalog.voices, *pins))


def survey(catalog: Catalog, observed: Mapping[str, ObservedRegion], lock: Lock) -> tuple[Candidate, ...]:
    """Return every voice of the regions, by region and id, with what stands against it."""
    found: list[Candidate] = []
    for name in sorted(observed):
        judged = _Region(catalog, observed[name], lock)
        voices = sorted(observed[name].voices, key=lambda voice: voice.id)
        found.extend(judged.judge(Candidate(region=name, voice=voice)) for voice in voices)
    return tuple(found)


class _Region:
    """What the voices of a region are to the catalog."""

    def __init__(self, catalog: Catalog, observed: ObservedRegion, lock: Lock) -> None:
        name, specs = observed.region, catalog.wanted_in(observed.region)
        known = frozenset(voice.id for voice in observed.voices)
        entries = lock.entries(name, observed.account, known)
        self._evidence = Evidence(
            observed.voices, entries, owner=catalog.owner, former_owners=catalog.former_owners
        )
        meaning = resolve(specs, self._evidence, region=name)
        self._standings = judge(specs, self._evidence, meaning, elsewhere=catalog.voices).of
        self._pinned = {spec.ids[name]: spec.key for spec in catalog.voices if name in spec.ids}
        doubtful = {problem.key for problem in meaning.problems if problem.reason is Reason.AMBIGUOUS}
        self._doubtful = [spec for spec in specs if spec.key in doubtful]

    def judge(self, candidate: Candidate) -> Candidate:
        """Return a voice with what stands against it, if anything does."""
        voice_id = candidate.voice.id
        facts, (standing, key) = self._evidence.by_id[voice_id], self._standings[voice_id]
        if facts.foreign:
            return candidate.against(Obstacle.FOREIGN, "carries another catalog's marker")
        ours = self._ours(facts, standing, key)
        if ours is not None:
            return candidate.against(Obstacle.OURS, ours)
        if facts.locked:
            why = f"was the voice of {key}, which has left the catalog: import it by its id"
            return replace(candidate.against(Obstacle.LEFT, why), former=key)
        alike = [spec.key for spec in self._doubtful if same_natural_key(spec, candidate.voice)]
        if alike:
            why = f"looks like {alike[0]}, as others do: choose one of them by ids.{candidate.region} there"
            return candidate.against(Obstacle.LOOKALIKE, why)
        return candidate

    def _ours(self, facts: VoiceFacts, standing: Standing, key: str | None) -> str | None:
        """Say how a voice belongs to the catalog; None if it doesn't."""
        pinned = self._pinned.get(facts.voice.id)
        if pinned is not None:
            return f"is in the catalog: {pinned} pins it"
        if standing is Standing.MANAGED:
            return f"is in the catalog: {key} means it"
        if facts.made_by_us or facts.unreadable:
            return f"was made by this catalog{f', for {key}' if key else ''}"
        if standing in (Standing.SUPERSEDED, Standing.DUPLICATE):
            return f"is a former voice of {key}"
        return None
