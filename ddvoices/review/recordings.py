"""What a plan speaks of, found again to be heard: new recordings in the catalog, former ones in git."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ddvoices.catalog.files import open_root
from ddvoices.catalog.recordings import Recordings
from ddvoices.catalog.samples import SampleError, UnreadSampleError
from ddvoices.errors import CatalogError, LockfileError
from ddvoices.lockfile import load_lock
from ddvoices.model import Lock
from ddvoices.review.cards import Side, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A recording, or why there is none; ``origin`` says where it is from.

    One that has ``changed`` was in the catalog when the plan was made, and is there no longer.
    """

    wanted: Wanted
    data: bytes | None = None
    origin: str = ""
    missing: str = ""
    changed: bool = False


class Finder:
    """Finds recordings in the catalog of a plan, and in the git repository around that."""

    def __init__(self, directory: Path, owner: str) -> None:
        self._recordings: Recordings | None = None
        self._sent: dict[str, Mapping[str, str]] = {}
        try:
            root = open_root(directory)
            self._recordings = Recordings(root)
            self._sent = dict(_samples(load_lock(root.real, owner=owner)))
        except (CatalogError, LockfileError):
            pass  # a plan can be shown anywhere, also beside another catalog's lock

    def foresee(self, wanted: Iterable[Wanted]) -> None:
        """Say which recordings will be asked for, so that git is asked for all of them at once."""
        if self._recordings is not None:
            former = [each for each in wanted if each.side is Side.OLD]
            sent = (self._sent.get(voice, {}).get("path") for each in former for voice in each.ids)
            self._recordings.foresee(filter(None, (*sent, *(each.path for each in former))))

    def find(self, wanted: Wanted) -> Heard:
        """Return a recording."""
        if self._recordings is None:
            return Heard(wanted=wanted, missing="the catalog isn't here: show the plan where it is")
        find = {Side.OLD: self._former, Side.KEPT: self._kept}.get(wanted.side, self._new)
        return find(self._recordings, wanted)

    def _kept(self, recordings: Recordings, wanted: Wanted) -> Heard:
        """Return what was applied last, which mostly lies in the catalog still."""
        for sample in (self._sent[voice] for voice in wanted.ids if voice in self._sent):
            path, digest = sample["path"], sample["sha256"]
            data = _still_there(recordings, path, digest) or recordings.former(path, digest)
            if data is not None:
                return Heard(wanted=wanted, data=data, origin="what was applied last")
        return Heard(wanted=wanted, missing="not in this clone")

    @staticmethod
    def _new(recordings: Recordings, wanted: Wanted) -> Heard:
        try:
            data = recordings.now(str(wanted.path), str(wanted.sha256))
        except SampleError as error:
            changed = not isinstance(error, UnreadSampleError)
            return Heard(wanted=wanted, missing=str(error), changed=changed)
        return Heard(wanted=wanted, data=data)

    def _former(self, recordings: Recordings, wanted: Wanted) -> Heard:
        """Return what was applied last; where nobody remembers that, what git has at the merge base."""
        sent = [self._sent[voice] for voice in wanted.ids if voice in self._sent]
        digest = wanted.sha256 or next((sample["sha256"] for sample in sent), None)
        if digest is None:
            found = recordings.at_merge_base(wanted.path) if wanted.path else None
            if found is None:
                return Heard(wanted=wanted, missing="nobody remembers which recording this voice was made of")
            return Heard(
                wanted=wanted,
                data=found[0],
                origin=f"as of {found[1][:7]}, where the branch began: the voice may be of another one",
            )
        paths = [path for path in (*(sample["path"] for sample in sent), wanted.path) if path]
        for path in dict.fromkeys(paths):
            data = recordings.former(path, digest) or _still_there(recordings, path, digest)
            if data is not None:
                return Heard(wanted=wanted, data=data, origin="what was applied last")
        return Heard(wanted=wanted, missing=recordings.why_missing(paths[0] if paths else ""))


def _still_there(recordings: Recordings, path: str, digest: str) -> bytes | None:
    """Return a former recording that was never committed, or that another key still uses."""
    try:
        return recordings.now(path, digest)
    except SampleError:
        return None


def _samples(lock: Lock) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the id of each voice that the lock remembers, with the recording that was sent for it."""
    for sections in lock.regions.values():
        for section in sections.values():
            for entry in section.values():
                for voice in entry.voices:
                    match voice.sent.get("sample"):
                        case {"path": str() as path, "sha256": str() as digest}:
                            yield voice.id, {"path": path, "sha256": digest}
