"""A recording, wherever it lies, and its way into a catalog's samples."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ddvoices.audio import AudioFacts
from ddvoices.catalog.files import Root, shown_path
from ddvoices.catalog.samples import SampleError, inspect_file
from ddvoices.errors import OutputError, UsageError
from ddvoices.files import make_folder, open_regular, whole_file
from ddvoices.model import Catalog
from ddvoices.writing.keys import numbered

_FOLDER = "samples"
_BLOCK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An audio file as it was when it was read: ``name`` as it was called, ``file`` with links resolved."""

    name: str
    shown: str
    file: Path
    facts: AudioFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a recording is in a catalog, or will be: ``path`` below it, with ``/``."""

    path: str
    is_new: bool


def read_recording(path: Path) -> Recording:
    """Return what there is to know of a recording, by its content.

    Raises:
        UsageError: it can't be read, or the service would not take it.
    """
    shown = shown_path(path)
    try:
        real = Path(os.path.realpath(path, strict=True))
        facts = inspect_file(real, real.lstat())
    except OSError as error:
        raise UsageError(f"{shown}: can't be read: {error.strerror or error}") from error
    except SampleError as error:
        raise UsageError(f"{shown}: {error}") from error
    return Recording(name=path.name, shown=shown, file=real, facts=facts)


def choose_place(root: Root, recording: Recording, catalog: Catalog, key: str) -> Place:
    """Return where a recording lies in the catalog already, else a free place for it.

    Raises:
        UsageError: it lies there under a name that no catalog can hold.
        OutputError: the folder of samples isn't one of the catalog's.
    """
    if root.holds(recording.file):
        path = recording.file.relative_to(root.real).as_posix()
        if not path.isprintable() or "\\" in path:
            raise UsageError(f"{recording.shown}: no catalog can hold such a name: rename the file")
        return Place(path=path, is_new=False)
    sha256 = recording.facts.sha256
    for spec in catalog.voices:
        if spec.sample is not None and spec.sample.sha256 == sha256:
            return Place(path=spec.sample.path, is_new=False)
    _check_folder(root)
    paths = (f"{_FOLDER}/{name}.{recording.facts.format}" for name in numbered(key))
    return next(place for path in paths if (place := _place_at(root, path, sha256)) is not None)


def _check_folder(root: Root) -> None:
    folder = root.resolve(_FOLDER)
    if os.path.lexists(root.real / _FOLDER) and not (root.holds(folder) and folder.is_dir()):
        raise OutputError(f"{root.shown(_FOLDER)}: is no folder in the catalog: put the file there yourself")


def _place_at(root: Root, path: str, sha256: str) -> Place | None:
    """Return a path as a place, if it is free or holds the recording already."""
    if not os.path.lexists(root.real / path):
        return Place(path=path, is_new=True)
    real = root.resolve(path)
    if not root.holds(real):
        return None
    try:
        with os.fdopen(open_regular(real), "rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
    return Place(path=path, is_new=False) if found == sha256 else None


@contextmanager
def copied(recording: Recording, to: Path) -> Iterator[None]:
    """Put a copy of a recording at a free place; if what follows fails, it is gone again.

    Raises:
        OutputError: it can't be written there, or the recording has changed.
    """
    with _folder(to.parent):
        made: list[os.stat_result] = []
        try:
            with whole_file(to, new=True) as file:
                _copy(recording, file)
                made.append(os.fstat(file.fileno()))
            yield
        except BaseException:
            with suppress(OSError):  # not what somebody else has put there
                if made and os.path.samestat(made[0], to.lstat()):
                    to.unlink()
            raise


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder if there is none; if what follows fails, it is gone again."""
    is_new = not path.exists()
    try:
        make_folder(path)
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # there is more in it than what failed
                path.rmdir()
        raise


def _copy(recording: Recording, file: IO[bytes]) -> None:
    hashed = hashlib.sha256()
    with _opened(recording) as stream:
        while block := stream.read(_BLOCK):
            hashed.update(block)
            file.write(block)
    if hashed.hexdigest() != recording.facts.sha256:
        raise _changed(recording)


def _opened(recording: Recording) -> IO[bytes]:
    try:
        return os.fdopen(open_regular(recording.file), "rb")
    except OSError as error:
        raise _changed(recording) from error


def _changed(recording: Recording) -> OutputError:
    return OutputError(f"{recording.shown}: was changed meanwhile, so nothing is written: try again")
