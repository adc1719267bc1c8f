"""What a batch remembers in its directory: how each file was made, so that it isn't made and paid for twice.

The file is append-only and fsynced, and it is the mutex of the directory (flock, so that a kill frees it).
A record is written before its file appears: a file of ours is never without one, whenever a run is killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ddvoices.errors import BatchStateError, BusyError, OutputError
from ddvoices.files import read_regular, sync_folder

STATE_NAME = ".ddvoices-batch.jsonl"
FORMAT_VERSION = "1.0"
_HEADER = {"format_version": FORMAT_VERSION}
_WAY_OUT = "delete it, and use --force once: every line is then spoken again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a file was made: the digest of all that was asked for, the voice in it, and what came out."""

    out: str
    digest: str
    voice_id: str
    sha256: str
    size: int
    seconds: float | None = None


@dataclass(slots=True)
class Memory:
    """What is remembered: every record of each file, oldest first. Each content of them was ours once."""

    records: dict[str, list[Made]] = field(default_factory=dict)

    def add(self, made: Made) -> None:
        """Remember one file."""
        self.records.setdefault(made.out, []).append(made)

    def takes(self, out: str, sha256: str) -> list[Made]:
        """Return how a file with this content may have been made, newest first; nothing if it isn't ours."""
        return [made for made in reversed(self.records.get(out, ())) if made.sha256 == sha256]

    def is_ours(self, out: str, sha256: str) -> bool:
        """Tell whether a file with this content was written by a batch."""
        return bool(self.takes(out, sha256))

    def had_size(self, out: str, size: int) -> bool:
        """Tell whether a file with so many bytes may be ours: where not, nobody need read it."""
        return any(made.size == size for made in self.records.get(out, ()))

    @property
    def voice_ids(self) -> tuple[str, ...]:
        """Return the voices that ever spoke here, the latest file's first."""
        made = (made for records in self.records.values() for made in records)
        return tuple(reversed(dict.fromkeys(each.voice_id for each in made)))


class BatchState:
    """The open, held state of one output directory."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._mutex = threading.Lock()  # files are saved in threads
        data = _read(path)
        self.memory = _memory(data, path)
        os.ftruncate(descriptor, data.rfind(b"\n") + 1)  # the next record must not join half a line

    def append(self, *made: Made) -> None:
        """Write records and wait until they are on disk.

        Raises:
            BatchStateError: they can't be written; nothing of them is left.
        """
        with self._mutex:
            size = os.fstat(self._descriptor).st_size
            records = [*([] if size else [_HEADER]), *map(asdict, made)]
            data = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
                os.fsync(self._descriptor)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, size)
                raise BatchStateError(f"{self.path}: can't be written: {error.strerror}") from error
            for each in made:
                self.memory.add(each)


@contextmanager
def hold_state(folder: Path) -> Iterator[BatchState]:
    """Hold an output directory, which is made if it isn't there, for one run.

    One that was made for a run which then remembers nothing is removed at its end.

    Raises:
        BusyError: another run holds it.
        OutputError: the directory can't be made.
        BatchStateError: the state can't be used.
    """
    path = folder / STATE_NAME
    is_new = not folder.exists()
    descriptor = _open(path)
    try:
        _lock(descriptor, path)
        try:
            yield BatchState(path, descriptor)
        finally:
            if is_new:
                _remove_unused(descriptor, path)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    busy = f"{path.parent}: another batch is writing here: wait for it to end"
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError(busy) from error
    except OSError as error:
        raise BatchStateError(f"{path}: can't be locked: {error.strerror}") from error
    if not os.fstat(descriptor).st_nlink:  # another run has just ended, and removed it
        raise BusyError(busy)


def _remove_unused(descriptor: int, path: Path) -> None:
    """Remove a state that remembers nothing, and the directory if it holds nothing else."""
    with suppress(OSError):
        if not os.fstat(descriptor).st_size:
            path.unlink()
            path.parent.rmdir()


def peek_state(folder: Path) -> Memory:
    """Return what is remembered, without holding or making anything.

    Raises:
        BatchStateError: the state can't be used.
    """
    path = folder / STATE_NAME
    return _memory(_read(path), path)


def request_digest(*, text: str, voice_id: str, speech: Mapping[str, Any], region: str, endpoint: str) -> str:
    """Return the hash of everything that one generation depends on.

    It is part of the state's format: what changes here is spoken again.
    """
    asked = {
        "text": text,
        "voice": voice_id,
        "speech": {name: _same_number(value) for name, value in speech.items()},
        "region": region,
        "endpoint": endpoint,
    }
    canonical = json.dumps(asked, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(b"ddvoices batch 1\0" + canonical.encode()).hexdigest()


def _same_number(value: object) -> object:
    """Return 1 and 1.0 as one, since the formats of scripts differ in it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: can't be made: {error.strerror}: name another by -o") from error
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise BatchStateError(
            f"{path}: can't be opened: {error.strerror}: name a directory that can be written to by -o"
        ) from error
    sync_folder(path.parent)
    return descriptor


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise BatchStateError(f"{path}: can't be read: {error.strerror}") from error


def _memory(data: bytes, path: Path) -> Memory:
    """Return the records; a last line that a crash has cut doesn't count."""
    memory = Memory()
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n")[:-1], start=1):
        if number == 1:
            _check_header(line, path)
        else:
            memory.add(_record(line, path, number))
    return memory


def _check_header(line: bytes, path: Path) -> None:
    try:
        version = json.loads(line)["format_version"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BatchStateError(f"{path}:1: broken: {_WAY_OUT}") from error
    if version != FORMAT_VERSION:
        raise BatchStateError(
            f"{path}: written by another release (format {str(version)[:20]!r}): upgrade ddvoices"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _record(line: bytes, path: Path, number: int) -> Made:
    try:
        record = json.loads(line)
        made = Made(**{name: record[name] for name in Made.__slots__})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BatchStateError(f"{path}:{number}: broken: {_WAY_OUT}") from error
    texts = (made.out, made.digest, made.voice_id, made.sha256)
    numbers = (made.size, 0 if made.seconds is None else made.seconds)
    if not all(isinstance(each, str) for each in texts) or not all(map(_is_number, numbers)):
        raise BatchStateError(f"{path}:{number}: broken: {_WAY_OUT}")
    return made
