"""In which order a region's changes are done, and which may be under way at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ddvoices.identity import normal_names
from ddvoices.model import Action, Change

UPLOADS = (Action.CREATE, Action.REPLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The changes of one region by what they wait for.

    ``deletes`` make room, ``adopts`` ask nobody and come before an update of the same voice, ``late`` are
    deletes that wait for the successor of their own key.
    """

    deletes: tuple[Change, ...]
    adopts: tuple[Change, ...]
    uploads: tuple[Change, ...]
    updates: tuple[Change, ...]
    late: tuple[Change, ...]


def order(changes: Sequence[Change]) -> Order:
    """Return the order in which no key is ever left without its voice."""
    renewed = {change.key for change in changes if change.action in UPLOADS}
    deletes = [change for change in changes if change.action is Action.DELETE]
    return Order(
        deletes=tuple(change for change in deletes if change.key not in renewed),
        adopts=tuple(change for change in changes if change.action is Action.ADOPT),
        uploads=tuple(change for change in changes if change.action in UPLOADS),
        updates=tuple(change for change in changes if change.action is Action.UPDATE),
        late=tuple(change for change in deletes if change.key in renewed),
    )


def apart(changes: Iterable[Change]) -> list[list[Change]]:
    """Return every change as a lane of its own."""
    return [[change] for change in changes]


def lanes(changes: Iterable[Change]) -> list[list[Change]]:
    """Return lanes of changes that may be done side by side, each lane's own one after the other.

    Uploads that share a name or title are in one lane: where the service keeps no marker, what a lost answer
    has made is known by these alone, and must not be taken for what another upload is just making.
    """
    changes = list(changes)
    roots = _Roots()
    for change in changes:
        roots.join(_names(change))
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(roots.of(_names(change)[0]), []).append(change)
    return list(found.values())


def _names(change: Change) -> tuple[str, ...]:
    """Return what a new voice may be called in the listing."""
    if change.spec is None:
        raise TypeError(f"{change.action} without a wanted side")
    return normal_names(change.spec.name, change.spec.title)


class _Roots:
    """Names that are joined, directly or by way of others, have one root."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the root of a name; the way there is short from now on."""
        path = [name]
        while (above := self._above.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(above)
        self._above.update(dict.fromkeys(path, above))
        return above

    def join(self, names: Sequence[str]) -> None:
        """Give names one root."""
        for name in names[1:]:
            self._above[self.of(name)] = self.of(names[0])
