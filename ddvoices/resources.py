"""The files that ddvoices carries beside its code: schemas and the example catalog.

A wheel holds them under ``ddvoices/share``, a checkout (or an editable install) beside the package.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
_ENDING = ".schema.json"


def schema_names() -> tuple[str, ...]:
    """Return the names of the schemas, sorted: ``catalog``, ``voices`` and so on."""
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in _shared("schemas").glob(f"*{_ENDING}")))


def schema_path(name: str) -> Path:
    """Return where a schema lies.

    Raises:
        KeyError: there is no schema of that name.
    """
    if name not in schema_names():
        raise KeyError(name)
    return _shared("schemas") / f"{name}{_ENDING}"


def read_schema(name: str) -> dict[str, Any]:
    """Return a schema as JSON data, a copy of the caller's own.

    Raises:
        KeyError: there is no schema of that name.
    """
    schema: dict[str, Any] = json.loads(_schema_text(name))
    return schema


def example_catalog_path() -> Path:
    """Return the directory of the example catalog."""
    return _shared("voices")


@cache
def _schema_text(name: str) -> str:
    return schema_path(name).read_text(encoding="utf-8")


def _shared(folder: str) -> Path:
    """Find a folder in the wheel, else in the checkout around the package."""
    in_wheel = _PACKAGE / "share" / folder
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / folder
