"""What must hold of a catalog whose files hold any bytes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from audio import recordings as rec
from fuzz.yaml_files import lines_of

from ddvoices.catalog import load_catalog
from ddvoices.errors import CatalogError, Problem
from ddvoices.model import Catalog

PARTED = b"\n%%%\n"
"""Stands between the files of a catalog: its settings, then those of voices."""

_RECORDING = rec.mp3()
_LAST = "z.yaml"


def check_catalog(data: bytes) -> None:
    """Whatever the files hold, the end is a catalog or a CatalogError, the same each time."""
    files = _named(data.split(PARTED)[:4])
    with tempfile.TemporaryDirectory() as folder:
        directory, cache = Path(folder, "voices"), Path(folder, "cache")
        _lay_out(directory, files)
        first = _loaded(directory, cache)
        _is_said_plainly(first, directory, files)
        assert _loaded(directory, cache) == first, "what was kept says the same"
        _stays_said_beside_a_file_that_is_none(first, directory)


def _named(parts: list[bytes]) -> dict[str, bytes]:
    return dict(zip(("catalog.yaml", "a.yaml", "b.yaml", "c.yaml"), parts, strict=False))


def _lay_out(directory: Path, files: dict[str, bytes]) -> None:
    (directory / "audio").mkdir(parents=True)
    (directory / "audio" / "ok.mp3").write_bytes(_RECORDING)
    for name, content in {**files, _LAST: b""}.items():
        (directory / name).write_bytes(content)


class _Told(NamedTuple):
    catalog: Catalog | None
    problems: tuple[Problem, ...] = ()


def _loaded(directory: Path, cache: Path) -> _Told:
    try:
        return _Told(load_catalog(directory, cache_dir=cache, read_git=False))
    except CatalogError as error:
        problems, said = error.problems, str(error)
    assert len(said.splitlines()) == len(problems) == len(set(problems)) > 0
    return _Told(None, problems)


def _is_said_plainly(told: _Told, directory: Path, files: dict[str, bytes]) -> None:
    """Each problem is a line, and its place is in a file that is there."""
    if told.catalog is not None:
        assert all(warning.isprintable() for warning in told.catalog.warnings)
        assert told.catalog.digest
    for problem in told.problems:
        assert str(problem).isprintable()
        name = os.path.relpath(problem.file, os.path.relpath(directory))
        lines = lines_of(files[name].decode("utf-8", "replace"))
        assert 0 <= problem.line <= len(lines), problem
        assert problem.line == 0 or 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem


def _stays_said_beside_a_file_that_is_none(told: _Told, directory: Path) -> None:
    """One bad file hides nothing of what is wrong with the others."""
    (directory / _LAST).write_bytes(b"voices: [")
    more = set(_loaded(directory, directory.parent / "cache").problems)
    (new,) = more - set(told.problems)
    assert new.file.endswith(_LAST)
    assert more > set(told.problems)
