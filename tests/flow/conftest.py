"""A workspace for each test of a flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from odd_service import OddService, odd_service
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


@pytest.fixture
def odd(workspace: Workspace) -> Iterator[OddService]:
    """Ask a service whose answers the test says."""
    with odd_service() as service:
        workspace.settings["regions"]["us"]["base_url"] = service.base_url
        yield service
