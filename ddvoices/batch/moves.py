"""Files whose lines have other names now: who takes which, and in what order they are renamed. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ddvoices.batch.state import STATE_NAME, Made


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A file of ours that gets another name: ``made`` is its record under that."""

    source: str
    made: Made

    @property
    def target(self) -> str:
        """Return the new name."""
        return self.made.out


def match_files(
    wanted: Iterable[tuple[str, Collection[str]]], there: Mapping[str, Sequence[Made]]
) -> list[Move]:
    """Return which files are taken, each at most once: the first wish gets the first file, by its name.

    ``wanted`` are names with the digests that a file may have to get it, in the order of the script;
    ``there`` are the files that nobody wants where they are, with the records of what is in them.
    """
    found: dict[str, list[Made]] = {}
    for out in sorted(there, key=natural_order):
        for made in there[out]:
            found.setdefault(made.digest, []).append(made)
    moves, taken = [], set()
    for target, digests in wanted:
        free = (made for digest in digests for made in found.get(digest, ()) if made.out not in taken)
        match = next(free, None)
        if match is not None:
            taken.add(match.out)
            moves.append(Move(source=match.out, made=replace(match, out=target)))
    return moves


def put_in_order(moves: Sequence[Move], names: Collection[str]) -> list[Move]:
    """Return the moves so that each finds its place left by the file that was there.

    Where files change places in a ring, one steps aside, under a name that isn't one of ``names``.
    """
    waiting = {move.source: move for move in moves}
    ordered: list[Move] = []
    while waiting:
        chain = [waiting.pop(next(iter(waiting)))]
        while chain[-1].target in waiting:
            chain.append(waiting.pop(chain[-1].target))
        first = chain[0]
        if chain[-1].target == first.source:
            aside = replace(first.made, out=_free_name(names))
            ordered.append(Move(source=first.source, made=aside))
            chain[0] = Move(source=aside.out, made=first.made)
        ordered += reversed(chain)
    return ordered


def _free_name(names: Collection[str]) -> str:
    numbered = (f"{STATE_NAME}-aside-{number}" for number in range(1, len(names) + 2))
    return next(name for name in numbered if name not in names)


def natural_order(name: str) -> list[str | int]:
    """Return what sorts names as people do: 9 before 10."""
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", name)]
