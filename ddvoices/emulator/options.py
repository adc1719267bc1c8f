"""What the process is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ddvoices.emulator.settings import Settings
from ddvoices.errors import DdvoicesError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8089


class EmulatorError(DdvoicesError):
    """The emulator can't start, or can't go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to serve: where, with what state, for whom, and what goes wrong.

    ``keys`` maps API keys to the name of an account, or to None for an account of the key's own; without any,
    each key that starts with ``dd-`` is accepted. Without ``data`` the state lives in a temporary directory.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    data: Path | None = None
    keys: Mapping[str, str | None] = field(default_factory=dict)
    faults: Path | None = None
    seed: int = 0
    settings: Settings = field(default_factory=Settings)
