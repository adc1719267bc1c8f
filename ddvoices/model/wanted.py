"""What the files want: the catalog, its settings and its voices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ddvoices.errors import Problem


class Gender(StrEnum):
    """The genders that the service knows, in the catalog's spelling."""

    MALE = "male"
    FEMALE = "female"
    NON_BINARY = "non_binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where something stands in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An audio file of the catalog, as it was when it was read.

    ``path`` is relative to the catalog's directory, with ``/``; ``file`` is where it really lies, links
    resolved. ``sha256`` covers the whole file, ``sound`` only what is heard (both in hex). ``size`` is in
    bytes, ``seconds`` is None where the length can't be told.
    """

    path: str
    file: str
    sha256: str
    sound: str
    size: int
    seconds: float | None
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSpec:
    """One voice as the catalog wants it, defaults filled in.

    ``locale_set`` tells whether a person wrote the locale (in the voice or in the catalog's defaults): a
    built-in default is sent, but never compared. ``regions`` is sorted. ``ids`` maps a region to a voice
    that is already there.
    """

    key: str
    name: str
    gender: Gender
    locale: str
    speaking_style: str
    publish: bool
    locale_set: bool = True
    age: int | None = None
    text: str | None = None
    title: str | None = None
    sample: Sample | None = None
    regions: tuple[str, ...] = ("us",)
    ids: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    moved_from: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSettings:
    """The endpoints that a catalog gives a region; None: the built-in ones."""

    base_url: str | None = None
    base_websocket_url: str | None = None
    base_websocket_streaming_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How much of a region's voices one run may delete or replace, in percent."""

    max_delete_percent: int = 30
    max_replace_percent: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The commit that the catalog was read at, and whether its files differ from it."""

    commit: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """A whole catalog, valid.

    ``voices`` is sorted by key; ``doubts`` are what is legal but doubtful, in the order of files and lines;
    ``digest`` is ``sha256:…`` over what it wants.
    """

    root: Path
    owner: str
    regions: Mapping[str, RegionSettings]
    voices: tuple[VoiceSpec, ...] = ()
    former_owners: tuple[str, ...] = ()
    policy: Policy = Policy()
    doubts: tuple[Problem, ...] = ()
    digest: str = ""
    git: GitState | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the doubts as lines."""
        return tuple(map(str, self.doubts))

    def wanted_in(self, region: str) -> tuple[VoiceSpec, ...]:
        """Return the voices that ``region`` should hold, sorted by key."""
        return tuple(sorted((v for v in self.voices if region in v.regions), key=lambda v: v.key))
