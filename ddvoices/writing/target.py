"""The file that entries are written to: a new one, or one that they are appended to."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from ddvoices.catalog import load_catalog
from ddvoices.catalog.files import SETTINGS_NAMES, YAML_ENDINGS, Root, decode, open_root, read_text
from ddvoices.catalog.findings import Findings
from ddvoices.catalog.samples import CheckedSample
from ddvoices.errors import CatalogError, OutputError
from ddvoices.files import alone_in, write_whole
from ddvoices.model import Catalog
from ddvoices.writing.keys import numbered
from ddvoices.writing.text import Entries, appended_text, new_text

_NO_SAMPLES: Mapping[str, CheckedSample] = MappingProxyType({})
_SCHEMA = ".schemas/voices.schema.json"  # where `ddvoices init` puts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A file of voices; ``name`` is its path below the catalog, ``old`` its text, None for a new one.

    A new one begins with a ``remark`` for whoever reads it.
    """

    root: Root
    name: str
    old: str | None = None
    remark: str = ""

    @property
    def shown(self) -> str:
        """Return how the file is shown to a person."""
        return self.root.shown(self.name)

    def text_with(self, entries: Entries) -> str:
        """Return the whole text that the file would have."""
        if self.old is not None:
            return appended_text(self.old, entries)
        above = os.path.relpath(".", Path(self.name).parent)
        schema = os.path.normpath(Path(above, _SCHEMA)) if (self.root.real / _SCHEMA).is_file() else None
        return new_text(entries, schema=schema, remark=self.remark)

    def load_with(self, text: str, samples: Mapping[str, CheckedSample] = _NO_SAMPLES) -> Catalog:
        """Return the catalog as it would be with ``text`` in the file, and ``samples`` at their paths.

        Raises:
            OutputError: the file can't be appended to.
            CatalogError: the catalog is invalid.
        """
        try:
            return load_catalog(
                self.root.given, read_git=False, unsaved={self.name: text}, unsaved_samples=samples
            )
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
                raise OutputError("the catalog was changed meanwhile, so nothing is written: try again")
            self.write(text)

    def holds(self, text: str) -> bool:
        """Tell whether the file has this text on the disk."""
        try:
            there = (self.root.given / self.name).read_bytes()
        except OSError:
            return False
        return decode(there, self.shown, Findings()) == text

    def write(self, text: str) -> None:
        """Write the file, which has to be as it was when it was read.

        Raises:
            OutputError: it can't be written, or somebody has changed it meanwhile.
        """
        path = self.root.given / self.name
        if self.old is None:
            write_whole(path, text.encode(), new=True)
            return
        try:
            there = path.read_bytes()
        except OSError as error:
            why = f"can't be read any more: {error.strerror}"
            raise OutputError(f"{self.shown}: {why}: try again") from error
        if decode(there, self.shown, Findings()) != self.old:
            raise OutputError(f"{self.shown}: was changed meanwhile, and is left as it is: try again")
        write_whole(path, there + text.removeprefix(self.old).encode())  # a byte order mark stays


def check_only_added(keys: Collection[str], before: Catalog, after: Catalog) -> None:
    """Refuse to write what would do more than add voices under ``keys``.

    Raises:
        OutputError: the catalog would no longer mean what it means now.
    """
    if tuple(spec for spec in after.voices if spec.key not in keys) != before.voices:
        raise OutputError("the catalog would not mean what it means now, so nothing is written")


def choose_target(directory: Path, into: str | None, *, begin: str, remark: str = "") -> Target:
    """Return the file ``into`` below the catalog, there or not; without one, a new file ``begin``.yaml.

    Raises:
        OutputError: no catalog would read voices there, or it leads out of the catalog.
        CatalogError: it can't be read.
    """
    root = open_root(directory)
    if into is None:
        return Target(root=root, name=_free_name(root, begin), remark=remark)
    real = root.resolve(into)
    if PurePosixPath(into).is_absolute() or not root.holds(real):
        raise OutputError(f"{into}: is not below the catalog: write its path in the catalog's directory")
    path = real.relative_to(root.real)
    if path.suffix not in YAML_ENDINGS or any(part.startswith(".") for part in path.parts):
        raise OutputError(f"{into}: no catalog reads voices there: choose a name such as {begin}.yaml")
    if str(path) in SETTINGS_NAMES:
        raise OutputError(f"{into}: holds the settings: choose another file")
    if not real.parent.is_dir():
        raise OutputError(
            f"{into}: there is no such folder in the catalog: make it, or write the path from the catalog on"
        )
    old = _read(root, str(path)) if real.exists() else None
    return Target(root=root, name=path.as_posix(), old=old, remark=remark)


def _free_name(root: Root, begin: str) -> str:
    names = (f"{name}.yaml" for name in numbered(begin))
    return next(name for name in names if not os.path.lexists(root.real / name))


def _read(root: Root, name: str) -> str | None:
    findings = Findings()
    text = read_text(root, name, findings)
    if text is None:
        raise CatalogError(findings.problems)
    return text
