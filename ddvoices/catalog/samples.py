"""From the path that a voice names to its sample: safely, and without reading what was read before."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

from ddvoices.audio import FORMATS, AudioFacts, FileBytes, InPiecesError, inspect, is_lfs_pointer
from ddvoices.catalog.cache import SampleCache
from ddvoices.catalog.files import Root
from ddvoices.catalog.findings import did_you_mean, quoted
from ddvoices.files import open_regular
from ddvoices.model import Sample

MAX_SAMPLE_BYTES = 20 * 2**20
_READ_AT_ONCE = 2**20
# Where a folder has been renamed, every sample is missing: not each is held against all names that are there.
_MOST_COMPARED = 10_000
# without . and .. among its parts, and so in need of no more looks
_PLAIN_PATH = re.compile(r"(?!\.\.?(/|$))[^/\\]+(/(?!\.\.?(/|$))[^/\\]+)*")


class SampleError(Exception):
    """A sample that can't be used; its text says why and what to do."""


class UnreadSampleError(SampleError):
    """A sample that may be as it was: this machine can't read it, or hasn't fetched it."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where a folder of the catalog really lies, whether that is in the catalog, and the names in it."""

    real: str
    inside: bool
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class CheckedSample:
    """A sample, and what is doubtful about it."""

    sample: Sample
    warnings: tuple[str, ...]


class SampleReader:
    """Reads each sample of a catalog once, however many voices share it.

    ``unsaved`` are samples that aren't there yet, by their paths.
    """

    def __init__(
        self, root: Root, known: SampleCache, unsaved: Mapping[str, CheckedSample] | None = None
    ) -> None:
        self._root, self._known = root, known
        self._folders: dict[str, _Folder] = {}
        self._compared = 0
        self._results: dict[str, CheckedSample | SampleError] = {**(unsaved or {})}

    def read(self, named: str) -> CheckedSample:
        """Return the sample at a path relative to the catalog.

        Raises:
            SampleError: it isn't audio in the catalog that the service would take.
        """
        if named not in self._results:
            try:
                self._results[named] = self._read(named)
            except SampleError as error:
                self._results[named] = error
        result = self._results[named]
        if isinstance(result, SampleError):
            raise result
        return result

    def _read(self, named: str) -> CheckedSample:
        path = _relative(named)
        try:
            real, status = self._find(path, named)
            facts = self._facts(real, status)
        except OSError as error:
            raise UnreadSampleError(f"{quoted(named)} can't be read: {error.strerror or error}") from error
        return sample_of(facts, path=path, file=real)

    def _find(self, path: str, named: str) -> tuple[str, os.stat_result]:
        """Return where a file really lies, and its status; a link that leads out isn't looked at.

        Each part of its path must be named as on the disk, where some file systems ignore case: that is asked
        of the names in each folder. All this is done in text: a `Path` for each of many files takes longer.
        """
        above, _, name = path.rpartition("/")
        folder = self._folders.get(above)
        if folder is None:
            folder = self._folders[above] = self._look_up(path, above)
        if name not in folder.names:
            self._refuse(path, above.count("/") + bool(above), folder.names)
        if not folder.inside:
            raise _leads_out(named)
        file = os.path.join(folder.real, name)  # noqa: PTH118 - see above
        status = os.lstat(file)
        return self._follow(file, named) if stat.S_ISLNK(status.st_mode) else (file, status)

    def _follow(self, link: str, named: str) -> tuple[str, os.stat_result]:
        real = Path(os.path.realpath(link))
        if not self._root.holds(real):
            raise _leads_out(named)
        return str(real), real.lstat()

    def _look_up(self, path: str, above: str) -> _Folder:
        """Return the folder ``above`` a path."""
        folder = self._root.real
        for depth, name in enumerate(PurePosixPath(above).parts):
            names = _names_in(folder)
            if name not in names:
                self._refuse(path, depth, names)
            folder /= name
        real = self._root.resolve(above)
        return _Folder(str(real), self._root.holds(real / "any"), _names_in(folder))

    def _refuse(self, path: str, depth: int, names: Collection[str]) -> NoReturn:
        """Say that there is no such file, as the part at ``depth`` isn't one of ``names``."""
        hint = self._hint(PurePosixPath(path), depth, names)
        raise SampleError(f"there is no file {quoted(path)} in the catalog{hint}")

    def _hint(self, path: PurePosixPath, depth: int, names: Collection[str]) -> str:
        """Return which file may be meant: ``names`` are there in place of the part at ``depth``."""
        below = PurePosixPath(*path.parts[1:])
        if depth == 0 and path.parts[0] == self._root.given.name and below.parts:
            return f": paths start in the catalog's directory, so write {quoted(str(below))}"
        if self._compared > _MOST_COMPARED:
            return ""
        self._compared += len(names)
        above, rest = path.parts[:depth], path.parts[depth + 1 :]
        alike = (str(PurePosixPath(*above, name, *rest)) for name in names if not name.startswith("."))
        return did_you_mean(str(path), (other for other in alike if self._root.resolve(other).exists()))

    def _facts(self, real: str, status: os.stat_result) -> AudioFacts:
        """Return what is known of a file, reading it only if that isn't known from an earlier run."""
        _check_status(status)
        known = self._known.get(real, status)
        if known is not None:
            return known
        facts = inspect_file(Path(real), status)
        self._known.put(real, status, facts)
        return facts


def sample_of(facts: AudioFacts, *, path: str, file: str) -> CheckedSample:
    """Return the sample that a recording is at a ``path`` of the catalog, really at ``file``."""
    sample = Sample(
        path=path,
        file=file,
        sha256=facts.sha256,
        sound=facts.sound,
        size=facts.size,
        seconds=facts.seconds,
        format=facts.format,
    )
    return CheckedSample(sample, facts.warnings)


def inspect_file(file: Path, status: os.stat_result) -> AudioFacts:
    """Return what there is to know of a recording, wherever it lies; ``status`` is its own, not a link's.

    Raises:
        SampleError: the service would not take it.
        OSError: it can't be read.
    """
    _check_status(status)
    with os.fdopen(open_regular(file), "rb") as stream:
        data = _bytes_of(stream, status.st_size)
        is_pointer, facts = is_lfs_pointer(data), _inspected(data)
        _check_unchanged(stream, data, status)
    if is_pointer:
        raise UnreadSampleError("is a Git LFS pointer, not the audio itself: run `git lfs pull`")
    if facts is None:
        raise SampleError(
            f"is not audio by its content: {', '.join(FORMATS)} are taken, whatever the name says"
        )
    return facts


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - it makes no `Path` of each
    except OSError:
        return frozenset()


def _leads_out(named: str) -> SampleError:
    return SampleError(f"{quoted(named)} is a link that leads out of the catalog: put the file itself here")


def _relative(named: str) -> str:
    """Return the path without ``.`` and double slashes."""
    if _PLAIN_PATH.fullmatch(named):
        return named
    path = PurePosixPath(named)
    if path.is_absolute():
        raise SampleError(f"{quoted(named)} is absolute: write it relative to the catalog's directory")
    if ".." in path.parts:
        raise SampleError(f"{quoted(named)} has '..' in it: a sample lies in the catalog's directory")
    if "\\" in named:
        raise SampleError(f"{quoted(named)} has a backslash in it: write / between folders")
    if not path.parts:
        raise SampleError(f"{quoted(named)} names no file")
    return str(path)


def _check_status(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SampleError("is not a regular file")
    if status.st_size == 0:
        raise SampleError("is an empty file")
    if status.st_size > MAX_SAMPLE_BYTES:
        raise SampleError(f"is over {MAX_SAMPLE_BYTES // 2**20} MB: shorten or compress it")


def _bytes_of(stream: BinaryIO, size: int) -> bytes | FileBytes:
    """Return what a file of a known size holds: read at once if it is short, else piece by piece."""
    return stream.read(size + 1) if size <= _READ_AT_ONCE else FileBytes(stream, size)


def _inspected(data: bytes | FileBytes) -> AudioFacts | None:
    """Return what there is to know of a recording; None if it is none."""
    try:
        return inspect(data)
    except InPiecesError:
        raise SampleError("is cut into more pieces than any recording: export it anew") from None


def _check_unchanged(stream: BinaryIO, data: bytes | FileBytes, status: os.stat_result) -> None:
    """Make sure that a file whose status was known did not change while it was read."""
    after = os.fstat(stream.fileno())
    same = all(
        getattr(status, name) == getattr(after, name)
        for name in ("st_dev", "st_ino", "st_size", "st_mtime_ns")
    )
    if not same or len(data) != status.st_size:
        raise SampleError("changes while it is read: try again")
