"""The catalog at the head of its history, and what people do to it. Arguments are JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from workspace import write_tone

from ddvoices.audio import inspect
from ddvoices.model import Catalog, Gender, RegionSettings, Sample, VoiceSpec

OWNERS = ("studio-1a2b", "label-3c4d")
KEYS = ("ada", "bert", "cleo", "dora")
SOUNDS = ("a", "b", "c")
REGIONS = (("us",), ("us", "eu"), ("eu",))
# a field and the value that it is given, or loses again
CHANGES = (
    ("name", "Some name"),
    ("locale", "fr-FR"),
    ("gender", "male"),
    ("age", 40),
    ("publish", True),
    ("speaking_style", "Calm"),
    ("text", "Hello"),
    ("title", "A title"),
    ("protect", True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a commit holds."""

    owner: str = OWNERS[0]
    former_owners: tuple[str, ...] = ()
    voices: tuple[VoiceSpec, ...] = ()

    def at(self, root: Path) -> Catalog:
        """Return the catalog in a checkout."""
        return Catalog(
            root=root,
            owner=self.owner,
            former_owners=self.former_owners,
            regions={"us": RegionSettings(), "eu": RegionSettings()},
            voices=self.voices,
        )


class Head:
    """The newest commit, and all before it."""

    def __init__(self, sounds: Path) -> None:
        self._sounds = sounds
        self.state = State()
        self._history: list[State] = []

    @property
    def voices(self) -> dict[str, VoiceSpec]:
        return {spec.key: spec for spec in self.state.voices}

    def add(self, key: str, sound: str, regions: int) -> None:
        """Add a voice whose name says its key."""
        if key not in self.voices:
            spec = replace(self.new(key, sound), regions=REGIONS[regions])
            self.put(spec)

    def remove(self, number: int) -> None:
        if self.voices:
            gone = self._any(number).key
            self._commit(spec for spec in self.state.voices if spec.key != gone)

    def change(self, number: int, changes: Sequence[Sequence[Any]]) -> None:
        """Set some fields, or set them back to what a new voice has."""
        if not self.voices:
            return
        spec = self._any(number)
        for path, value in changes:
            wanted = Gender(value) if path == "gender" else value
            back = getattr(self.new(spec.key, "a"), path)
            spec = replace(spec, **{path: back if getattr(spec, path) == wanted else wanted})
        self.put(spec)

    def give_sample(self, number: int, sound: str) -> None:
        if self.voices:
            self.put(replace(self._any(number), sample=self.sample(sound)))

    def set_regions(self, number: int, regions: int) -> None:
        if self.voices:
            self.put(replace(self._any(number), regions=REGIONS[regions]))

    def rename(self, number: int, new: str, say_so: bool) -> None:
        if not self.voices or new in self.voices:
            return
        spec = self._any(number)
        moved = (*spec.moved_from, spec.key) if say_so else spec.moved_from
        rest = [other for other in self.state.voices if other.key != spec.key]
        self._commit(self._without_former((*rest, replace(spec, key=new, moved_from=moved)), new))

    def swap_samples(self, one: int, other: int) -> None:
        if self.voices:
            a, b = self._any(one), self._any(other)
            if a.key != b.key and a.sample and b.sample:
                self.put(replace(a, sample=b.sample), replace(b, sample=a.sample))

    def roll_back(self, number: int) -> None:
        if self._history:
            self._commit(self._history[number % len(self._history)].voices)

    def take_another_owner(self) -> None:
        if not self.state.former_owners:
            former = self.state.owner
            owner = next(name for name in OWNERS if name != former)
            self._set(replace(self.state, owner=owner, former_owners=(former,)))

    def put(self, *specs: VoiceSpec) -> None:
        """Commit the catalog with some voices added, or as they now are."""
        voices = {**self.voices, **{spec.key: spec for spec in specs}}
        found = tuple(voices.values())
        for spec in specs:
            found = self._without_former(found, spec.key)
        self._commit(found)

    def sample(self, sound: str) -> Sample:
        return _sample(self._sounds, sound)

    def new(self, key: str, sound: str) -> VoiceSpec:
        """Return what a voice is before anybody changes it."""
        return VoiceSpec(
            key=key,
            name=f"Voice {key}",
            gender=Gender.FEMALE,
            locale="en-GB",
            speaking_style="Neutral",
            publish=False,
            sample=self.sample(sound),
        )

    def _any(self, number: int) -> VoiceSpec:
        return self.state.voices[number % len(self.state.voices)]

    def _without_former(self, voices: Sequence[VoiceSpec], key: str) -> tuple[VoiceSpec, ...]:
        """A key of today is nobody's former key: else the catalog is in error."""
        return tuple(
            replace(spec, moved_from=tuple(former for former in spec.moved_from if former != key))
            for spec in voices
        )

    def _commit(self, voices: Any) -> None:
        self._set(replace(self.state, voices=tuple(sorted(voices, key=lambda spec: spec.key))))

    def _set(self, state: State) -> None:
        self._history.append(self.state)
        self.state = state


@cache
def _sample(folder: Path, sound: str) -> Sample:
    path = folder / f"{sound}.wav"
    if not path.exists():
        write_tone(path, pitch=200.0 + 50 * ord(sound[0]) % 500, seconds=0.02)
    facts = inspect(path.read_bytes())
    assert facts is not None
    return Sample(
        path=f"samples/{sound}.wav",
        file=str(path),
        sha256=facts.sha256,
        sound=facts.sound,
        size=facts.size,
        seconds=facts.seconds,
        format=facts.format,
    )
