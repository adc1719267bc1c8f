"""YAML text → data with places. Built from parsing events, so that depth and aliases are bounded on the way.

libyaml ends the process where nesting gets deep (30,000 levels); events are counted while they come, and
reading stops long before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import yaml

from ddvoices.catalog.findings import Findings, quoted
from ddvoices.catalog.scalars import plain_scalar
from ddvoices.catalog.syntax import TOO_DEEP, find_unprintable, syntax_problem
from ddvoices.catalog.tree import MAX_DEPTH, Document, Mark, YamlList, YamlMap

# A value behind an alias counts as often as it is used, by its nodes and the length of its text.
MAX_ALIASED = 10_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Stop(Exception):  # noqa: N818 - it ends one file's reading, and its cause is noted already
    """The rest of the file can't be read."""


class _Built(NamedTuple):
    """A finished value: how much it holds where aliases are counted in full, and how deep it is."""

    value: Any
    mark: Mark
    weight: int
    height: int


@dataclass(slots=True)
class _Frame:
    """An unfinished collection; ``key`` is the one whose value comes next, ``skip`` drops that value."""

    container: YamlMap | YamlList
    mark: Mark
    anchor: str | None
    weight: int = 1
    height: int = 1
    key: str | None = None
    skip: bool = False


def read_yaml(text: str, file: str, findings: Findings) -> Document | None:
    """Return the one document of ``text``, None where it can't be read; ``findings`` gets what is wrong."""
    unprintable = find_unprintable(text)
    if unprintable:
        findings.file_problem(file, *unprintable)
        return None
    builder = _Builder(file, findings)
    try:
        for event in _events(text):
            builder.take(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        findings.file_problem(file, *syntax_problem(text, error))
        return None
    return builder.document


def _events(text: str) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    return events


class _Builder:
    """Puts events together."""

    def __init__(self, file: str, findings: Findings) -> None:
        self._file, self._findings = file, findings
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Built | None] = {}  # None: not finished yet
        self._aliased = 0
        self._documents = 0
        self.document = Document(file=file, data=None)

    def take(self, event: Any) -> None:
        """Add one event."""
        taker = self._TAKERS.get(type(event))
        if taker is not None:
            taker(self, event)

    def _begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(_mark(event), "several documents in one file: make a file of each")

    def _problem(self, mark: Mark, message: str) -> None:
        self._findings.file_problem(self._file, message, mark)

    def _stop(self, mark: Mark, message: str) -> None:
        self._problem(mark, message)
        raise _Stop

    def _take_scalar(self, event: Any) -> None:
        mark, text = _mark(event), event.value
        plain = not event.style and event.tag is None
        if not plain:
            self._refuse_tag(event, mark)
        value = plain_scalar(text) if plain else text
        if not isinstance(value, str):
            mark = Mark(mark.line, mark.column, text)
        weight = 1 + len(text) // 100
        if event.anchor is not None:
            self._anchors[event.anchor] = _Built(value, mark, weight, 0)
        self._put(value, mark, weight, 0, merge=plain and value == "<<")

    def _open(self, event: Any) -> None:
        mark = _mark(event)
        self._refuse_tag(event, mark)
        if len(self._frames) >= MAX_DEPTH:
            self._stop(mark, TOO_DEEP)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        container = YamlMap() if isinstance(event, yaml.MappingStartEvent) else YamlList()
        self._frames.append(_Frame(container, mark, event.anchor))

    def _close(self, _: Any) -> None:
        frame = self._frames.pop()
        built = _Built(frame.container, frame.mark, frame.weight, frame.height)
        # where it isn't None, an anchor of the same name began inside, and counts
        if frame.anchor is not None and self._anchors[frame.anchor] is None:
            self._anchors[frame.anchor] = built
        self._put(*built)

    def _take_alias(self, event: Any) -> None:
        mark = _mark(event)
        if event.anchor not in self._anchors:
            self._stop(mark, f"no &{event.anchor} stands before *{event.anchor}")
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._stop(mark, f"*{event.anchor} stands inside of what it stands for")
            return
        self._aliased += anchored.weight
        if self._aliased > MAX_ALIASED or len(self._frames) + anchored.height > MAX_DEPTH:
            self._stop(mark, f"*{event.anchor} and the aliases before it stand for too much: write it out")
        mark = Mark(mark.line, mark.column, anchored.mark.raw)
        self._put(anchored.value, mark, anchored.weight, anchored.height)

    def _refuse_tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None:
            self._problem(
                mark, f"tags such as {quoted(event.tag)} aren't supported: put text in quotes instead"
            )

    def _put(self, value: Any, mark: Mark, weight: int, height: int, *, merge: bool = False) -> None:
        """Put a finished value where it belongs."""
        if not self._frames:
            at = Mark(1, 1, "") if mark.raw == "" else mark
            self.document = Document(file=self._file, data=value, at=at)
            return
        frame = self._frames[-1]
        frame.weight += weight
        if height >= frame.height:
            frame.height = height + 1
        if isinstance(frame.container, YamlList):
            frame.container.append(value)
            frame.container.items_at.append(mark)
        elif frame.key is None and not frame.skip:
            self._take_key(frame, frame.container, value, mark, merge=merge)
        else:
            self._take_value(frame, frame.container, value, mark)

    def _take_key(self, frame: _Frame, mapping: YamlMap, key: Any, mark: Mark, *, merge: bool) -> None:
        wrong = _wrong_key(mapping, key, mark, merge=merge)
        if wrong is not None:
            self._problem(mark, wrong)
            frame.skip = True
            return
        frame.key = key
        mapping.keys_at[key] = mark

    @staticmethod
    def _take_value(frame: _Frame, mapping: YamlMap, value: Any, mark: Mark) -> None:
        if frame.key is not None:
            key_at = mapping.keys_at[frame.key]
            # libyaml sees that there is no value where the next thing begins, or behind the end of the file
            nowhere = mark.raw == "" and mark.line > key_at.line
            mapping[frame.key] = value
            mapping.values_at[frame.key] = Mark(key_at.line, key_at.column, "") if nowhere else mark
        frame.key, frame.skip = None, False

    _TAKERS: ClassVar[Mapping[type, Callable[[_Builder, Any], None]]] = {
        yaml.ScalarEvent: _take_scalar,
        yaml.MappingStartEvent: _open,
        yaml.SequenceStartEvent: _open,
        yaml.MappingEndEvent: _close,
        yaml.SequenceEndEvent: _close,
        yaml.AliasEvent: _take_alias,
        yaml.DocumentStartEvent: _begin_document,
    }


def _wrong_key(mapping: YamlMap, key: Any, mark: Mark, *, merge: bool) -> str | None:
    """Say what is wrong with a key, if anything is."""
    if merge:
        return "merge keys ('<<') aren't supported: put what is shared under 'defaults'"
    if not isinstance(key, str):
        shown = mark.raw
        return (
            "a key must be plain text"
            if shown is None
            else f"{shown or 'nothing'} is no text: put the key in quotes"
        )
    if key in mapping.keys_at:
        first = mapping.keys_at[key]
        return f"{quoted(key)} stands here twice, first at {first.line}:{first.column}: remove one"
    return None


def _mark(event: Any) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1)
