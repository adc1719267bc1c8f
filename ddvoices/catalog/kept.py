"""Files of JSON in the user's cache directory, which are believed or left aside, and never an error.

Only the user can have written what is believed: the file is the user's own, and nobody else may write to it.
A seal over its key, its content and the program leaves aside what was cut, edited, or written for other
inputs or by another release: what is believed has the form that this one gives it. The seal is no secret, as
whoever may write as the user needs no cache to change a plan.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ddvoices import __version__
from ddvoices.files import open_regular
from ddvoices.resources import schema_path

_OF_OTHERS = 0o022  # the rights to write that a group and everybody may have


class KeptFile:
    """One file, of a kind and of a catalog; without a ``directory`` nothing is kept."""

    def __init__(self, directory: Path | None, kind: str, catalog: Path) -> None:
        name = hashlib.sha256(os.fsencode(catalog)).hexdigest()[:32]
        self._file = directory / f"{kind}-{name}" if directory else None

    def load(self, key: str) -> Any:
        """Return the JSON values that were kept under ``key``; None if there are none to be believed."""
        if self._file is None:
            return None
        try:
            with os.fdopen(open_regular(self._file), "rb") as stream:
                status = os.fstat(stream.fileno())
                if status.st_uid != os.geteuid() or status.st_mode & _OF_OTHERS:
                    return None
                seal, _, body = stream.read().partition(b"\n")
            return json.loads(body) if seal == _seal(key, body) else None
        except (OSError, ValueError):
            return None

    def save(self, key: str, data: Any) -> None:
        """Keep JSON values under ``key``, in place of what is there; where that can't be, nothing is."""
        if self._file is not None:
            body = json.dumps(data, separators=(",", ":")).encode()
            with contextlib.suppress(OSError, ValueError):
                _write(self._file, _seal(key, body) + b"\n" + body)


def _seal(key: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\n".join((_program(), key.encode(), body))).hexdigest().encode()


@cache
def _program() -> bytes:
    """Return a hash of what reads and checks files: the release, what was edited since, and the parsers."""
    hashed = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for file in _program_files():
        hashed.update(hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest().encode()


def _program_files() -> Iterator[Path]:
    package = Path(__file__).resolve().parents[1]
    for room in ("audio", "catalog", "identity", "model"):
        yield from sorted((package / room).glob("*.py"))
    yield from map(schema_path, ("catalog", "voices"))
    for parser in map(find_spec, ("yaml", "tinytag")):  # whose first file names its version
        if parser is not None and parser.origin is not None:
            yield Path(parser.origin)


def _write(file: Path, data: bytes) -> None:
    """Write a whole file or nothing."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:8]}-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
