"""A catalog and an account that an odd key opens, and everything that a run leaves below one folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from leaks.gossip import Gossip, gossip
from leaks.place import Place
from service import Emulator


@pytest.fixture
def place(tmp_path: Path, emulator: Emulator) -> Place:
    return Place(tmp_path, emulator)


@pytest.fixture
def telling() -> Iterator[Gossip]:
    with gossip() as serving:
        yield serving
