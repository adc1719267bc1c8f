"""What the service stores: accounts, voices and speech in SQLite, samples as files beside it.

Every method is one transaction and may be called from any thread.
"""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import hashlib
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ddvoices.emulator.options import EmulatorError

_DATABASE, _GUARD = "emulator.sqlite3", "emulator.lock"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  account TEXT PRIMARY KEY,
  settings TEXT NOT NULL DEFAULT '{}',
  credits_used INTEGER NOT NULL DEFAULT 0,
  last_created_us INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS voices (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, created_us INTEGER NOT NULL,
  name TEXT, title TEXT, locale TEXT, text TEXT, gender TEXT, age INTEGER, publish INTEGER NOT NULL,
  speaking_style TEXT, speaker_id TEXT, own_speaker_id TEXT NOT NULL,
  filename TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS voices_by_account ON voices (account, created_us);
CREATE TABLE IF NOT EXISTS speech (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, ready_us INTEGER NOT NULL, audio BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS speech_by_account ON speech (account);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVoice:
    """A voice as it was uploaded; None where nothing was said. ``gender`` is in lower case."""

    filename: str
    name: str | None = None
    title: str | None = None
    locale: str | None = None
    text: str | None = None
    gender: str | None = None
    age: int | None = None
    publish: bool = False
    speaking_style: str | None = None
    speaker_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(NewVoice):
    """A stored voice; ``created_us`` is in microseconds since 1970 and unique in its account."""

    id: str
    created_us: int
    own_speaker_id: str
    sha256: str
    bytes: int


class VoiceLimitError(Exception):
    """The account holds as many voices as it may."""


class Store:
    """The state of one data directory, which no other process may use at the same time."""

    def __init__(self, directory: Path) -> None:
        """Open the state under ``directory``, making it where it is new.

        Raises:
            EmulatorError: the directory can't be written, or another emulator is using it.
        """
        self._lock = threading.RLock()
        self._samples = directory / "samples"
        try:
            _check_links(directory)
            self._samples.mkdir(parents=True, exist_ok=True)
            self._guard = _claim(directory)
            self._db = sqlite3.connect(directory / _DATABASE, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise EmulatorError(f"the data directory {directory} can't be used: {reason}") from error

    def close(self) -> None:
        """Close the database and let go of the directory."""
        with self._lock:
            self._db.close()
            self._guard.close()

    def voices(self, account: str) -> list[Voice]:
        """Return the account's voices, oldest first."""
        rows = self._run("SELECT * FROM voices WHERE account = ? ORDER BY created_us", account)
        return [_voice(row) for row in rows]

    def voice(self, account: str, voice_id: str) -> Voice | None:
        """Return one voice of the account, or None."""
        rows = self._run("SELECT * FROM voices WHERE account = ? AND id = ?", account, voice_id)
        return _voice(rows[0]) if rows else None

    def add(self, account: str, new: NewVoice, data: bytes, *, most: int) -> Voice:
        """Store a voice and its sample.

        Raises:
            VoiceLimitError: the account holds ``most`` voices already.
        """
        with self._transaction(account):
            held = self._run("SELECT count(*) FROM voices WHERE account = ?", account)[0][0]
            if held >= most:
                raise VoiceLimitError
            voice = Voice(
                **dataclasses.asdict(new),
                id=str(uuid.uuid4()),
                created_us=self._next_moment(account),
                own_speaker_id=str(uuid.uuid4()),
                sha256=hashlib.sha256(data).hexdigest(),
                bytes=len(data),
            )
            (self._samples / voice.id).write_bytes(data)
            self._insert(account, voice)
        return voice

    def update(self, account: str, voice_id: str, changes: Mapping[str, Any]) -> Voice | None:
        """Change fields of a voice and return it, or None where there is no such voice."""
        with self._transaction(account):
            for column in changes.keys() & {"name", "locale", "gender", "age"}:
                statement = f"UPDATE voices SET {column} = ? WHERE account = ? AND id = ?"  # noqa: S608 - one of the four above
                self._run(statement, changes[column], account, voice_id)
            return self.voice(account, voice_id)

    def delete(self, account: str, voice_id: str) -> bool:
        """Delete a voice and its sample; return whether there was one."""
        with self._transaction(account):
            known = self.voice(account, voice_id) is not None
            self._run("DELETE FROM voices WHERE account = ? AND id = ?", account, voice_id)
        if known:
            (self._samples / voice_id).unlink(missing_ok=True)
        return known

    def settings(self, account: str) -> dict[str, Any]:
        """Return what was set for the account, apart from the defaults."""
        rows = self._run("SELECT settings FROM accounts WHERE account = ?", account)
        return dict(json.loads(rows[0][0])) if rows else {}

    def put_settings(self, account: str, changes: Mapping[str, Any]) -> None:
        """Remember settings for the account, added to those it has."""
        with self._transaction(account):
            merged = json.dumps({**self.settings(account), **changes})
            self._run("UPDATE accounts SET settings = ? WHERE account = ?", merged, account)

    def spend(self, account: str, *, most: int | None) -> bool:
        """Use one credit, unless ``most`` are used already; return whether one was."""
        with self._transaction(account):
            used = self._run("SELECT credits_used FROM accounts WHERE account = ?", account)[0][0]
            if most is not None and used >= most:
                return False
            self._run("UPDATE accounts SET credits_used = credits_used + 1 WHERE account = ?", account)
        return True

    def put_speech(self, account: str, audio: bytes, ready_us: int) -> str:
        """Keep speech that may be fetched from a moment on, in microseconds since 1970; return its id."""
        speech_id = str(uuid.uuid4())
        self._run("INSERT INTO speech VALUES (?, ?, ?, ?)", speech_id, account, ready_us, audio)
        return speech_id

    def speech(self, account: str, speech_id: str, now_us: int) -> bytes | None:
        """Return speech of the account that is ready, or None."""
        rows = self._run(
            "SELECT audio FROM speech WHERE id = ? AND account = ? AND ready_us <= ?",
            speech_id,
            account,
            now_us,
        )
        return bytes(rows[0][0]) if rows else None

    def reset(self, account: str) -> None:
        """Forget everything about the account."""
        with self._transaction(account):
            for voice in self.voices(account):
                self.delete(account, voice.id)
            self._run("DELETE FROM speech WHERE account = ?", account)
            self._run("DELETE FROM accounts WHERE account = ?", account)

    def _next_moment(self, account: str) -> int:
        last = self._run("SELECT last_created_us FROM accounts WHERE account = ?", account)[0][0]
        moment = max(time.time_ns() // 1000, int(last) + 1)
        self._run("UPDATE accounts SET last_created_us = ? WHERE account = ?", moment, account)
        return moment

    def _insert(self, account: str, voice: Voice) -> None:
        values = {"account": account, **dataclasses.asdict(voice)}
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO voices ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own fields
        self._run(statement, *values.values())

    def _run(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self, account: str) -> Iterator[None]:
        """Hold the lock, and make what is done inside one transaction; the account's row will be there."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("INSERT OR IGNORE INTO accounts (account) VALUES (?)", (account,))
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _check_links(directory: Path) -> None:
    """Refuse links in the place of our files: whoever may write there too would have others overwritten.

    Raises:
        OSError: there is one.
    """
    for name in ("samples", _GUARD, *(f"{_DATABASE}{end}" for end in ("", "-journal", "-wal", "-shm"))):
        if (directory / name).is_symlink():
            raise OSError(errno.ELOOP, f"{name} is a link, which is not followed")


def _claim(directory: Path) -> IO[str]:
    """Return the locked guard file of a directory: one lock, which dies with the process."""
    guard = (directory / _GUARD).open("w", encoding="utf-8")
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        guard.close()
        raise EmulatorError(f"the data directory {directory} is in use by another emulator") from None
    return guard


def _voice(row: sqlite3.Row) -> Voice:
    fields = {name: row[name] for name in row.keys() if name != "account"}  # noqa: SIM118 - a Row iterates over its values
    return Voice(**{**fields, "publish": bool(row["publish"])})
