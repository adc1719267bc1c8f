"""The file that entries are written to: a new one, or one that they are appended to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from ddvoices.catalog import load_catalog
from ddvoices.catalog.files import SETTINGS_NAMES, YAML_ENDINGS, Root, decode, open_root, read_text
from ddvoices.catalog.findings import Findings
from ddvoices.errors import CatalogError, OutputError
from ddvoices.files import alone_in, write_whole
from ddvoices.importing.entries import Entry
from ddvoices.importing.text import appended_text, new_text
from ddvoices.model import Catalog

_SCHEMA = ".schemas/voices.schema.json"  # where `ddvoices init` puts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A file of voices; ``name`` is its path below the catalog, ``old`` its text, None for a new one."""

    root: Root
    name: str
    old: str | None = None

    @property
    def shown(self) -> str:
        """Return how the file is shown to a person."""
        return self.root.shown(self.name)

    def text_with(self, entries: Sequence[Entry]) -> str:
        """Return the whole text that the file would have."""
        if self.old is not None:
            return appended_text(self.old, entries)
        above = os.path.relpath(".", Path(self.name).parent)
        schema = os.path.normpath(Path(above, _SCHEMA)) if (self.root.real / _SCHEMA).is_file() else None
        return new_text(entries, schema=schema)

    def load_with(self, text: str) -> Catalog:
        """Return the catalog as it would be with ``text`` in the file.

        Raises:
            OutputError: the file can't be appended to.
            CatalogError: the catalog is invalid.
        """
        try:
            return load_catalog(self.root.given, read_git=False, unsaved={self.name: text})
        except CatalogError as error:
            if self.old is None:
                raise
            why = error.problems[0].message
            raise OutputError(
                f"{self.shown}: nothing can be appended ({why}): name another file by --into"
            ) from error

    def save(self, text: str, catalog: Catalog) -> None:
        """Write the file into the catalog, which has to be as it was when it was read.

        Raises:
            OutputError: it can't be written, or somebody has changed the catalog meanwhile.
        """
        with alone_in(self.root.real):
            if load_catalog(self.root.given, read_git=False).digest != catalog.digest:
                raise OutputError(
                    "the catalog was changed meanwhile, so nothing is written: run `ddvoices import` again"
                )
            self._write(text)

    def _write(self, text: str) -> None:
        path = self.root.given / self.name
        if self.old is None:
            write_whole(path, text.encode(), new=True)
            return
        try:
            there = path.read_bytes()
        except OSError as error:
            why = f"can't be read any more: {error.strerror}"
            raise OutputError(f"{self.shown}: {why}: import again") from error
        if decode(there, self.shown, Findings()) != self.old:
            raise OutputError(f"{self.shown}: was changed meanwhile, and is left as it is: import again")
        write_whole(path, there + text.removeprefix(self.old).encode())  # a byte order mark stays


def choose_target(directory: Path, into: str | None) -> Target:
    """Return the file ``into`` below the catalog, there or not; without one, a new file.

    Raises:
        OutputError: no catalog would read voices there, or it leads out of the catalog.
        CatalogError: it can't be read.
    """
    root = open_root(directory)
    if into is None:
        return Target(root=root, name=_free_name(root))
    real = root.resolve(into)
    if PurePosixPath(into).is_absolute() or not root.holds(real):
        raise OutputError(f"{into}: is not below the catalog: write its path in the catalog's directory")
    path = real.relative_to(root.real)
    if path.suffix not in YAML_ENDINGS or any(part.startswith(".") for part in path.parts):
        raise OutputError(f"{into}: no catalog reads voices there: choose a name such as imported.yaml")
    if str(path) in SETTINGS_NAMES:
        raise OutputError(f"{into}: holds the settings: choose another file")
    if not real.parent.is_dir():
        raise OutputError(
            f"{into}: there is no such folder in the catalog: make it, or write the path from the catalog on"
        )
    return Target(root=root, name=path.as_posix(), old=_read(root, str(path)) if real.exists() else None)


def _free_name(root: Root) -> str:
    names = ("imported.yaml" if number == 1 else f"imported-{number}.yaml" for number in count(1))
    return next(name for name in names if not os.path.lexists(root.real / name))


def _read(root: Root, name: str) -> str | None:
    findings = Findings()
    text = read_text(root, name, findings)
    if text is None:
        raise CatalogError(findings.problems)
    return text
