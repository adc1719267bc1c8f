"""Bytes that were right once, changed as faults and enemies change them: a bit, a size, a piece too many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

_EDGES = (7, 8, 15, 16, 24, 31, 32)
_ODD_NUMBERS = (*range(4), 7, 8, *(2**power + more for power in _EDGES for more in (-1, 0)))
_LONGEST = 64


class Edit(NamedTuple):
    """What is done, where (counted on from the beginning where the bytes end), to how many bytes."""

    kind: str
    place: int
    size: int
    value: int


def damaged(
    whole: st.SearchStrategy[bytes], words: Sequence[bytes] = (b"",), *, most: int = 4
) -> st.SearchStrategy[bytes]:
    """Return what ``whole`` gives with up to so many edits; ``words`` are put in between."""

    def apply(data: bytes, edits: list[Edit]) -> bytes:
        for edit in edits:
            data = edited(data, edit, words)
        return data

    return st.builds(apply, whole, st.lists(_EDITS, max_size=most))


def edited(data: bytes, edit: Edit, words: Sequence[bytes] = (b"",)) -> bytes:
    """Return bytes after one edit."""
    at = edit.place % (len(data) + 1)
    if edit.kind == "number":
        return _with_number(data, at, edit)
    parts = data[:at], data[at : at + edit.size], data[at + edit.size :]
    if edit.kind == "insert":
        return words[edit.value % len(words)].join((data[:at], data[at:]))
    return _KINDS[edit.kind](*parts, edit.value)


def _with_number(data: bytes, at: int, edit: Edit) -> bytes:
    """Write a number that somebody didn't think of, of 1, 2, 4 or 8 bytes, of either order."""
    numbers = (*_ODD_NUMBERS, len(data), len(data) - at, max(0, len(data) - at - 8))
    width = (1, 2, 4, 8)[edit.size % 4]
    number = numbers[edit.value % len(numbers)] % 256**width
    return data[:at] + number.to_bytes(width, "little" if edit.size & 4 else "big") + data[at + width :]


_KINDS: Mapping[str, Callable[[bytes, bytes, bytes, int], bytes]] = {
    "flip": lambda before, piece, after, value: (
        before + bytes(byte ^ 1 << value % 8 for byte in piece[:1]) + piece[1:] + after
    ),
    "byte": lambda before, piece, after, value: before + bytes([value]) + piece[1:] + after,
    "cut": lambda before, _, after, __: before + after,
    "end": lambda before, _, __, ___: before,
    "twice": lambda before, piece, after, _: before + piece + piece + after,
    "move": lambda before, piece, after, _: piece + before + after,
}
_EDITS = st.builds(
    Edit,
    st.sampled_from([*_KINDS, "number", "insert"]),
    st.integers(0, 1023) | st.integers(0, 2**16),
    st.integers(1, _LONGEST),
    st.integers(0, 255),
)
