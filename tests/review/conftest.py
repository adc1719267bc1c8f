"""A workspace for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from service import Emulator
from visitor import in_git
from workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, emulator: Emulator) -> Workspace:
    """Two regions, each with an account of its own."""
    return Workspace(tmp_path, emulator, regions=("us", "eu"))


@pytest.fixture
def repository(workspace: Workspace) -> Workspace:
    """The workspace in a git repository."""
    return in_git(workspace)
