"""What comes from outside is harmless in a terminal, and still readable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.report.terminal import printable
from ddvoices.report.words import sample_words, size_words, value_words


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
