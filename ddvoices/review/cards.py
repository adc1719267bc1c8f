"""A plan document as cards: one a voice, with what happens to it where, and what there is to hear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ddvoices.model import Action, Reason
from ddvoices.report.terminal import printable
from ddvoices.report.words import (
    GRAVEST_FIRST,
    KEPT,
    REASONS,
    UNSHOWN,
    gender_value,
    sample_is_news,
    value_words,
)

Document = Mapping[str, Any]

# these only repeat what is there to hear
_UNSHOWN = UNSHOWN | {"sample.seconds"}
_LINE_END = " ↵ "  # a word of its own, for a change may be nothing else
_NAMES = {
    "name": "name",
    "locale": "locale",
    "gender": "gender",
    "speaking_style": "style",
    "age": "age",
    "publish": "published",
    "title": "title",
    "text": "transcript",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """A field on both sides, in words; None for what isn't there or what nobody remembers."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice that is there, and what is said of it alone."""

    region: str
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happens to a voice, in all regions where that is the same."""

    action: Action
    reason: str
    fields: tuple[FieldRow, ...]
    notes: tuple[str, ...]
    cares: tuple[str, ...]
    regions: tuple[str, ...]
    voices: tuple[Voice, ...]


class Side(StrEnum):
    """Which recording it is."""

    OLD = "old"  # of the voice that is there
    NEW = "new"  # what is sent
    SAME = "same"  # what is sent again, where something else has changed
    TAKEN = "taken"  # what a voice that is adopted is taken to be made of
    KEPT = "kept"  # of a voice of which only words are changed; no plan names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A recording that there is to hear.

    ``sha256`` and ``path`` are None where the plan doesn't tell; ``ids`` are of the voices made of it.
    """

    side: Side
    sha256: str | None
    path: str | None
    seconds: float | None = None
    format: str | None = None
    size: int | None = None
    ids: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One voice of the catalog, or one that a prune deletes."""

    key: str
    name: str
    happenings: tuple[Happening, ...]
    wanted: tuple[Wanted, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """Return what happens, the gravest first."""
        found = {happening.action for happening in self.happenings}
        return tuple(action for action in GRAVEST_FIRST if action in found)

    @property
    def regions(self) -> tuple[str, ...]:
        """Return where."""
        return tuple(dict.fromkeys(r for happening in self.happenings for r in happening.regions))


def cards_of(document: Document) -> tuple[Card, ...]:
    """Return a plan's cards, those that ask for care first, then by key."""
    changes: dict[str, list[tuple[str, Document]]] = {}
    for region, planned in document["regions"].items():
        for change in planned["changes"]:
            changes.setdefault(change["key"] or change["id"] or "", []).append((region, change))
    cards = [_card(key, found) for key, found in changes.items()]
    return tuple(sorted(cards, key=lambda card: (GRAVEST_FIRST.index(card.actions[0]), card.key)))


def _card(key: str, changes: list[tuple[str, Document]]) -> Card:
    return Card(
        key=key,
        name=_name([change for _, change in changes]),
        happenings=tuple(_together(_happening(region, change) for region, change in changes)),
        wanted=tuple(_wanted(changes)),
    )


def _name(changes: Sequence[Document]) -> str:
    """Return what the catalog calls the voice; what the service does, where the catalog holds none."""
    there = [f["before"] for change in changes for f in change["fields"] if f["path"] == "name"]
    wanted = [change["name"] for change in changes if "name" in change]
    return next((str(value) for value in (*wanted, *there) if value), "")


def _together(happenings: Iterable[Happening]) -> Iterable[Happening]:
    """Return each thing that happens once, with all regions where it does."""
    found: dict[Any, Happening] = {}
    for happening in happenings:
        same = (happening.action, happening.reason, happening.fields, happening.notes, happening.cares)
        known = found.get(same)
        found[same] = happening if known is None else _joined(known, happening)
    return found.values()


def _joined(one: Happening, other: Happening) -> Happening:
    return replace(one, regions=one.regions + other.regions, voices=one.voices + other.voices)


def _happening(region: str, change: Document) -> Happening:
    action = Action(change["action"])
    return Happening(
        action=action,
        reason=REASONS[Reason(change["reason"])],
        fields=tuple(_row(field) for field in change["fields"] if field["path"] not in _UNSHOWN),
        notes=tuple(_notes(change, action)),
        cares=tuple(_cares(change, action)),
        regions=(region,),
        voices=tuple(_voices(region, change, action)),
    )


def _voices(region: str, change: Document, action: Action) -> Iterator[Voice]:
    if change["id"]:
        note = change.get("note", "") if action is Action.DELETE else ""  # when it was made, and the like
        yield Voice(region=region, id=change["id"], note=note)


def _notes(change: Document, action: Action) -> Iterator[str]:
    if action is Action.REPLACE:
        stays = KEPT[change["kept"]] if "kept" in change else "for now, until a later apply with --prune"
        yield f"The old voice stays: {stays}."
    if "note" in change and action is Action.ADOPT:
        yield change["note"]


def _cares(change: Document, action: Action) -> Iterator[str]:
    """Yield what a reviewer must not miss."""
    if change.get("protected"):
        yield "This voice is protected: an apply will be refused."
    if "note" in change and action not in (Action.ADOPT, Action.DELETE):
        yield change["note"]


def _row(field: Document) -> FieldRow:
    before, after = (_value(field["path"], field[side]) for side in ("before", "after"))
    return FieldRow(name=_NAMES[field["path"]], before=before, after=after)


def _value(path: str, value: Any) -> str | None:
    if value is None:
        return None
    if path == "gender":
        value = gender_value(value)
    if isinstance(value, str):
        # whole and without quotes: it has a cell of its own
        return _LINE_END.join(printable(line) for line in value.split("\n"))
    return value_words(value)


def _wanted(changes: list[tuple[str, Document]]) -> Iterable[Wanted]:
    """Return the recordings to be heard, each once: former ones first, then what is sent or taken."""
    found: dict[tuple[str, str | None], Wanted] = {}
    sent = any("sample" in change for _, change in changes)
    for region, change in changes:
        for wanted in (_former(change), _new(change), None if sent else _kept(change)):
            if wanted is None:
                continue
            known = found.setdefault((wanted.side, wanted.sha256), wanted)
            found[wanted.side, wanted.sha256] = replace(
                known, regions=(*known.regions, region), ids=tuple(dict.fromkeys(known.ids + wanted.ids))
            )
    return sorted(found.values(), key=lambda wanted: wanted.side is not Side.OLD)


def _new(change: Document) -> Wanted | None:
    sample = change.get("sample")
    if sample is None:
        return None
    return Wanted(
        side=_side(change),
        sha256=sample["sha256"],
        path=sample["path"],
        seconds=sample["seconds"],
        format=sample["format"],
        size=sample["bytes"],
    )


def _kept(change: Document) -> Wanted | None:
    """Return the recording of a voice that is only updated: its words are held against what is heard."""
    if change["action"] != Action.UPDATE:
        return None
    return Wanted(side=Side.KEPT, sha256=None, path=None, ids=(change["id"],))


def _side(change: Document) -> Side:
    """Return which recording a change names: no other one where only something else has changed."""
    if change["action"] == Action.ADOPT:
        return Side.TAKEN
    return Side.SAME if change["action"] == Action.REPLACE and not sample_is_news(change) else Side.NEW


def _former(change: Document) -> Wanted | None:
    """Return the recording of the voice that is there, where it is another one, or goes."""
    if change["action"] not in (Action.REPLACE, Action.DELETE):
        return None
    if _side(change) is Side.SAME:
        return None
    fields = {field["path"]: field["before"] for field in change["fields"]}
    sample = change.get("sample", {})
    before = sample.get("before", {})
    return Wanted(
        side=Side.OLD,
        sha256=fields.get("sample"),
        path=before.get("path", sample.get("path")),
        seconds=before.get("seconds", fields.get("sample.seconds")),
        format=before.get("format"),
        size=before.get("bytes"),
        ids=(change["id"],),
    )
