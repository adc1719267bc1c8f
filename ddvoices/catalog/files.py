"""Which files a catalog has, and reading them without being hurt by what they are."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ddvoices.catalog.findings import Findings
from ddvoices.catalog.tree import START, YAML_BREAK, mark_behind
from ddvoices.errors import CatalogError, Problem
from ddvoices.files import open_regular

SETTINGS_NAMES = ("catalog.yaml", "catalog.yml")
YAML_ENDINGS = (".yaml", ".yml")
MAX_YAML_BYTES = 10 * 2**20
_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Root:
    """A catalog's directory: ``given`` as the user wrote it, ``real`` with links resolved."""

    given: Path
    real: Path

    def shown(self, relative: str) -> str:
        """Return how a file below the catalog is shown to the user."""
        return shown_path(self.given / relative)

    def holds(self, real: Path) -> bool:
        """Tell whether a resolved path lies below the catalog."""
        return str(real).startswith(str(self.real).rstrip("/") + "/")  # both are resolved

    def resolve(self, relative: str) -> Path:
        """Return where a path below the catalog really leads; it may lead out, or nowhere."""
        return Path(os.path.realpath(self.real / relative))


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFiles:
    """The catalog's YAML files, relative to its directory; the voice files are sorted."""

    settings: str | None
    voices: tuple[str, ...]


def shown_path(path: Path) -> str:
    """Return ``path`` relative to the working directory where that is shorter, printable in any case."""
    try:
        absolute = os.path.normpath(path.absolute())
        shown = min(os.path.relpath(absolute), absolute, key=len)
    except OSError:  # the working directory is gone
        shown = str(path)
    return shown if shown.isprintable() else shown.encode("unicode_escape", "backslashreplace").decode()


def open_root(directory: str | os.PathLike[str]) -> Root:
    """Return the catalog's directory.

    Raises:
        CatalogError: there is no such directory.
    """
    given = Path(directory)
    real = Path(os.path.realpath(given))
    if not real.is_dir():
        what = "is not a directory" if os.path.lexists(given) else "no such directory"
        raise _no_catalog(given, what)
    return Root(given, real)


def _no_catalog(directory: Path, what: str) -> CatalogError:
    near = next((path for path in (directory / "voices", Path()) if is_catalog(path)), None)
    found = f"there is one in {shown_path(near)}: use --catalog {shown_path(near)}" if near else None
    advice = found or "make one by `ddvoices init`, or name one by --catalog DIR"
    message = f"no catalog here ({what}): {advice}"
    return CatalogError([Problem(shown_path(directory), 0, 0, "", message)])


def is_catalog(path: Path) -> bool:
    """Tell whether a directory has the settings of a catalog."""
    return any((path / name).is_file() for name in SETTINGS_NAMES)


def find_files(root: Root, findings: Findings) -> CatalogFiles:
    """Return the YAML files below ``root``: not hidden, and no links that lead out of it.

    Raises:
        CatalogError: there is no ``catalog.yaml``.
    """
    settings = [name for name in SETTINGS_NAMES if os.path.lexists(root.real / name)]
    if not settings:
        raise _no_catalog(root.given, "it has no catalog.yaml")
    if len(settings) > 1:
        findings.file_problem(root.shown(settings[1]), "there is a catalog.yaml too: keep one of them")
    leads_out = not root.holds(root.resolve(settings[0]))
    if leads_out:
        findings.file_problem(
            root.shown(settings[0]), "a link that leads out of the catalog: put the file here"
        )
    names = sorted(name for name in _walk(root, findings) if name not in SETTINGS_NAMES)
    read_anyway = {*names, *SETTINGS_NAMES}
    voices = (name for name in names if _is_wanted(root, name, read_anyway, findings))
    return CatalogFiles(settings=None if leads_out else settings[0], voices=tuple(voices))


def read_text(root: Root, relative: str, findings: Findings) -> str | None:
    """Return the text of a YAML file, None where it can't be had; what is wrong goes to ``findings``."""
    file = root.shown(relative)
    try:
        data = _read_bytes(root.resolve(relative))
    except OSError as error:
        findings.file_problem(file, f"can't be read: {error.strerror or error}")
        return None
    if data is None:
        findings.file_problem(file, f"is over {MAX_YAML_BYTES // 2**20} MB: split it")
        return None
    return decode(data, file, findings)


def _read_bytes(path: Path) -> bytes | None:
    """Return what a regular file holds; None if it is too large."""
    with os.fdopen(open_regular(path), "rb") as stream:
        if os.fstat(stream.fileno()).st_size > MAX_YAML_BYTES:
            return None
        data = stream.read(MAX_YAML_BYTES + 1)
    return data if len(data) <= MAX_YAML_BYTES else None


def _walk(root: Root, findings: Findings) -> Iterator[str]:
    """Yield every YAML file below ``root``, relative to it, whatever it is."""

    def unreadable(error: OSError) -> None:
        relative = os.path.relpath(error.filename, root.real)
        findings.file_problem(root.shown(relative), f"can't be read: {error.strerror}")

    for folder, folders, names in os.walk(root.real, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(YAML_ENDINGS) and not name.startswith("."):
                yield str(Path(folder, name).relative_to(root.real))


def _is_wanted(root: Root, name: str, read_anyway: set[str], findings: Findings) -> bool:
    """Tell whether a file is to be read: not a link out of the catalog, nor to a file that is read anyway."""
    if not (root.real / name).is_symlink():
        return True
    real = root.resolve(name)
    if not root.holds(real):
        findings.file_warning(root.shown(name), "a link that leads out of the catalog: it is not read")
        return False
    if not real.exists():
        findings.file_problem(root.shown(name), "a link that leads nowhere: remove it")
        return False
    return str(real.relative_to(root.real)) not in read_anyway


def decode(data: bytes, file: str, findings: Findings, *, breaks: re.Pattern[str] = YAML_BREAK) -> str | None:
    """Return UTF-8 text without its byte order mark; None, and a problem, where it is anything else.

    ``breaks`` is what ends a line of such a file.
    """
    for mark, encoding in _FOREIGN_MARKS:
        if data.startswith(mark):
            findings.file_problem(file, f"is {encoding}: save it as UTF-8", START)
            return None
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = mark_behind(data[: error.start].decode("utf-8"), breaks)
        findings.file_problem(file, f"is not UTF-8 (byte 0x{data[error.start]:02x}): save it as UTF-8", at)
        return None
