"""What a catalog's YAML says, once it is checked, and keeping it, so that a second run parses nothing.

A check depends on the text of the files, on how they are shown to the user, and on the program; on nothing
else. What is kept is known again by a hash of all that, and only what nothing is wrong with is kept. So
whatever has changed is checked from the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ddvoices.catalog.kept import KeptFile
from ddvoices.identity.digest import digest


class Source(NamedTuple):
    """The text of a file, and how the file is shown to the user."""

    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The text of all of a catalog's files that can be read."""

    settings: Source | None
    voices: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the files say and what is wrong with them, as JSON values.

    ``problems`` and ``warnings`` are those of everything but the samples; each is file, line, column, path,
    message. ``samples`` holds for each voice that names one the name, and where that stands: file, line,
    column, path. ``catalog`` holds settings and voices with defaults filled in; None where anything is wrong.
    """

    problems: Sequence[Sequence[Any]]
    warnings: Sequence[Sequence[Any]]
    samples: Sequence[Sequence[Any]]
    catalog: Mapping[str, Any] | None


class CheckedCache:
    """What was found of one catalog's files when they were last without fault."""

    def __init__(self, directory: Path | None, catalog: Path, sources: Sources) -> None:
        self._kept = KeptFile(directory, "files", catalog)
        self._key = _key(sources)

    def get(self) -> Checked | None:
        """Return what is known of just these files."""
        known = self._kept.load(self._key)
        return None if known is None else Checked(**known)

    def put(self, checked: Checked) -> None:
        """Keep what was found, unless anything is wrong."""
        if checked.catalog is not None:
            names = Checked.__dataclass_fields__
            self._kept.save(self._key, {name: getattr(checked, name) for name in names})


def _key(sources: Sources) -> str:
    """Return a hash of all that a check depends on, but for the program."""
    fields: list[tuple[str, str]] = []
    for role, source in (("settings", sources.settings), *(("voices", source) for source in sources.voices)):
        if source is not None:
            fields += [(role, source.file), ("text", source.text)]
    return digest("files", fields).hex()
