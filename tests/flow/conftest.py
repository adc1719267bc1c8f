"""A workspace for each test of a flow."""

from __future__ import annotations

from pathlib import Path

import pytest
from service import Emulator
from workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, emulator: Emulator) -> Workspace:
    """One region, no voices yet."""
    return Workspace(tmp_path, emulator)


@pytest.fixture
def two_regions(tmp_path: Path, emulator: Emulator) -> Workspace:
    """Two regions, each with an account of its own."""
    return Workspace(tmp_path, emulator, regions=("us", "eu"))
