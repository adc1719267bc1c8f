"""What comes from outside is harmless in a terminal, and still readable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.report.terminal import printable
from ddvoices.report.words import change_words, sample_change_words, sample_words, size_words, value_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada (narrator)", "Ada (narrator)"),
        ("Оператор, téléphonique, 声", "Оператор, téléphonique, 声"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("two\nlines\ttab", "two\\x0alines\\x09tab"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\U000e0041", "\\U000e0041"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_controls_become_escapes_and_text_stays_text(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    categories = {
        unicodedata.category(character) for character in printable(text) if character not in "\u200c\u200d"
    }
    assert categories.isdisjoint({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@given(st.text())
def test_it_can_be_done_twice(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (34, "34"),
        (2.5, "2.5"),
        ("Ada", '"Ada"'),
        ("x" * 100, '"' + "x" * 59 + '…"'),
        ("\x1b", '"\\x1b"'),
    ],
)
def test_values(value: object, words: str) -> None:
    assert value_words(value) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (216_000, "216 kB"), (20_971_520, "21.0 MB")],
)
def test_sizes(count: int, words: str) -> None:
    assert size_words(count) == words


def test_a_sample_whose_length_is_not_known() -> None:
    sample = {"path": "a\x1b.ogg", "seconds": None, "format": "ogg", "bytes": 10}
    assert sample_words(sample) == "a\\x1b.ogg (? ogg, 10 B)"


TALE = "It is a truth universally acknowledged, that a single man must be in want of a"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("Ada", "Eva", '"Ada" → "Eva"'),
        (34, 35, "34 → 35"),
        (None, "Ada", 'none → "Ada"'),
        ("Ada", None, '"Ada" → none'),
        (f"{TALE} wife", f"{TALE} husband", '"…be in want of a wife" → "…be in want of a husband"'),
        (f"{TALE} wife", TALE, '"…be in want of a wife" → "…be in want of a"'),
        ("x" * 70 + "a", "x" * 70 + "b", f'"…{"x" * 20}a" → "…{"x" * 20}b"'),
    ],
)
def test_what_differs_is_shown_of_both_sides(before: object, after: object, words: str) -> None:
    assert change_words(before, after) == words


LONG = st.text(st.characters(exclude_characters="→\\"), max_size=200)


@given(before=LONG, after=LONG, same=LONG)
def test_texts_that_differ_are_never_shown_as_the_same(before: str, after: str, same: str) -> None:
    old, new = change_words(same + before, same + after).split(" → ")
    assert (old == new) is (before == after)


SAMPLE = {"path": "a.wav", "seconds": 3.2, "format": "wav", "bytes": 102_000}


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ({"seconds": 5.0, "bytes": 160_000}, "a.wav (3.2 s → 5.0 s, wav, 102 kB → 160 kB)"),
        ({"path": "b.mp3", "format": "mp3"}, "a.wav → b.mp3 (3.2 s, wav → mp3, 102 kB)"),
        ({"seconds": None}, "a.wav (3.2 s → ?, wav, 102 kB)"),
        ({}, "a.wav (3.2 s, wav, 102 kB, as before: another sound)"),
    ],
)
def test_a_sample_before_and_after(news: dict[str, object], words: str) -> None:
    assert sample_change_words(SAMPLE, SAMPLE | news) == words
