"""Whatever the bytes are: files of a catalog, recordings, messages of a service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fuzz.hunt import FOUND, hunt
from fuzz.targets import TARGETS, Target
from hypothesis import strategies as st

# How many bytes to try, others each time; without it few, the same each time: CI must not fail by chance.
EXAMPLES = int(os.environ.get("DDVOICES_FUZZ_EXAMPLES", "0"))


@pytest.mark.parametrize("name", TARGETS)
# urllib3 lets go of an answer whose head it can't take, and leaves its socket to the collector
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_no_bytes_break_it(name: str) -> None:
    hunt(TARGETS[name], EXAMPLES or TARGETS[name].few, keep=FOUND / name if EXAMPLES else None)


@pytest.mark.parametrize(
    "path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_broke_it_once_does_no_more(path: Path) -> None:
    TARGETS[path.parent.name].check(path.read_bytes())


def test_what_breaks_it_is_kept_as_short_as_can_be(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        assert b"\x80" not in data

    with pytest.raises(AssertionError) as caught:
        hunt(Target(check, st.binary()), 1000, keep=tmp_path / "found")
    (kept,) = (tmp_path / "found").iterdir()
    assert kept.read_bytes() == b"\x80"
    assert str(kept) in str(caught.value.__notes__)
