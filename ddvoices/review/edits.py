"""What has changed in a text, word by word; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# With less than that in common a text is another one, and reads better as a whole.
_LEAST_COMMON = 0.5
# difflib takes up to the cube of a text's length; so many steps are a tenth of a second, and some seconds.
_STEPS_A_TEXT = 5_000_000
_STEPS = 200_000_000


class Kind(StrEnum):
    """What became of some words; the words are HTML's."""

    KEPT = "span"
    CUT = "del"
    ADDED = "ins"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text, and what became of them."""

    kind: Kind
    text: str


class Comparer:
    """Compares texts by their words.

    All that it compares takes ``steps`` at most, so that a page of any plan is made within seconds.
    """

    def __init__(self, *, steps: int = _STEPS) -> None:
        self._steps = steps

    def pieces(self, before: str | None, after: str | None) -> tuple[Piece, ...]:
        """Return both texts as one; none where they are no texts of several words with much in common.

        With a space between each two, what isn't added makes up ``before``, and what isn't cut ``after``.
        """
        if before is None or after is None or before.split() == after.split():
            return ()
        old, new = before.split(" "), after.split(" ")
        if min(len(old), len(new)) < 2 or not _is_much((Counter(old) & Counter(new)).total(), old, new):
            return ()
        found = [(kind, words) for kind, words in self._compared(old, new) if words]
        kept = sum(len(words) for kind, words in found if kind is Kind.KEPT)
        return (
            tuple(Piece(kind, " ".join(words)) for kind, words in found) if _is_much(kept, old, new) else ()
        )

    def _compared(self, old: list[str], new: list[str]) -> Iterator[tuple[Kind, list[str]]]:
        """Yield what both begin with, what has changed from there on, and what both end with."""
        start = _alike(old, new)
        end = _alike(old[start:][::-1], new[start:][::-1])
        yield Kind.KEPT, old[:start]
        yield from self._changed(old[start : len(old) - end], new[start : len(new) - end])
        yield Kind.KEPT, old[len(old) - end :]

    def _changed(self, old: list[str], new: list[str]) -> Iterator[tuple[Kind, list[str]]]:
        steps = _steps(old, new)
        if steps > min(self._steps, _STEPS_A_TEXT):
            yield from ((Kind.CUT, old), (Kind.ADDED, new))
            return
        self._steps -= steps
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for tag, cut_from, cut_to, added_from, added_to in matcher.get_opcodes():
            if tag == "equal":
                yield Kind.KEPT, old[cut_from:cut_to]
            else:
                yield from ((Kind.CUT, old[cut_from:cut_to]), (Kind.ADDED, new[added_from:added_to]))


def _is_much(common: int, old: Sequence[str], new: Sequence[str]) -> bool:
    return 2 * common >= _LEAST_COMMON * (len(old) + len(new))


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """Return with how many words both begin."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _steps(old: Sequence[str], new: Sequence[str]) -> int:
    """Return what difflib does at most: for each word that it finds, it looks at all equal pairs."""
    there = Counter(new)
    pairs = sum(count * there[word] for word, count in Counter(old).items())
    return min(len(old), len(new)) * (pairs + len(old))
