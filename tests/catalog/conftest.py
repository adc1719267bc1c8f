"""Fixtures of the catalog's tests: a working directory with recordings made by code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "audio"))

from catalog_data import RECORDINGS, SETTINGS


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty directory, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DDVOICES_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def put(here: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file into ``voices``, which has settings and recordings already."""

    def write(name: str, content: str | bytes) -> Path:
        path = here / "voices" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    write("catalog.yaml", SETTINGS)
    for name, data in RECORDINGS.items():
        write(f"audio/{name}", data)
    return write
