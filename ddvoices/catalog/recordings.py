"""The bytes of a recording that is known by its hash: as it lies in the catalog, or lay there once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from ddvoices.audio import is_lfs_pointer, sniff
from ddvoices.catalog.cache import SampleCache, default_cache_dir
from ddvoices.catalog.files import Root
from ddvoices.catalog.git import ask_git, commit_of
from ddvoices.catalog.samples import MAX_SAMPLE_BYTES, SampleError, SampleReader
from ddvoices.files import open_regular

# How many versions of a path are looked at: what was applied last is nearly always among the first two.
_MOST_VERSIONS = 50
_MOST_COMMITS = 1000
# A history of millions of commits takes git seconds for each path: what isn't found by then stays unheard.
_PATIENCE_SECONDS = 120
_MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_ABSENT = "0" * 40


@dataclass(frozen=True, slots=True)
class _Blob:
    """A version of a file in git: its object's id, and how many bytes it has."""

    name: str
    size: int


class Recordings:
    """Reads the recordings of one catalog, as they are and as git remembers them."""

    def __init__(self, root: Root, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._root, self._clock = root, clock
        self._until = clock() + _PATIENCE_SECONDS
        self._reader = SampleReader(root, SampleCache(default_cache_dir(), root.real))
        self._commit = commit_of(root.real)

    def now(self, path: str, wanted: str) -> bytes:
        """Return the recording at a path of the catalog, if it still is the one with this SHA-256.

        Raises:
            SampleError: it isn't; or it is nothing that a catalog could hold.
        """
        sample = self._reader.read(path).sample
        try:
            with os.fdopen(open_regular(Path(sample.file)), "rb") as stream:
                data = stream.read(MAX_SAMPLE_BYTES + 1)
        except OSError as error:
            raise SampleError(f"can't be read: {error.strerror or error}") from error
        if sha256(data).hexdigest() != wanted:
            raise SampleError("its file holds another recording by now: plan again")
        return data

    def former(self, path: str, wanted: str) -> bytes | None:
        """Return a recording with this SHA-256 out of the history of a path; None where git has none.

        A Git LFS pointer stands for what it names, where this clone has that. Nothing is fetched.
        """
        if not self._may_ask(path):
            return None
        for blob in _versions(self._root.real, path):
            data = _content(self._root.real, blob)
            if data is not None and sha256(data).hexdigest() == wanted:
                return data
        return None

    def at_merge_base(self, path: str) -> tuple[bytes, str] | None:
        """Return a recording as it was where this branch left the main one, and that commit.

        None where it wasn't there, or there is no telling.
        """
        if not self._may_ask(path):
            return None
        commit = self._merge_base
        blob = commit and _blob(self._root.real, f"{commit}:./{path}")
        data = blob and _content(self._root.real, blob)
        return (data, str(commit)) if data else None

    @cached_property
    def _merge_base(self) -> str | None:
        """Ask once where this branch left the main one, and not for each recording."""
        here = str(self._commit)
        bases = (ask_git(self._root.real, "merge-base", here, branch) for branch in _MAIN_BRANCHES)
        return next((base.decode("ascii", "replace").strip() for base in bases if base), None)

    def _may_ask(self, path: str) -> bool:
        """Tell whether git may be asked for a path: there is one, and it hasn't been slow for too long."""
        return self._commit is not None and _is_plain(path) and self._clock() < self._until


def _is_plain(path: str) -> bool:
    """Tell whether a path, perhaps a stranger's, stays below the catalog and can't be taken for an option."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith(("/", "-")) and ".." not in parts and path.isprintable()


def _versions(directory: Path, path: str) -> Iterator[_Blob]:
    """Yield the versions of a file that git knows, the latest first."""
    limits = (f"--max-count={_MOST_COMMITS}", "--format=", "--raw", "--no-abbrev", "--no-renames", "-m")
    log = ask_git(directory, "--literal-pathspecs", "log", *limits, "HEAD", "--", path)
    names = dict.fromkeys(
        name for line in (log or b"").decode("ascii", "replace").splitlines() for name in _sides(line)
    )
    for name in list(names)[:_MOST_VERSIONS]:
        blob = _blob(directory, name)
        if blob is not None:
            yield blob


def _sides(line: str) -> list[str]:
    """Return the objects that a line of ``git log --raw`` names: after the change, and before it."""
    fields = line.split()
    return [name for name in (fields[3], fields[2]) if name != _ABSENT] if len(fields) > 4 else []


def _blob(directory: Path, name: str) -> _Blob | None:
    """Return an object if it is a file that could be a sample."""
    said = (ask_git(directory, "cat-file", "-s", name) or b"").strip()
    size = int(said) if said.isdigit() else 0
    return _Blob(name, size) if 0 < size <= MAX_SAMPLE_BYTES else None


def _content(directory: Path, blob: _Blob) -> bytes | None:
    """Return a version's bytes, unfiltered, if they are audio; what a pointer of Git LFS names for that."""
    data = ask_git(directory, "cat-file", "blob", blob.name)
    if data and is_lfs_pointer(data):
        data = _behind_pointer(directory, data)
    return data if data and sniff(data) else None


def _behind_pointer(directory: Path, pointer: bytes) -> bytes | None:
    """Return what a pointer of Git LFS names, if this clone has it."""
    name = pointer.partition(b"oid sha256:")[2][:64].decode("ascii", "replace")
    common = ask_git(directory, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if common is None or not (len(name) == 64 and name.isalnum()):
        return None
    file = Path(os.fsdecode(common.strip()), "lfs", "objects", name[:2], name[2:4], name)
    try:
        with os.fdopen(open_regular(file), "rb") as stream:
            data = stream.read(MAX_SAMPLE_BYTES + 1)
    except OSError:
        return None
    return data if sha256(data).hexdigest() == name else None
