"""A plan document as Markdown, for one comment on a pull request.

Text from outside stands in code spans only, where GitHub makes no link, mention or reference of it; in the
hidden marker it is percent-encoded, and in a ``<summary>``, which is HTML, it is escaped as HTML. What is
shown of it is made harmless by `printable` first, so that none of it holds the end of a line.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ddvoices.model import Action, Reason
from ddvoices.report.terminal import printable
from ddvoices.report.words import (
    COUNTED,
    GRAVEST_FIRST,
    REASONS,
    UNSHOWN,
    gender_value,
    length_words,
    old_voice_words,
    sample_is_news,
    seconds_words,
    size_words,
    value_words,
)

Document = Mapping[str, Any]

# GitHub takes 65,536 characters, whichever it counts: there are never more code points than UTF-16 units. The
# rest is for those who put a line of their own before it.
LIMIT = 65_000
# what says that something was left out
_RESERVE = 500
_LONGEST_KEY = 100
_LONGEST_VALUE = 200
_LONGEST_MESSAGE = 300
_MOST_FIELDS = 20
_MOST_MESSAGES = 10
_LONGEST_MARK = 200
# cmark knows no fence of more than 80 backticks; nobody reads one of 20
_MOST_BACKTICKS = 20

_TABLE = "| | voice | what and why | fields | sample |\n|---|---|---|---|---|"
_DETAILS = "| voice | id | sample | SHA-256 |\n|---|---|---|---|"


def plan_markdown(document: Document) -> str:
    """Return a plan as Markdown of at most ``LIMIT`` UTF-16 units, beginning with its hidden marker.

    Where it would be longer, details are left out first and deletes last; what was left out is counted.
    """
    head = [marker(document), f"### {_headline(document)}", ""]
    foot = [_footer(document)]
    return _Page(head, foot).filled(_pieces(document))


def marker(document: Document) -> str:
    """Return the comment that tells this catalog's and these regions' comment from others: a whole line."""
    owner, regions = document["catalog"]["owner"], sorted(document["regions"])
    named = f"{_encoded(owner)} {','.join(map(_encoded, regions))}".strip()
    if len(named) > _LONGEST_MARK:
        named = sha256(named.encode()).hexdigest()
    return f"<!-- ddvoices plan {named} -->"


def code(text: str, longest: int = _LONGEST_KEY) -> str:
    """Return a code span that shows ``text``, made printable and cut if it is longer than ``longest``."""
    shown = _shown(text, longest)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    inner = f" {shown} " if shown[:1] in {"`", " "} or shown[-1:] in {"`", " "} else shown
    # of spaces alone none is taken away, and nothing is no span at all
    return f"{fence}{shown if not shown.strip(' ') else inner}{fence}" if shown else "(empty)"


def cell(text: str, longest: int = _LONGEST_KEY) -> str:
    """Return a code span for a cell of a table, where a pipe needs a backslash even there."""
    return code(text, longest).replace("|", "\\|")


@dataclass(frozen=True, slots=True, order=True)
class _Section:
    """What stands around pieces: ``order`` on the page, what comes before the first and after the last."""

    order: int
    begin: str
    end: str

    def around(self, texts: Iterable[str]) -> str:
        """Return the pieces with their frame."""
        return "\n".join(filter(None, [self.begin, *texts, self.end])) + "\n"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A row or an item; those of the lowest rank go first, ``name`` is for those that are left out."""

    rank: int
    section: _Section
    name: str
    text: str


class _Page:
    """Fills the room between head and foot, the most important pieces first."""

    def __init__(self, head: list[str], foot: list[str]) -> None:
        self._head, self._foot = head, foot
        self._room = LIMIT - _RESERVE - _units("\n".join([*head, *foot]))
        self._taken: dict[_Section, list[tuple[int, str]]] = {}

    def filled(self, pieces: Iterable[_Piece]) -> str:
        """Return the page, with as many pieces as there is room for."""
        left_out: Counter[str] = Counter()
        for number, piece in sorted(enumerate(pieces), key=lambda pair: (pair[1].rank, pair[0])):
            if left_out or not self._take(number, piece):
                left_out[piece.name] += 1
        body = [
            section.around(text for _, text in sorted(pieces))
            for section, pieces in sorted(self._taken.items())
        ]
        return "\n".join([*self._head, *body, *_left_out(left_out), *self._foot]) + "\n"

    def _take(self, number: int, piece: _Piece) -> bool:
        """Take a piece in if there is room for it, and for the frame where it is the first of its section."""
        frame = 0 if piece.section in self._taken else _units(piece.section.around([])) + 1
        cost = frame + _units(piece.text) + 1
        if cost > self._room:
            return False
        self._room -= cost
        self._taken.setdefault(piece.section, []).append((number, piece.text))
        return True


def _left_out(counts: Counter[str]) -> Iterator[str]:
    """Yield what says that there is more, and how much of what."""
    if counts:
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        yield f"**Not shown here, for want of room: {said}.** The plan file has everything.\n"


def _pieces(document: Document) -> Iterator[_Piece]:
    """Yield everything there is to show, in the order of the page; the rank says what goes first."""
    yield from _message_pieces(document)
    for number, (name, region) in enumerate(sorted(document["regions"].items())):
        table = _Section(2 * number + 1, f"#### {code(name)}\n\n{_TABLE}", "")
        details = _Section(2 * number + 2, f"{_summary(name, region)}\n\n{_DETAILS}", "\n</details>")
        for change in sorted(region["changes"], key=lambda change: GRAVEST_FIRST.index(change["action"])):
            action = Action(change["action"])
            rank = 2 + GRAVEST_FIRST.index(action) + (action not in GRAVEST_FIRST[:2])
            yield _Piece(rank, table, COUNTED[action], _row(change, action))
            yield _Piece(9, details, "rows of details", _details_row(change))


def _message_pieces(document: Document) -> Iterator[_Piece]:
    """Yield errors, refusals and warnings: above all else, and not too many of them."""
    errors = [
        f"{code(name)}: {words}" for name, region in document["regions"].items() for words in _errors(region)
    ]
    refusals = [
        f"{code(refusal['region'])}: {code(refusal['message'], _LONGEST_MESSAGE)}{_forceable(refusal)}"
        for refusal in document["refusals"]
    ]
    warnings = [code(warning, _LONGEST_MESSAGE) for warning in document["warnings"]]
    said = (
        ("Error", "errors", errors, 0),
        ("Refused", "refusals", refusals, 1),
        ("Warning", "warnings", warnings, 4),
    )
    for word, plural, messages, rank in said:
        lines = [f"- **{word}**: {message}" for message in messages[:_MOST_MESSAGES]]
        if len(messages) > _MOST_MESSAGES:
            lines.append(f"- **{len(messages) - _MOST_MESSAGES} more {plural}**")
        yield from (_Piece(rank, _Section(0, "", ""), plural, line) for line in lines)


def _errors(region: Document) -> Iterator[str]:
    if region["error"] is not None:
        yield code(region["error"], _LONGEST_MESSAGE)
    for problem in region["errors"]:
        yield f"{code(problem['key'])}: {code(problem['message'], _LONGEST_MESSAGE)}"


def _forceable(refusal: Document) -> str:
    return " (`apply --force` lifts it)" if refusal["forceable"] else ""


def _headline(document: Document) -> str:
    summary, owner = document["summary"], code(document["catalog"]["owner"])
    counts = [f"{summary[action]} {COUNTED[action]}" for action in GRAVEST_FIRST if summary[action]]
    line = f"Voices of {owner}: {', '.join(counts or ['no changes'])}; {summary['noop']} in sync"
    refused = ", refused" if document["refusals"] else ""
    if document["complete"]:
        return line + refused
    regions = document["regions"].values()
    if regions and all(region["error"] is not None for region in regions):
        return f"Voices of {owner}: not known, no region could be asked"
    return f"{line}{refused}; the plan is not complete"


def _row(change: Document, action: Action) -> str:
    """Return the row of a change: mark, key, what and why, fields, sample."""
    parts = [
        f"**{action}**",
        cell(_key(change)),
        _why(change, action),
        _fields(change, action),
        _sample(change),
    ]
    return f"| {' | '.join(parts)} |"


def _key(change: Document) -> str:
    return str(change["key"] or change["id"] or "?")


def _why(change: Document, action: Action) -> str:
    lines = [REASONS[Reason(change["reason"])]]
    if action is Action.REPLACE:
        lines.append(old_voice_words(change, "`--prune`"))
    if change.get("protected"):
        lines.append("**protected: an apply will be refused**")
    if "note" in change:
        lines.append(cell(change["note"], _LONGEST_MESSAGE))
    return "<br>".join(lines)


def _fields(change: Document, action: Action) -> str:
    """Return the fields before and after; of a new voice and of what is taken for granted, after alone."""
    words = {Action.CREATE: _wanted, Action.ADOPT: _taken}.get(action, _changed)
    fields = [field for field in change["fields"] if _is_shown(field, action)]
    lines = [f"{field['path']}: {words(field)}" for field in fields[:_MOST_FIELDS]]
    if len(fields) > _MOST_FIELDS:
        lines.append(f"and {len(fields) - _MOST_FIELDS} more")
    if action is Action.ADOPT and lines:
        lines.insert(0, "taken for granted, not sent:")
    return "<br>".join(lines)


def _is_shown(field: Document, action: Action) -> bool:
    """Tell whether a field is news: a new voice's length stands beside it, and few voices are published."""
    said = action is Action.CREATE and (field["path"] == "sample.seconds" or field["after"] is False)
    return field["path"] not in UNSHOWN and not said


def _wanted(field: Document) -> str:
    return _value(field, "after")


def _taken(field: Document) -> str:
    before, after = _value(field, "before"), _value(field, "after")
    differs = field["before"] is not None and before != after
    return f"{after} (it says {before})" if differs else after


def _changed(field: Document) -> str:
    arrow = f" → {_value(field, 'after')}" if field["after"] is not None else ""
    return f"{_value(field, 'before')}{arrow}"


def _value(field: Document, side: str) -> str:
    value = field[side]
    if field["path"] == "gender":
        value = gender_value(value)
    if field["path"] == "sample.seconds" and not isinstance(value, str):
        return length_words(value)
    words = value_words(value, _LONGEST_VALUE)
    return cell(words, len(words)) if isinstance(value, str) else words


def _sample(change: Document) -> str:
    sample = change.get("sample")
    if sample is None or not sample_is_news(change):
        return ""
    return f"{seconds_words(sample['seconds'])}, {cell(sample['format'])}, {size_words(sample['bytes'])}"


def _details_row(change: Document) -> str:
    sample = change.get("sample")
    path, digest = (cell(sample["path"], _LONGEST_VALUE), cell(sample["sha256"])) if sample else ("", "")
    voice_id = "" if change["id"] is None else cell(change["id"])
    return f"| {cell(_key(change))} | {voice_id} | {path} | {digest} |"


def _summary(name: str, region: Document) -> str:
    """Return how the fold of a region begins: HTML, in which no Markdown is read."""
    counted = region["observed"]
    words = ("managed", "unmanaged", "superseded", "duplicate", "orphaned")
    there = ", ".join(f"{counted[word]} {word}" for word in words if counted[word]) or "no voices"
    shown = (f"<code>{html.escape(_shown(text, _LONGEST_KEY))}</code>" for text in (name, region["endpoint"]))
    return f"<details><summary>Details of {' at '.join(shown)}: there now {there}</summary>"


def _footer(document: Document) -> str:
    """Return what was planned, when and by what."""
    git, chosen = document["catalog"]["git"], [*document["targets"], *document["labels"]]
    words = [f"ddvoices {code(document['tool_version'])}", code(document["created_at"])]
    if git:
        words.append(
            f"commit {code(git['commit'])}{' with changes that no commit has' if git['dirty'] else ''}"
        )
    if document["prune"]:
        words.append("with `--prune`")
    if chosen:
        words.append(f"only what is chosen by {', '.join(map(code, chosen[:_MOST_FIELDS]))}")
    if len(chosen) > _MOST_FIELDS:
        words.append(f"and {len(chosen) - _MOST_FIELDS} more")
    return " · ".join(words)


def _shown(text: str, longest: int) -> str:
    shown = printable(text)
    shown = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return shown.replace("`", "\\x60") if "`" * (_MOST_BACKTICKS + 1) in shown else shown


def _encoded(text: str) -> str:
    """Return text that can't end a comment, and holds neither blank nor comma."""
    return quote(text, safe="", errors="surrogatepass").replace(
        "-", "%2D" if "--" in text or text[-1:] == "-" else "-"
    )


def _units(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text) + sum(character > "\uffff" for character in text)
