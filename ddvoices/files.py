"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from ddvoices.errors import DdvoicesError, OutputError

_MOST_LINKS = 40
_MOST_STATE = 256 * 2**20
"""Bytes; the lock of 100,000 voices has a fifth of it."""


@contextmanager
def whole_file(path: Path, *, mode: int | None = None, new: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name when everything is written.

    It is written beside ``path`` and moved over it, so that nobody sees half of it and a crash leaves the
    old one. A link at ``path`` is replaced, not followed. Without a ``mode`` it gets that of the file whose
    place it takes, else what is usual for this user. A ``new`` one takes nobody's place.

    Raises:
        OutputError: it can't be written there.
    """
    try:
        file = NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False)  # noqa: SIM115 closed below, after the move
    except FileNotFoundError as error:
        raise OutputError(f"{path}: can't be written: no directory {path.parent}: make it first") from error
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    beside = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _mode_of(path) if mode is None else mode)
            os.fsync(file.fileno())
        if new:
            path.hardlink_to(beside)  # unlike a move, never over a file that somebody has made meanwhile
        else:
            beside.replace(path)
        sync_folder(path.parent)
    except DdvoicesError:  # the caller's own; one with a status is an OSError too
        raise
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def is_special(path: Path) -> bool:
    """Tell whether a path leads to a device or a pipe, which no file must take the place of.

    Raises:
        OutputError: nothing can be there, such as by a name that is too long.
    """
    try:
        path.lstat()  # a name that is too long is found by this, and not by trying its directory
        return (path.exists() and not path.is_file()) or _leads_to_descriptor(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error


def _leads_to_descriptor(path: Path) -> bool:
    """Tell whether a link, such as /dev/stdout, leads to a file that is open already."""
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
        if path.parent.name == "fd" and path.parts[1:2] in (("proc",), ("dev",)):
            return True
    return False


def _mode_of(path: Path) -> int:
    """Return the mode of a file that is there, else what a new one gets."""
    with suppress(OSError):
        found = path.lstat().st_mode
        if stat.S_ISREG(found):
            return stat.S_IMODE(found)
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def special_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a device or a pipe for writing, which stays what it is.

    Raises:
        BrokenPipeError: nobody reads it any more.
        OutputError: it can't be written to.
    """
    try:
        with path.open("wb") as file:
            yield file
    except (BrokenPipeError, DdvoicesError):
        raise
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error


def write_special(path: Path, data: bytes) -> None:
    """Write to a device or a pipe at once, as `special_file` does."""
    with special_file(path) as file:
        file.write(data)


def read_bounded(source: Path | IO[bytes], limit: int) -> bytes:
    """Return what a file, a pipe or an open stream holds.

    Raises:
        OSError: it can't be read, or holds more than ``limit`` bytes.
    """
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"over {limit // 2**20} MB")
    return data


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where there is none.

    Raises:
        OutputError: it can't be made there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be made: {error.strerror}") from error


def open_regular(path: Path) -> int:
    """Open a regular file for reading and return its descriptor; never waits for a FIFO or a device.

    Whoever wrote the catalog may have put something else there, and through a link we would tell what another
    file holds.

    Raises:
        OSError: it is a link, isn't a regular file, or can't be opened.
    """
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "a link, which is not followed")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # exchanged in between
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def read_regular(path: Path) -> bytes:
    """Return what a file of ours holds.

    Raises:
        OSError: it can't be read, isn't a regular file, or is larger than any of ours.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        return read_bounded(file, _MOST_STATE)


def check_folder(path: Path) -> None:
    """Refuse a link in the place of a folder whose name no user has chosen.

    Raises:
        OutputError: it is one, perhaps of whoever made the repository.
    """
    if path.is_symlink():
        raise OutputError(f"{path}: is a link, and not followed: remove it, or choose another place by -o")


def check_file(path: Path) -> None:
    """Refuse a pipe, a device or a folder in the place of a file whose name no user has chosen.

    Raises:
        OutputError: it is one.
    """
    with suppress(OSError):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OutputError(f"{path}: is not a file: remove it, or choose another place by -o")


def sync_folder(path: Path) -> None:
    """Wait until a folder's names are on disk, where the file system can do that."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, data: bytes, *, mode: int | None = None, new: bool = False) -> None:
    """Write a file at once, as `whole_file` does."""
    with whole_file(path, mode=mode, new=new) as file:
        file.write(data)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder against others who do the same on this machine; where it has no locks, nobody waits."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
