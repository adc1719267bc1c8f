"""What `import` does, without asking a service: on a catalog in a folder, and a listing made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plan.makers import OWNER
from workspace import write_tone

from ddvoices.catalog import load_catalog
from ddvoices.importing import Composed, Situation, choose_all, choose_target, compose, survey
from ddvoices.model import EMPTY_LOCK, Catalog, Lock, ObservedRegion


def write_catalog(folder: Path, voices: Mapping[str, Any], **defaults: Any) -> Path:
    """Write a catalog for us and eu; each voice says what it likes."""
    root = folder / "voices"
    write_tone(root / "samples" / "a.wav", seconds=0.2)
    settings = {
        "version": 1,
        "owner": OWNER,
        "regions": {"us": {}, "eu": {}},
        **({"defaults": defaults} if defaults else {}),
    }
    (root / "catalog.yaml").write_text(json.dumps(settings), encoding="utf-8")
    (root / "all.yaml").write_text(json.dumps({"voices": voices}), encoding="utf-8")
    return root


def read(root: Path) -> Catalog:
    return load_catalog(root, read_git=False)


def take_all(
    root: Path,
    observed: Mapping[str, ObservedRegion],
    *,
    lock: Lock = EMPTY_LOCK,
    into: str | None = None,
    sent: frozenset[str] = frozenset(),
) -> Composed:
    """Take all voices in that may be, and return what was written; ``sent`` are keys of lost creates."""
    catalog, target = read(root), choose_target(root, into)
    everything = survey(catalog, observed, lock)
    situation = Situation(catalog=catalog, observed=observed, lock=lock, everything=everything, reserved=sent)
    chosen = choose_all(everything).chosen
    composed = compose(chosen, situation, text_with=target.text_with, load=target.load_with)
    if composed.entries:
        target.save(composed.text, catalog)
    return composed
