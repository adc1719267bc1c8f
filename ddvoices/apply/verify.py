"""After the writes: is everything listed, and does the listing say what was asked for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ddvoices.apply.listing import Voices, poll_until
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.identity import owner_hash, read_marker
from ddvoices.model import FieldChange, LockedVoice, ObservedVoice, VoiceSpec
from ddvoices.plan import listed_differences

Difference = tuple[str, VoiceSpec, LockedVoice, dict[str, str]]
T = TypeVar("T")
R = TypeVar("R")


class SideBySide(Protocol):
    """Does something with each item, so many at once, and returns what came of it in the items' order."""

    def __call__(self, work: Callable[[T], R], items: Iterable[T], /) -> list[R]:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A voice that this run has made or updated."""

    spec: VoiceSpec
    locked: LockedVoice
    created: bool


def set_fields(client: DeepdubClient, voice_id: str, fields: Iterable[FieldChange]) -> None:
    """Set name, locale or gender of a voice to what is wanted."""
    after = {field.path: str(field.after) for field in fields}
    client.update_voice(
        voice_id, name=after.get("name"), locale=after.get("locale"), gender=after.get("gender")
    )


class Verifier:
    """What one region's run has written, and whether the service shows it.

    ``listed`` are the ids that were listed before the run. What was written may be told by several threads;
    whether it shows is asked by one, when nothing is being written.
    """

    def __init__(
        self,
        client: DeepdubClient,
        options: ApplyOptions,
        *,
        owner: str,
        ours: frozenset[int],
        listed: Iterable[str],
        side_by_side: SideBySide,
    ) -> None:
        self._client = client
        self._options = options
        self._owner = owner_hash(owner)
        self._ours = ours
        self._side_by_side = side_by_side
        self._before = set(listed)
        self._vanished: str | None = None
        self._whole_at = 0
        self._written: dict[str, _Written] = {}
        self._seen: dict[str, ObservedVoice] = {}
        self._trouble: ServiceError | None = None
        self._uncorrected: dict[str, str] = {}

    def created(self, spec: VoiceSpec, locked: LockedVoice) -> None:
        """Take note of a new voice."""
        self._written[spec.key] = _Written(spec=spec, locked=locked, created=True)

    def why_no_more(self) -> str | None:
        """Wait until all that was made is shown; say why no more may be made, if so."""
        self._wait_for_all()
        if self._vanished is not None:
            return f"the listing is not whole: it lacks {self._vanished}, which is there"
        unseen = [written.spec.key for written in self._unseen()]
        if unseen:
            return f"{unseen[0]} was made and didn't show up: apply again later, or wait longer by --settle"
        return None

    @property
    def shows_markers(self) -> bool:
        """Tell whether the listing, as it was seen last, holds a marker of this very owner."""
        markers = (
            read_marker(voice.speaker_id, ours=self._ours) for voice in self._seen.values() if voice.listed
        )
        return any(marker is not None and marker.owner == self._owner for marker in markers)

    def deleted(self, voice_id: str) -> None:
        """Take note of a voice that is gone."""
        self._before.discard(voice_id)

    def updated(self, spec: VoiceSpec, locked: LockedVoice) -> None:
        """Take note of an updated voice."""
        self._written[spec.key] = _Written(spec=spec, locked=locked, created=False)
        self._seen.pop(locked.id, None)

    def written(self) -> tuple[str, ...]:
        """Return the keys of which something was written."""
        return tuple(self._written)

    def differences(self) -> Iterator[Difference]:
        """Correct what the listing shows otherwise, and yield what it keeps showing otherwise.

        Every updated voice is yielded, with nothing differing where the update took; and every new one to
        which the service gave a `speakerId` of its own: by that the lock can tell it from a stranger's.
        """
        if not self._written:
            return
        self._wait_for_all()
        everything = list(self._written.values())
        again = self._side_by_side(self._correct, everything)
        corrected = [written for written, look in zip(everything, again, strict=True) if look]
        if any(self._differs(written) for written in corrected):
            poll_until(self._client, self._options, lambda voices: self._all_as_wanted(voices, corrected))
        for written in self._written.values():
            reported = self._reported(written)
            if reported or written in corrected:
                yield written.spec.key, written.spec, written.locked, reported

    def uncorrected(self) -> dict[str, str]:
        """Return key → message for the new voices that the service keeps otherwise and took no correction of.

        That is no refusal to be remembered: the next plan shows an update.
        """
        return {
            key: f"made, but the service shows it otherwise, and took no correction: {error}: apply again"
            for key, error in self._uncorrected.items()
        }

    def cut(self) -> dict[str, str]:
        """Return key → message for the new voices that made the listing lose another voice."""
        if self._vanished is None:
            return {}
        why = f"made, but the listing is not whole: it lacks {self._vanished}, which is there"
        return {key: why for key, written in self._written.items() if written.created}

    def missing(self) -> dict[str, str]:
        """Return key → message for the new voices that the service doesn't show."""
        why = "doesn't list it" if self._trouble is None else f"could not be asked about it: {self._trouble}"
        return {
            key: f"the service answered with id {written.locked.id}, and {why}: plan again later"
            for key, written in self._written.items()
            if written.created and written.locked.id not in self._seen
        }

    def known_by_lock_alone(self) -> list[str]:
        """Return the keys whose new voice doesn't carry a marker that the listing shows."""
        return [
            key
            for key, written in self._written.items()
            for voice in [self._seen.get(written.locked.id)]
            if written.created and voice is not None
            if not self._is_marked(voice) or not voice.listed
        ]

    def _reported(self, written: _Written) -> dict[str, str]:
        """Return what the service says of a voice that isn't what was sent."""
        voice = self._seen.get(written.locked.id)
        if voice is None:
            return {}
        differing = () if written.spec.key in self._uncorrected else listed_differences(written.spec, voice)
        reported = {change.path: str(change.before) for change in differing}
        if written.created and voice.speaker_id and not self._is_marked(voice):
            reported["speaker_id"] = voice.speaker_id
        return reported

    def _is_marked(self, voice: ObservedVoice) -> bool:
        return read_marker(voice.speaker_id, ours=self._ours) is not None

    def _wait_for_all(self) -> None:
        """Poll until one listing holds every voice of this run; ask for published ones by their id."""
        if self._unseen() or self._whole_at < len(self._written):
            self._trouble = poll_until(self._client, self._options, self._look)

    def _look(self, voices: Voices) -> bool:
        listed = {voice.id: voice for voice in voices}
        for written in self._written.values():
            if written.created and not written.spec.publish and written.locked.id not in listed:
                self._seen.pop(written.locked.id, None)  # an earlier listing that had it was another one
        self._seen.update(listed)
        hidden = [w.locked.id for w in self._unseen() if w.spec.publish or not w.created]
        self._side_by_side(self._ask, hidden)
        self._vanished = self._still_there(self._before - listed.keys())
        if self._unseen() or self._vanished is not None:
            return False
        self._whole_at = len(self._written)
        return True

    def _still_there(self, ids: set[str]) -> str | None:
        """Return one of the ids that were listed, no longer are, and are there all the same."""
        for voice_id in sorted(ids)[:1]:
            try:
                return voice_id if self._client.observe_voice(voice_id) is not None else None
            except ServiceError:
                return None
        return None

    def _unseen(self) -> list[_Written]:
        return [written for written in self._written.values() if written.locked.id not in self._seen]

    def _ask(self, voice_id: str) -> None:
        """Ask for one voice: one that is published may be hidden from the listing."""
        try:
            voice = self._client.observe_voice(voice_id)
        except ServiceError:
            return
        if voice is not None:
            self._seen[voice_id] = voice

    def _correct(self, written: _Written) -> bool:
        """Set what the listing shows otherwise; tell whether the voice has to be looked at again."""
        voice = self._seen.get(written.locked.id)
        differing = listed_differences(written.spec, voice) if voice is not None else ()
        if written.created and differing:
            try:
                set_fields(self._client, written.locked.id, differing)
            except ServiceError as error:
                self._uncorrected[written.spec.key] = str(error)
                return False
        return bool(differing) or not written.created

    def _differs(self, written: _Written) -> bool:
        """Tell whether a voice isn't seen, or not as it is wanted."""
        voice = self._seen.get(written.locked.id)
        return voice is None or bool(listed_differences(written.spec, voice))

    def _all_as_wanted(self, voices: Voices, corrected: list[_Written]) -> bool:
        listed = {voice.id: voice for voice in voices}
        self._seen.update(listed)
        self._side_by_side(self._ask, [w.locked.id for w in corrected if w.locked.id not in listed])
        return not any(self._differs(written) for written in corrected)
