"""The journal: what an apply is about to do and has done, on disk before it matters.

It is append-only and fsynced, lies in ``.ddvoices/`` (not for git), and is the mutex of a machine: a
kill frees it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ddvoices.errors import BusyError, LockfileError, OutputError
from ddvoices.files import read_regular, sync_folder, write_whole
from ddvoices.lockfile.file import lock_bytes, parse_lock, save_lock
from ddvoices.lockfile.records import (
    FOLDED,
    JOURNAL_HEADER,
    Intent,
    Record,
    fold,
    last_owner,
    made_lately,
    open_intents,
    owner_record,
    read_record,
    to_bytes,
    unfolded,
)
from ddvoices.lockfile.versions import is_newer
from ddvoices.model import Lock

STATE_DIRECTORY = ".ddvoices"
JOURNAL_NAME = "journal.jsonl"
_POLL_SECONDS = 0.1
_WAY_OUT = "look whether an apply is open, then delete it; what it held is found by the voices' markers"


class Journal:
    """The open, held journal of one catalog."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._mutex = threading.Lock()  # regions run side by side
        self.records = _read(path)
        self._written_for = last_owner(self.records)
        self._owner = self._written_for
        self._cut_torn_line()

    def belongs_to(self, owner: str) -> None:
        """Have all that is appended from now on say that it is of a catalog of ``owner``."""
        self._owner = owner

    def append(self, record: Record) -> None:
        """Write one record and wait until it is on disk.

        Raises:
            LockfileError: it can't be written, so what it announces must not be done.
        """
        with self._mutex:
            if not _lies_at(self.path, self._descriptor):
                raise LockfileError(
                    f"{self.path}: was deleted while it was in use, so nothing more is done: apply again"
                )
            if not os.fstat(self._descriptor).st_size:
                self._write(JOURNAL_HEADER)
            if self._owner is not None and self._owner != self._written_for:
                self._take(owner_record(self._owner))
                self._written_for = self._owner
            self._take(record)

    def _take(self, record: Record) -> None:
        self._write(record)
        self.records.append(record)

    def _write(self, record: Record) -> None:
        """Write one record whole or not at all."""
        line = to_bytes(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        size = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, line)
            os.fsync(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, size)  # or the next record would join half a line
            raise LockfileError(f"{self.path}: can't be written: {error.strerror}") from error

    def _cut_torn_line(self) -> None:
        """Remove a last line without an end, so that the next record doesn't join it."""
        text = read_regular(self.path)
        os.ftruncate(self._descriptor, text.rfind(b"\n") + 1)

    def open_intents(self) -> tuple[Intent, ...]:
        """Return the creates whose outcome nobody knows yet."""
        return open_intents(self.records)

    def made_lately(self) -> tuple[Intent, ...]:
        """Return the creates of a run that never came to its end, each with the id that it made."""
        return made_lately(self.records)

    def fold(self, lock: Lock, *, owner: str) -> Lock:
        """Return ``lock`` with everything in it that only the journal holds."""
        return fold(lock, unfolded(self.records), owner=owner)

    def settle(self, root: Path, lock: Lock) -> bool:
        """Save ``lock``, which holds all of the journal, and clear what is done with; tell if it changed."""
        changed = save_lock(root, lock)
        if self.open_intents():
            if unfolded(self.records):
                self.append(FOLDED)
        elif self.records:
            os.ftruncate(self._descriptor, 0)
            self.records.clear()
            self._written_for = None
        return changed


@contextmanager
def hold_journal(
    root: Path,
    *,
    timeout: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Journal]:
    """Hold the journal of the catalog in ``root``; wait up to ``timeout`` seconds for another run.

    Raises:
        BusyError: another run holds it.
        LockfileError: it can't be opened, or is broken.
    """
    path, deadline = root / STATE_DIRECTORY / JOURNAL_NAME, clock() + timeout
    held = False
    while not held:  # what was deleted while we waited for it keeps nobody out
        descriptor = _open(path)
        try:
            _flock(descriptor, path, deadline - clock(), sleep, clock)
            held = _lies_at(path, descriptor)
            if held:
                yield Journal(path, descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Lock and journal as they were at one moment; a large lock takes a while to be parsed, and isn't yet."""

    root: Path
    records: Sequence[Record]
    lock: bytes | None

    def parse(self, *, owner: str, former_owners: tuple[str, ...] = ()) -> tuple[Lock, tuple[Intent, ...]]:
        """Return the lock with what an interrupted run left in the journal, and its open intents.

        What it has made and the service may not show yet is among these, with its id.

        Raises:
            LockfileError: the lock is broken, of another format or of another owner.
        """
        lock = parse_lock(self.lock, self.root, owner=owner, former_owners=former_owners)
        intents = (*open_intents(self.records), *made_lately(self.records))
        rest = unfolded(self.records)
        return fold(lock, rest, owner=owner) if rest else lock, intents


def snapshot(root: Path) -> Snapshot:
    """Read lock and journal, and nothing else: for commands that change nothing, while another run may work.

    Raises:
        LockfileError: they can't be read, or the journal is broken.
    """
    # the journal first: what a run that ends in between moves into the lock is then seen twice, not never
    records = _read(root / STATE_DIRECTORY / JOURNAL_NAME)
    return Snapshot(root=root, records=records, lock=lock_bytes(root))


def peek(root: Path, *, owner: str, former_owners: tuple[str, ...] = ()) -> tuple[Lock, tuple[Intent, ...]]:
    """Return what a `snapshot` made now says."""
    return snapshot(root).parse(owner=owner, former_owners=former_owners)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(exist_ok=True)
        _check_no_link(path.parent)
        _keep_out_of_git(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise LockfileError(
            f"{path}: can't be opened: {error.strerror}; apply needs to write there"
        ) from error
    sync_folder(path.parent)
    return descriptor


def _check_no_link(folder: Path) -> None:
    """Refuse a folder that leads elsewhere: whoever wrote the catalog would say where our files are."""
    if folder.is_symlink():
        raise LockfileError(f"{folder}: is a link, and nothing is read or written through it: delete it")


def _keep_out_of_git(folder: Path) -> None:
    """Have git leave the folder out, wherever the catalog lies."""
    path = folder / ".gitignore"
    if not path.exists():
        try:
            write_whole(path, b"*\n")
        except OutputError as error:
            raise LockfileError(str(error)) from error


def _flock(
    descriptor: int, path: Path, timeout: float, sleep: Callable[[float], None], clock: Callable[[], float]
) -> None:
    deadline = clock() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if clock() >= deadline:
                raise BusyError(
                    f"{path}: another ddvoices is applying this catalog: wait for it, or use --lock-timeout"
                ) from error
            sleep(_POLL_SECONDS)
        except OSError as error:
            raise LockfileError(f"{path}: can't be locked: {error.strerror}") from error
        else:
            return


def _lies_at(path: Path, descriptor: int) -> bool:
    """Tell whether the open file is the one that others find."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except OSError:
        return False


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _read(path: Path) -> list[Record]:
    """Return the records; a last line that a crash has cut doesn't count: what it announced wasn't done."""
    try:
        _check_no_link(path.parent)
        text = read_regular(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LockfileError(f"{path}: can't be read: {error.strerror}") from error
    whole = text[: text.rfind(b"\n") + 1]
    lines = [(number, line) for number, line in enumerate(whole.splitlines(), start=1) if line]
    has_header = bool(lines) and _is_header(lines[0][1], path)
    return [_record(line, path, number) for number, line in lines[has_header:]]


def _is_header(line: bytes, path: Path) -> bool:
    """Tell whether a first line is a header; one of another release is refused, so that nothing is lost."""
    try:
        version = json.loads(line)["format_version"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False  # what it is, is judged with the others
    if version == JOURNAL_HEADER["format_version"]:
        return True
    if is_newer(version, JOURNAL_HEADER["format_version"]):
        raise LockfileError(f"{path}: written by a newer release (format {version}): upgrade ddvoices")
    raise LockfileError(f"{path}:1: no release writes format {str(version)[:20]!r}: {_WAY_OUT}")


def _record(line: bytes, path: Path, number: int) -> Record:
    try:
        return read_record(json.loads(line))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise LockfileError(f"{path}:{number}: broken: {_WAY_OUT}") from error
