"""A key is taken out of a text however it is written there, and nothing else is."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks.spellings import ODD_KEY, WAYS, found_in, said

from ddvoices.redact import HIDDEN, hidden

KEYS = st.builds(
    "dd-{}".format,
    st.text(string.digits + string.ascii_letters + string.punctuation, min_size=9, max_size=60),
)


@pytest.mark.parametrize("way", WAYS)
@given(key=KEYS)
def test_no_way_of_writing_a_key_is_left(way: str, key: str) -> None:
    text = f"x-api-key: {WAYS[way](key)} was refused"
    assert found_in(hidden(text, key).encode(), key) == []
    assert HIDDEN in hidden(text, key)


@given(key=KEYS, before=st.text(), between=st.text(), after=st.text())
def test_nor_of_all_of_them_amid_anything(key: str, before: str, between: str, after: str) -> None:
    told = hidden(f"{before} {said(key)} {between} {said(key)} {after}", key)
    assert [way for way in found_in(told.encode("utf-8", "ignore"), key) if way != "in part"] == []


def test_an_escape_of_html_that_is_cut_off_counts() -> None:
    assert found_in(hidden("dd-00000&lt", "dd-00000<000").encode(), "dd-00000<000") == []


@given(key=KEYS.filter(lambda key: not set("\\%&") & set(key)), data=st.data())
def test_of_a_key_that_is_cut_off_no_more_than_a_little_is_left(key: str, data: st.DataObject) -> None:
    """Whoever passes on an error may cut it at any length, at either end."""
    told = WAYS[data.draw(st.sampled_from(list(WAYS)))](key)
    cut = data.draw(st.integers(0, len(told)))
    for text in (told[:cut], told[cut:]):
        assert found_in(hidden(text, key).encode(), key) == []


@given(key=st.text("bcdefgh", min_size=9), text=st.text("\\%&;#u0x4a ", max_size=60))
def test_what_is_no_key_stays_as_it_is(key: str, text: str) -> None:
    assert hidden(text, key) == text
    assert hidden(text, "") == text


def test_what_is_around_a_key_stays() -> None:
    told = hidden(f"the key {ODD_KEY} is unknown: '{ODD_KEY}'", ODD_KEY)
    assert told == f"the key {HIDDEN} is unknown: '{HIDDEN}'"


@pytest.mark.parametrize("run", ["\\", "%25", "&amp;", "&#", "&#0", "%", "\\u00", "dd-"])
def test_a_text_that_only_looks_like_escapes_takes_no_time_to_speak_of(run: str) -> None:
    """If it took the square of its length, this would not end before the tests are given up."""
    assert hidden(run * 100_000, ODD_KEY) == run * 100_000
