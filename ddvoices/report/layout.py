"""How lines are laid out: folded on a terminal, whole in a pipe, in characters that the stream can hold."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from click import unstyle

# what is shown instead where the stream can't hold ours
_PLAIN = {"→": "->", "…": "...", "≠": "!="}
# narrower ones fold what they get themselves
_NARROWEST = 20
# where the text of a line that hangs begins too far to the right
_SHALLOW = 8
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_RESET = "\x1b[0m"
# a command in backquotes is one word: it is there to be copied
_WORD = re.compile(r"`[^`]*`\S*|\S+")
_SMALLER_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a stream shows: colours, lines of how many columns (None: of any length), which characters."""

    color: bool = False
    width: int | None = None
    encoding: str = "utf-8"


PLAIN = Look()


class Line(NamedTuple):
    """A line, and the column in which it goes on where it is folded."""

    text: str
    hang: int = 0


def laid_out(lines: Iterable[Line], look: Look) -> str:
    """Return lines as they are printed, each with its end."""
    shown = []
    for text, hang in lines:
        whole = held(text if look.color else unstyle(text), look.encoding).rstrip()
        shown += [whole] if look.width is None else fold(whole, look.width, hang)
    return "".join(f"{line}\n" for line in shown)


def held(text: str, encoding: str) -> str:
    """Return a text that ``encoding`` can hold; what it can't becomes plainer, or an escape."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plainer = "".join(_PLAIN.get(character, character) for character in text)
        return plainer.encode(encoding, "backslashreplace").decode(encoding)
    return text


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # slow to import

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """Return a text that takes ``width`` columns, or more if it is longer."""
    return text + " " * (width - cells(text))


def columns(rows: Sequence[Sequence[str]], *, widest: int, look: Look) -> Iterator[str]:
    """Yield a line for each row, cells below each other but for what is wider than ``widest``."""
    shown = [[held(cell, look.encoding) for cell in row] for row in rows]
    widths = [min(max(map(cells, column)), widest) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(map(padded, row, widths)).rstrip()


def fold(text: str, width: int, hang: int) -> list[str]:
    """Return a line in as many as it takes, broken between words, and none wider than ``width``.

    It goes on in column ``hang``. A word that is wider than that is broken, and colours go on.
    """
    plain, width = unstyle(text), max(width, _NARROWEST)
    if cells(plain) <= width:
        return [text]
    hang = hang if hang <= width // 2 else _SHALLOW
    lines = _styled(plain, _ranges(plain, width, hang), _styles(text))
    return [line if number == 0 else " " * hang + line for number, line in enumerate(lines)]


def _ranges(text: str, width: int, hang: int) -> Iterator[tuple[int, int]]:
    """Yield where each line begins and ends in the text."""
    start = stop = used = 0
    room = width
    for begin, end in _words(text, width - hang):
        word, added = cells(text[begin:end]), cells(text[stop:end])
        at = begin
        while used + added > room:
            # a word that is wider than a line begins where it is, and fills this line
            if word > width - hang and (first := _fitting(text, stop, end, room - used)) > at:
                stop = at = first
            yield start, stop
            start = stop = at
            room, used, added = width - hang, 0, cells(text[at:end])
        stop, used = end, used + added
    yield start, stop


def _words(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Yield where each word begins and ends; a command that is wider than ``room`` is several."""
    for word in _WORD.finditer(text):
        if cells(word[0]) <= room:
            yield word.span()
        else:
            yield from (smaller.span() for smaller in _SMALLER_WORD.finditer(text, *word.span()))


def _fitting(text: str, begin: int, end: int, room: int) -> int:
    """Return where the longest part of ``text[begin:end]`` ends that ``room`` columns hold."""
    stop = min(begin + room, end)  # few characters take no column, and they come after others
    while stop < end and cells(text[begin : stop + 1]) <= room:
        stop += 1
    while stop > begin and cells(text[begin:stop]) > room:
        stop -= 1
    return stop


def _styles(text: str) -> deque[tuple[int, str]]:
    """Return each code that changes the style, with its place in the text without them."""
    found, taken = deque[tuple[int, str]](), 0
    for match in _STYLE.finditer(text):
        found.append((match.start() - taken, match[0]))
        taken += len(match[0])
    return found


def _styled(plain: str, ranges: Iterable[tuple[int, int]], styles: deque[tuple[int, str]]) -> Iterator[str]:
    """Yield parts of a text in their styles; where one goes on, the line ends it and the next begins it."""
    going_on = ""
    for start, stop in ranges:
        line, at = going_on, start
        while styles and (styles[0][0] < stop or styles[0] == (stop, _RESET)):
            place, code = styles.popleft()
            line += plain[at:place] + code
            at = max(at, place)
            going_on = "" if code == _RESET else going_on + code
        yield line + plain[at:stop] + (_RESET if going_on else "")
