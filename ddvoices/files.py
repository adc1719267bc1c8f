"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from ddvoices.errors import DdvoicesError, OutputError


@contextmanager
def whole_file(path: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name when everything is written.

    It is written beside ``path`` and moved over it, so that nobody sees half of it and a crash leaves the
    old one. A link at ``path`` is replaced, not followed.

    Raises:
        OutputError: it can't be written there.
    """
    try:
        file = NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False)  # noqa: SIM115 closed below, after the move
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    beside = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except DdvoicesError:  # the caller's own; one with a status is an OSError too
        raise
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def sync_folder(path: Path) -> None:
    """Wait until a folder's names are on disk, where the file system can do that."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file at once, as `whole_file` does."""
    with whole_file(path, mode=mode) as file:
        file.write(data)
