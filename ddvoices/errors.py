"""Every error that a user can cause, and the exit code that each one ends with.

DdvoicesError                     1
├── CatalogError                  3   problems in the catalog, all of them at once
├── LockfileError                 1   the lock or the journal can't be read or written
├── PlanFileError                 1   not a plan file, or one that can't be read
│   └── PlanStaleError            5   a plan of other circumstances: owner, endpoint, account, format
├── RefusedError                  6   refused by policy or ``protect``
│   └── InTheWayError             6   files that a script would overwrite and that ddvoices didn't write
├── AuthError                     7   no key, or a refused one
│   ├── MissingKeyError           7
│   ├── KeyringError              7   the system's keyring can't be asked, or can't keep a key
│   └── UntrustedEndpointError    7   a host that must not get the key
├── UsageError                    64  a wrong command line
│   └── ScriptError               64  problems in a script, all of them at once
├── BusyError                     1   another run on this machine holds the catalog, or a batch's directory
├── OutputError                   1   a file can't be written
├── BatchStateError               1   what a batch remembers of earlier runs can't be read or written
└── ServiceError                  1   the service: see ``ddvoices.client.errors`` for those with a status
    ├── ServiceUnreachableError   1   no connection, so nothing was received there
    ├── OutcomeUnknownError       1   sent, but what came of it is not known
    └── InvalidResponseError      1   an answer that isn't what the call answers
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process ends with; the same in every output format."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    CATALOG = 3
    PARTIAL = 4
    STALE = 5
    REFUSED = 6
    KEY = 7
    USAGE = 64
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in the catalog or a script: where, what, and what to do about it.

    ``file`` is relative to where the user stands; ``line`` and ``column`` count from 1
    (0: the file as a whole); ``path`` is dotted, from the document's root, and may be empty.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return ``file:line:column: path: message``."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (where, self.path, self.message) if part)


class DdvoicesError(Exception):
    """The root of every error that ddvoices raises for its user."""

    exit_code: ExitCode = ExitCode.ERROR


class CatalogError(DdvoicesError):
    """The catalog is invalid; ``problems`` holds everything that was found."""

    exit_code = ExitCode.CATALOG

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LockfileError(DdvoicesError):
    """The lock file or the journal can't be used."""


class PlanFileError(DdvoicesError):
    """A file is not a plan, or can't be read."""


class PlanStaleError(PlanFileError):
    """A plan was made for another owner, endpoint or account, or in another format."""

    exit_code = ExitCode.STALE


class RefusedError(DdvoicesError):
    """A policy of the catalog, or ``protect``, forbids what was asked."""

    exit_code = ExitCode.REFUSED


class InTheWayError(RefusedError):
    """Files are where a script's would go, and ddvoices didn't write them; ``problems`` names each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AuthError(DdvoicesError):
    """There is no usable API key for what was asked."""

    exit_code = ExitCode.KEY


class MissingKeyError(AuthError):
    """No API key is set for a region."""


class KeyringError(AuthError):
    """The system's keyring can't be asked, or can't keep a key."""


class UntrustedEndpointError(AuthError):
    """An endpoint is not one that a key may be sent to."""


class UsageError(DdvoicesError):
    """The command line asks for something that can't be."""

    exit_code = ExitCode.USAGE


class ScriptError(UsageError):
    """A script is invalid; ``problems`` holds everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BusyError(DdvoicesError):
    """Another run on this machine holds the catalog, or a batch's directory."""


class OutputError(DdvoicesError):
    """A file that was asked for can't be written."""


class BatchStateError(DdvoicesError):
    """What a batch remembers of earlier runs can't be used."""


class ServiceError(DdvoicesError):
    """The service could not be used, or said no."""


class ServiceUnreachableError(ServiceError):
    """No connection could be made, so the service has received nothing."""


class OutcomeUnknownError(ServiceError):
    """A request was sent, and no believable answer came: it may have been carried out."""


class InvalidResponseError(ServiceError):
    """An answer came that isn't of the form which the call answers with."""
