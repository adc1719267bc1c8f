"""The bytes of a recording that is known by its hash: as it lies in the catalog, or lay there once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from shutil import which

from ddvoices.audio import is_lfs_pointer, sniff
from ddvoices.catalog.cache import SampleCache, default_cache_dir
from ddvoices.catalog.files import Root
from ddvoices.catalog.git import commit_of
from ddvoices.catalog.history import Blob, History, is_plain
from ddvoices.catalog.samples import MAX_SAMPLE_BYTES, SampleError, SampleReader, UnreadSampleError
from ddvoices.files import open_regular

# A history of millions of commits takes git seconds at each walk: what isn't found by then stays unheard.
_PATIENCE_SECONDS = 120
# bytes; a pointer of Git LFS has some 130
_POINTER = 1024


class Recordings:
    """Reads the recordings of one catalog, as they are and as git remembers them."""

    def __init__(self, root: Root, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._root, self._clock = root, clock
        self._until = clock() + _PATIENCE_SECONDS
        self._reader = SampleReader(root, SampleCache(default_cache_dir(), root.real))
        commit = commit_of(root.real)
        self._history = History(root.real, commit) if commit else None

    def foresee(self, paths: Iterable[str]) -> None:
        """Say which paths will be asked for: what git remembers of them is read at once."""
        if self._history is not None:
            self._history.foresee(paths, go_on=self._is_in_time)

    def now(self, path: str, wanted: str) -> bytes:
        """Return the recording at a path of the catalog, if it still is the one with this SHA-256.

        Raises:
            UnreadSampleError: there is no telling.
            SampleError: it isn't; or it is nothing that a catalog could hold.
        """
        sample = self._reader.read(path).sample
        try:
            with os.fdopen(open_regular(Path(sample.file)), "rb") as stream:
                data = stream.read(MAX_SAMPLE_BYTES + 1)
        except OSError as error:
            raise UnreadSampleError(f"can't be read: {error.strerror or error}") from error
        if sha256(data).hexdigest() != wanted:
            raise SampleError("its file holds another recording by now: plan again")
        return data

    def former(self, path: str, wanted: str) -> bytes | None:
        """Return a recording with this SHA-256 out of the history of a path; None where git has none.

        A Git LFS pointer stands for what it names, where this clone has that. Nothing is fetched.
        """
        history = self._asked(path)
        if history is None:
            return None
        contents = (_content(history, blob) for blob in history.versions(path))
        return next((data for data in contents if data and sha256(data).hexdigest() == wanted), None)

    def at_merge_base(self, path: str) -> tuple[bytes, str] | None:
        """Return a recording as it was where this branch left the main one, and that commit.

        None where it wasn't there, or there is no telling.
        """
        history = self._asked(path)
        commit = None if history is None else history.merge_base
        if history is None or commit is None:
            return None
        blob = history.at(commit, path)
        data = blob and _content(history, blob)
        return (data, commit) if data else None

    def why_missing(self, path: str) -> str:
        """Return why a former recording isn't found, and what to do."""
        if self._history is None:
            return "git isn't here to ask" if which("git") is None else "git has no commit of the catalog"
        if self._is_behind_pointer(path):
            return "its Git LFS object isn't in this clone: `git lfs fetch --all`"
        if self._history.is_shallow:
            return "this clone is without its history: `git fetch --unshallow`"
        return "not found in this clone's git history"

    def _is_behind_pointer(self, path: str) -> bool:
        """Tell whether a pointer of Git LFS ever stood for a recording."""
        history = self._asked(path)
        if history is None:
            return False
        small = (blob for blob in history.versions(path) if blob.size < _POINTER)
        return any(is_lfs_pointer(history.content(blob) or b"") for blob in small)

    def _asked(self, path: str) -> History | None:
        """Return whom to ask for a path; None where there is no git, or it has been slow for too long."""
        return self._history if is_plain(path) and self._is_in_time() else None

    def _is_in_time(self) -> bool:
        return self._clock() < self._until


def _content(history: History, blob: Blob) -> bytes | None:
    """Return a version's bytes, if they are audio; what a pointer of Git LFS names for that."""
    data = history.content(blob)
    if data and is_lfs_pointer(data):
        data = _behind_pointer(history.common_folder, data)
    return data if data and sniff(data) else None


def _behind_pointer(repository: Path | None, pointer: bytes) -> bytes | None:
    """Return what a pointer of Git LFS names, if this clone has it."""
    name = pointer.partition(b"oid sha256:")[2][:64].decode("ascii", "replace")
    if repository is None or not (len(name) == 64 and name.isalnum()):
        return None
    file = Path(repository, "lfs", "objects", name[:2], name[2:4], name)
    try:
        with os.fdopen(open_regular(file), "rb") as stream:
            data = stream.read(MAX_SAMPLE_BYTES + 1)
    except OSError:
        return None
    return data if sha256(data).hexdigest() == name else None
