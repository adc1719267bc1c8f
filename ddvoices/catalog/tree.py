"""Data from YAML that remembers where each key and value stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

Step = str | int

MAX_DEPTH = 64


class Mark(NamedTuple):
    """A place in a file, both counted from 1; ``raw`` is how a plain scalar that isn't text was written."""

    line: int
    column: int
    raw: str | None = None


START = Mark(1, 1)
YAML_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for YAML 1.1 and libyaml."""


def mark_behind(text: str, breaks: re.Pattern[str] = YAML_BREAK) -> Mark:
    """Return the place behind ``text``, whose lines end by ``breaks``."""
    lines = breaks.split(text)
    return Mark(len(lines), len(lines[-1]) + 1)


class YamlMap(dict[str, Any]):
    """A mapping with the places of its keys and of its values."""

    __slots__ = ("keys_at", "values_at")

    def __init__(self) -> None:
        super().__init__()
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}


class YamlList(list[Any]):
    """A list with the places of its items."""

    __slots__ = ("items_at",)

    def __init__(self) -> None:
        super().__init__()
        self.items_at: list[Mark] = []


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An unquoted date: other readers of YAML make no text of it, so neither do we."""

    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file's data; ``file`` is how it is shown, ``at`` where its root stands.

    ``unshown`` counts the first steps of every path that tell nothing which the place doesn't tell.
    """

    file: str
    data: Any
    at: Mark = START
    unshown: int = 0

    def value_at(self, path: tuple[Step, ...]) -> Mark:
        """Return where the value at ``path`` stands; where it is missing, the nearest that isn't."""
        data, mark = self.data, self.at
        for step in path:
            if isinstance(data, YamlMap) and step in data:
                mark, data = data.values_at[str(step)], data[str(step)]
            elif isinstance(data, YamlList) and isinstance(step, int) and step < len(data):
                mark, data = data.items_at[step], data[step]
            else:
                break
        return mark

    def key_at(self, path: tuple[Step, ...]) -> Mark:
        """Return where the key at the end of ``path`` stands; an item's own place."""
        parent: Any = self.data
        for step in path[:-1]:
            parent = parent[step]
        if path and isinstance(parent, YamlMap) and path[-1] in parent:
            return parent.keys_at[str(path[-1])]
        return self.value_at(path)


def dotted(path: tuple[Step, ...]) -> str:
    """Return a path as people read it: ``voices.ada.regions[1]``."""
    shown = ""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step}]"
        else:
            shown += ("." if shown else "") + (step if step.isprintable() and step else repr(step))
    return shown
