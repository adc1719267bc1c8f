"""One service for all worlds, which have it one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from machine.place import Inside, Outside


@pytest.fixture(scope="session")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    place = Inside(tmp_path_factory.mktemp("service"))
    yield place
    place.close()


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    with Outside.begun() as place:
        yield place
