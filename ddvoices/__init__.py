"""Voices as code for Deepdub: a catalog of YAML and audio samples, planned and applied.

The public names are imported on first use, so that ``import ddvoices`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddvoices.apply import apply_plan
    from ddvoices.audio.join import join_wav, make_wav
    from ddvoices.catalog import load_catalog
    from ddvoices.client import DeepdubClient
    from ddvoices.plan import make_plan

__version__ = "0.1.0"

__all__ = ["DeepdubClient", "__version__", "apply_plan", "join_wav", "load_catalog", "make_plan", "make_wav"]

_HOMES = {
    "DeepdubClient": "ddvoices.client",
    "apply_plan": "ddvoices.apply",
    "join_wav": "ddvoices.audio.join",
    "load_catalog": "ddvoices.catalog",
    "make_plan": "ddvoices.plan",
    "make_wav": "ddvoices.audio.join",
}


def __dir__() -> list[str]:
    """Return the public names, be they imported yet or not."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
