"""Where a sample comes from: a file, bytes, or base64 text. A file's name as text is an error."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from ddvoices.client.errors import InvalidOptionError

AudioInput = bytes | bytearray | memoryview | str | Path
_LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open sample: ``size`` in bytes, ``sha256`` in hex, and the name that is sent with it."""

    file: BinaryIO
    size: int
    sha256: str
    filename: str


@contextmanager
def open_source(data: AudioInput, filename: str | None = None) -> Iterator[Source]:
    """Open a sample and hash it, to be closed after it was sent.

    Raises:
        InvalidOptionError: it is empty, can't be read, or is text that isn't base64.
    """
    if isinstance(data, Path):
        with _open_file(data) as file:
            yield _source(file, filename or data.name)
        return
    if isinstance(data, str):
        content = _decode(data)
    elif isinstance(data, bytes | bytearray | memoryview):
        content = bytes(data)
    else:
        raise InvalidOptionError(f"a sample is a Path, bytes or base64 text, not {type(data).__name__}")
    yield _source(io.BytesIO(content), filename or str(uuid4()))


def _open_file(path: Path) -> BinaryIO:
    """Open a regular file; anything else might never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise InvalidOptionError(f"{path}: can't be read: {getattr(error, 'strerror', error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidOptionError(f"{path}: not a regular file")
    return os.fdopen(descriptor, "rb")


def _source(file: BinaryIO, filename: str) -> Source:
    """Return an open file with its length and hash."""
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]  # typeshed wants readinto of a BinaryIO
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise InvalidOptionError(f"{filename}: the sample is empty")
    return Source(file=file, size=size, sha256=digest.hexdigest(), filename=filename)


def _decode(text: str) -> bytes:
    """Return what base64 text stands for, unless it may be meant as a file's name."""
    if text.startswith("data:"):
        raise InvalidOptionError("a sample as text is base64 alone, without `data:…;base64,` in front")
    if len(text) < _LONGEST_NAME and os.path.exists(text):  # noqa: PTH110 - a name that no system can have is just false here
        raise InvalidOptionError(f"{text!r} is the name of a file: pass Path({text!r})")
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError) as error:
        shown = text if len(text) <= 60 else text[:60] + "…"
        raise InvalidOptionError(
            f"{shown!r} is neither base64 nor a file that is there: pass a Path, bytes or base64 ({error}), "
            "and the id of a voice as voice_prompt_id"
        ) from error
