"""One listing, looked at for what creates have made. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ddvoices.identity import Marker, normal_names, owner_hash, owner_hashes, read_marker, same_natural_key
from ddvoices.model import ObservedVoice, VoiceSpec

_ROUND = 100  # Deepdub's own cut, and what others like to cut at


class Look:
    """The voices of a listing by id, by marker, whoever's it is, and those without one by their names.

    The oldest come first.
    """

    def __init__(self, voices: Iterable[ObservedVoice], owner: str) -> None:
        self._by_id: dict[str, ObservedVoice] = {}
        self._marked: dict[Marker, list[ObservedVoice]] = defaultdict(list)
        self._named: dict[str, list[ObservedVoice]] = defaultdict(list)
        ours = owner_hashes(owner)
        for voice in sorted(voices, key=lambda voice: (voice.created_at or "", voice.id)):
            self._by_id[voice.id] = voice
            marker = read_marker(voice.speaker_id, ours=ours)
            if marker is not None:
                self._marked[marker].append(voice)
            else:
                for name in normal_names(voice.name, voice.title):
                    self._named[name].append(voice)
        self._own = [marker for marker in self._marked if marker.owner == owner_hash(owner)]

    @property
    def shows_own(self) -> bool:
        """Tell whether a voice with this owner's marker is listed."""
        return bool(self._own)

    @property
    def may_be_cut(self) -> bool:
        """Tell whether a listing is as long as those are that are cut in silence: 100 voices, or hundreds."""
        return bool(self._by_id) and len(self._by_id) % _ROUND == 0

    @property
    def shows_published(self) -> bool:
        """Tell whether a published one of these is listed."""
        return any(marker.publish for marker in self._own)

    def get(self, voice_id: str) -> ObservedVoice | None:
        """Return the voice of an id."""
        return self._by_id.get(voice_id)

    def marked(self, marker: Marker | None) -> Sequence[ObservedVoice]:
        """Return the voices with a marker."""
        return self._marked.get(marker, ()) if marker is not None else ()

    def alike(self, spec: VoiceSpec) -> Iterator[ObservedVoice]:
        """Yield the voices without a marker that have the natural key of what ``spec`` makes.

        Some services keep the title for the name.
        """
        titled = spec if spec.title is None else replace(spec, name=spec.title)
        found = (voice for name in normal_names(spec.name, spec.title) for voice in self._named.get(name, ()))
        for voice in {voice.id: voice for voice in found}.values():
            if same_natural_key(spec, voice) or same_natural_key(titled, voice):
                yield voice
