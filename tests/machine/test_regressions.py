"""What the machine has found once: a new story is a new file in ``regressions``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from machine.place import Inside
from machine.rules import KEPT
from machine.story import replay


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_it_comes_right(inside: Inside, tmp_path: Path, path: Path) -> None:
    replay(json.loads(path.read_text(encoding="utf-8")), inside, tmp_path)
