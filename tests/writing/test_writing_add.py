"""Whatever a recording is called, its entry is valid; what changes meanwhile is never written over."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from workspace import held, write_tone

from ddvoices.catalog.entries import faults
from ddvoices.errors import OutputError
from ddvoices.writing import Addition, prepare, read_recording
from ddvoices.writing.guess import guess_from

NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=255)


@given(NAMES | NAMES.map(lambda name: f"{name}-en-GB.wav"))
@example("ß" * 255)
@example("\u00a0.wav")
@example("..wav")
@example("\udcff")
@example("\ud800")
def test_any_name_of_a_file_gives_fields_that_are_valid(name: str) -> None:
    guess = guess_from(name)
    locale = {} if guess.locale is None else {"locale": guess.locale}
    assert faults(guess.key, {"name": guess.name, "gender": "male", **locale}) == {}
    assert len(guess.key) <= 40
    assert guess.name.isprintable()
    assert re.fullmatch(r"\S(.*\S)?", guess.name)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DDVOICES_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    write_tone(folder / "eve.wav", pitch=300)
    (folder / "catalog.yaml").write_text("version: 1\nowner: tests-4mq7\n")
    (folder / "mine.yaml").write_text("voices:\n  eve: {name: Eve, sample: eve.wav, gender: female}\n")
    return folder


def prepared(root: Path, into: str | None = None) -> Addition:
    recording = read_recording(write_tone(root.parent / "ada.wav"))
    return prepare(root, recording, key=None, fields={"gender": "female"}, into=into)


def _samples(root: Path) -> Path:
    (root / "samples").mkdir()
    return root / "samples"


@pytest.mark.parametrize(
    ("into", "meddle", "said"),
    [
        (None, lambda root: write_tone(root.parent / "ada.wav", pitch=900), "ada.wav: was changed meanwhile"),
        (None, lambda root: (root.parent / "ada.wav").unlink(), "ada.wav: was changed meanwhile"),
        (None, lambda root: (_samples(root) / "ada.wav").write_text("mine"), "File exists"),
        (None, lambda root: (root / "ada.yaml").write_text("# mine"), "File exists"),
        ("mine.yaml", lambda root: (root / "mine.yaml").write_text("# mine"), "was changed meanwhile"),
        ("mine.yaml", lambda root: (root / "mine.yaml").unlink(), "can't be read any more"),
    ],
)
def test_what_somebody_changes_meanwhile_is_left_alone(
    root: Path, into: str | None, meddle: Callable[[Path], object], said: str
) -> None:
    addition = prepared(root, into)
    meddle(root)
    before = held(root)
    with pytest.raises(OutputError, match=said):
        addition.save()
    assert held(root) == before


def test_a_recording_in_the_catalog_that_changes_meanwhile_is_no_sample(root: Path) -> None:
    """It is read when it is looked at, and once more as a sample of the catalog."""
    recording = read_recording(write_tone(root / "ada.wav"))
    write_tone(root / "ada.wav", pitch=900)
    with pytest.raises(OutputError, match=r"ada.wav: was changed meanwhile"):
        prepare(root, recording, key=None, fields={"gender": "female"}, into=None)
