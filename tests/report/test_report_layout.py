"""Lines that fit: none is wider than the terminal, none loses a word, all can be held by the stream."""

from __future__ import annotations

import re

import pytest
from click import style, unstyle
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ddvoices.report.layout import Line, Look, cells, columns, fold, held, laid_out
from ddvoices.report.terminal import printable

COLORS = st.sampled_from([None, "red", "green"])
TEXT = st.text(st.sampled_from("ab 語é`→…\N{COMBINING ACUTE ACCENT}😀") | st.characters()).map(printable)
STYLED = st.lists(st.builds(style, TEXT, fg=COLORS, bold=st.booleans()), max_size=5).map(" ".join)


@pytest.mark.parametrize(
    ("text", "width", "hang", "lines"),
    [
        ("short", 20, 4, ["short"]),
        ("one two three four five six", 20, 4, ["one two three four", "    five six"]),
        ("  key  why that is so and so on", 20, 7, ["  key  why that is", "       so and so on"]),
        ("far  away that is so and so on", 20, 15, ["far  away that is so", "        and so on"]),
        ("then `ddvoices apply` and go", 20, 2, ["then", "  `ddvoices apply`", "  and go"]),
        ("run `ddvoices apply -t ada --force`", 20, 2, ["run `ddvoices apply", "  -t ada --force`"]),
        ("x" * 45, 20, 2, ["x" * 20, "  " + "x" * 18, "  " + "x" * 7]),
        ("= " + "x" * 30 + " ok", 20, 3, ["= " + "x" * 18, "   " + "x" * 12 + " ok"]),
        ("  " + "語" * 20, 20, 4, ["  " + "語" * 9, "    " + "語" * 8, "    " + "語" * 3]),
        ("narrow is all that there is", 5, 2, ["narrow is all that", "  there is"]),
    ],
)
def test_lines_are_broken_between_words_and_hang(text: str, width: int, hang: int, lines: list[str]) -> None:
    assert fold(text, width, hang) == lines


def test_a_colour_ends_with_its_line_and_goes_on_in_the_next() -> None:
    red = "\x1b[31m"
    folded = fold(f"see: {red}one two three four five\x1b[0m end", 20, 2)
    assert folded == [f"see: {red}one two three\x1b[0m", f"  {red}four five\x1b[0m end"]


@given(text=STYLED, width=st.integers(20, 60), hang=st.integers(0, 70))
def test_no_line_is_wider_than_the_terminal_and_no_character_is_lost(
    text: str, width: int, hang: int
) -> None:
    lines = fold(text.rstrip(), width, hang)
    assert all(cell_len(unstyle(line)) <= width for line in lines)
    joined = "".join(unstyle(line) for line in lines)
    assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", unstyle(text))
    assert all(line.count("\x1b[0m") >= ("\x1b[3" in line) for line in lines)


@given(text=STYLED, encoding=st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_every_stream_can_hold_it(text: str, encoding: str) -> None:
    shown = laid_out([Line(text, 4)], Look(color=True, width=40, encoding=encoding))
    shown.encode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("a → b … ≠", "utf-8", "a → b … ≠"),
        ("a → b … ≠", "ascii", "a -> b ... !="),
        ("café", "latin-1", "café"),
        ("café 語", "ascii", "caf\\xe9 \\u8a9e"),
    ],
)
def test_what_a_stream_cannot_hold_becomes_plainer(text: str, encoding: str, shown: str) -> None:
    assert held(text, encoding) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_columns_stand_below_each_other_whatever_is_in_them(encoding: str) -> None:
    names = ["Ada", "語り手", "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "😀 joy", "ﾅﾚｰﾀｰ"]
    lines = list(columns([(name, "|") for name in names], widest=40, look=Look(encoding=encoding)))
    assert len({cells(line) for line in lines}) == 1
