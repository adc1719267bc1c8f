"""Voices by regions at a glance: the cells of a matrix, for text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from click import style, unstyle

from ddvoices.model import Action, Catalog, Plan, RegionPlan, Standing
from ddvoices.report.layout import PLAIN, Line, Look, cells, columns, held, laid_out, padded
from ddvoices.report.terminal import printable
from ddvoices.report.words import KEPT, WIDEST_KEY, import_words

Document = Mapping[str, Any]


class Cell(StrEnum):
    """What a key is in a region."""

    IN_SYNC = "in_sync"
    MISSING = "missing"
    DIFFERS = "differs"
    OUTDATED = "outdated"
    TO_ADOPT = "to_adopt"
    ERROR = "error"
    UNKNOWN = "unknown"
    NOT_WANTED = "not_wanted"


class Parity(StrEnum):
    """What a key is in all its regions taken together; of several, the later one is said."""

    NOT_WANTED = "not_wanted"  # in none of the regions that were asked
    IN_SYNC = "in_sync"
    TO_ADOPT = "to_adopt"
    DIFFERS = "differs"
    MISSING = "missing"
    UNKNOWN = "unknown"


_BY_ACTION = {
    Action.NOOP: Cell.IN_SYNC,
    Action.CREATE: Cell.MISSING,
    Action.ADOPT: Cell.TO_ADOPT,
    Action.UPDATE: Cell.DIFFERS,
    Action.REPLACE: Cell.OUTDATED,
}
_SHOWN = {
    Cell.IN_SYNC: ("ok", "green"),
    Cell.MISSING: ("missing", "yellow"),
    Cell.DIFFERS: ("differs", "yellow"),
    Cell.OUTDATED: ("outdated", "magenta"),
    Cell.TO_ADOPT: ("to adopt", "cyan"),
    Cell.ERROR: ("error", "red"),
    Cell.UNKNOWN: ("?", "red"),
    Cell.NOT_WANTED: ("-", None),
}
_WIDEST = max(len(word) for word, _ in _SHOWN.values())
_PARITY = {
    Cell.IN_SYNC: Parity.IN_SYNC,
    Cell.MISSING: Parity.MISSING,
    Cell.DIFFERS: Parity.DIFFERS,
    Cell.OUTDATED: Parity.DIFFERS,
    Cell.TO_ADOPT: Parity.TO_ADOPT,
    Cell.ERROR: Parity.UNKNOWN,
    Cell.UNKNOWN: Parity.UNKNOWN,
    Cell.NOT_WANTED: Parity.NOT_WANTED,
}
_RANKS = list(Parity)
# the mark before a row, its colour, and what it says of one voice and of several
_MARKS = {
    Parity.IN_SYNC: ("=", "green", "in sync", "in sync"),
    Parity.DIFFERS: ("≠", "yellow", "differs", "differ"),
    Parity.MISSING: ("+", "yellow", "missing", "missing"),
    Parity.TO_ADOPT: ("<=", "cyan", "to adopt", "to adopt"),
    Parity.UNKNOWN: ("?", "red", "not known", "not known"),
    Parity.NOT_WANTED: ("", None, "of other regions", "of other regions"),
}
_AGREEING = (Parity.IN_SYNC, Parity.NOT_WANTED)
# columns of the marks and the space behind them
_GUTTER = 3
# more columns than any matrix has
_BOUNDLESS = 10**9
# with less room for keys than this, what a voice is stands beside it in words
_NARROWEST_KEY = 16
_NAMED_AT_MOST = 3
_OTHERS = (Standing.SUPERSEDED, Standing.DUPLICATE, Standing.ORPHANED, Standing.UNMANAGED)


def status_document(catalog: Catalog, plan: Plan) -> dict[str, Any]:
    """Return the matrix as JSON values: what each key is in each region, and the voices of no key."""
    cells = {region.region: _cells(catalog, region) for region in plan.regions}
    voices = {spec.key: {region: cells[region][spec.key] for region in cells} for spec in catalog.voices}
    parity = {key: _parity(cell["state"] for cell in row.values()) for key, row in voices.items()}
    counts = Counter(parity.values())
    return {
        "format_version": "1.0",
        "voices": voices,
        "parity": {key: str(word) for key, word in parity.items()},
        "summary": {str(word): counts[word] for word in Parity},
        "regions": {region.region: _region_document(region) for region in plan.regions},
    }


def differing(document: Document) -> dict[str, Any]:
    """Return a document without the voices that are in sync in all their regions; they stay counted."""
    parity = {key: word for key, word in document["parity"].items() if word not in _AGREEING}
    return {**document, "parity": parity, "voices": {key: document["voices"][key] for key in parity}}


def status_text(document: Document, look: Look = PLAIN, *, only_differing: bool = False) -> str:
    """Return the matrix of voices and regions, the voices that no key means, and a last line that counts."""
    shown = differing(document) if only_differing else document
    blocks = (list(_matrix(shown, look)), list(_others_lines(document, look)))
    lines = [line for block in blocks if block for line in (*block, Line(""))]
    return laid_out([*lines, Line(_last_line(document), 2)], look)


def import_hint(document: Document) -> str | None:
    """Return how the voices become entries where the catalog has none of them yet."""
    regions = document["regions"].items()
    unmanaged = {
        name: sum(other["standing"] == Standing.UNMANAGED for other in region["others"])
        for name, region in regions
    }
    return import_words(unmanaged, {name: region["managed"] for name, region in regions})


def _matrix(document: Document, look: Look) -> Iterator[Line]:
    """Yield a line for each voice; where a terminal has no room for columns, each names its regions."""
    voices, regions = document["voices"], [printable(region) for region in document["regions"]]
    if not voices:
        return
    gutter = _GUTTER if len(regions) > 1 else 0
    widths = [max(cells(region), _WIDEST) for region in regions]
    longest = max(len("voice"), *map(len, voices))
    room = (look.width or _BOUNDLESS) - gutter - sum(width + 2 for width in widths)
    if room < min(longest, _NARROWEST_KEY):
        yield from (_in_words(_marked(document, key, look), row) for key, row in voices.items())
        return
    room = min(room, longest)
    head = [style(region, bold=True) for region in regions]
    yield _in_columns(" " * gutter + style("voice", bold=True), gutter + room, head, widths)
    for key, row in voices.items():
        start = _marked(document, key, look)
        if len(key) > room:  # the key alone, what it is below
            yield Line(start, gutter)
            start = ""
        yield _in_columns(start, gutter + room, map(_state, row.values()), widths)


def _in_columns(start: str, room: int, shown: Iterable[str], widths: Iterable[int]) -> Line:
    return Line("  ".join(map(_padded, (start, *shown), (room, *widths))))


def _in_words(start: str, row: Mapping[str, Any]) -> Line:
    """Return what a voice is, and where: ``ok: eu, us; missing: ap``."""
    by_state: dict[str, list[str]] = {}
    for region, cell in row.items():
        if cell["state"] != Cell.NOT_WANTED:
            by_state.setdefault(_state(cell), []).append(printable(region))
    where = (f"{state}: {', '.join(names)}" for state, names in by_state.items())
    return Line(f"{start}  {'; '.join(where)}", _GUTTER + 2)


def _marked(document: Document, key: str, look: Look) -> str:
    """Return a key, and before it, where there are several regions, whether it is the same in all."""
    if len(document["regions"]) < 2:
        return key
    mark, color, *_ = _MARKS[Parity(document["parity"][key])]
    return style(padded(held(mark, look.encoding), _GUTTER), fg=color, bold=True) + key


def _state(cell: Mapping[str, Any]) -> str:
    word, color = _SHOWN[Cell(cell["state"])]
    return style(word, fg=color)


def _padded(text: str, width: int) -> str:
    """Return a text with styles in it that takes ``width`` columns, or more."""
    return text + " " * (width - cells(unstyle(text)))


def _others_lines(document: Document, look: Look) -> Iterator[Line]:
    """Yield the voices that no key means, with why a prune leaves them.

    A column that would be empty is left out, and the region where there is one: the matrix names it.
    """
    others = [
        {**other, "region": name, "stays": KEPT.get(other["kept"], "")}
        for name, region in document["regions"].items()
        for other in region["others"]
    ]
    region = ["region"] if len(document["regions"]) > 1 else []
    names = [*region, "standing", "key", "name", "stays", "id"]
    names = [name for name in names if any(other[name] for other in others)]
    rows = [names, *([printable(other[name] or "") for name in names] for other in others)]
    if others:
        head, *lines = columns(rows, widest=WIDEST_KEY, look=look)
        yield from (Line(line, 4) for line in (style(head, bold=True), *lines))


def _last_line(document: Document) -> str:
    """Return how many voices are what, and what else is there."""
    summary = document["summary"]
    counted = [_count_words(document, parity) for parity in _MARKS if summary[parity]]
    line = style("Status:", bold=True) + f" {'; '.join(counted) or 'no voices in the catalog'}."
    others = Counter(
        other["standing"] for region in document["regions"].values() for other in region["others"]
    )
    counted = [f"{others[standing]} {standing}" for standing in _OTHERS if others[standing]]
    return line + (f" Also there: {', '.join(counted)}." if counted else "")


def _count_words(document: Document, parity: Parity) -> str:
    """Return how many voices have a parity, behind its mark."""
    count = document["summary"][parity]
    mark, color, one, several = _MARKS[parity]
    words = f"{count} {one if count == 1 else several}"
    if parity is Parity.IN_SYNC:
        words += f" in {_regions_words(document)}"
    if len(document["regions"]) < 2:
        return words
    words += " somewhere" if parity is Parity.MISSING else ""
    return f"{style(mark, fg=color, bold=True)} {words}" if mark else words


def _regions_words(document: Document) -> str:
    """Return where the voices in sync are so."""
    regions = [printable(region) for region in document["regions"]]
    voices = (document["voices"][key] for key, word in document["parity"].items() if word == Parity.IN_SYNC)
    if any(cell["state"] == Cell.NOT_WANTED for row in voices for cell in row.values()):
        return "all their regions"
    if len(regions) > _NAMED_AT_MOST:
        return f"all {len(regions)} regions"
    *first, last = regions
    return f"{', '.join(first)} and {last}" if first else last


def _region_document(region: RegionPlan) -> dict[str, Any]:
    return {
        "endpoint": region.endpoint,
        "error": region.error,
        "total": region.counts.total,
        "managed": region.counts.managed,
        "others": _others(region),
        "errors": [
            {"key": problem.key, "reason": str(problem.reason), "message": problem.message}
            for problem in region.errors
        ],
    }


def _parity(states: Iterable[str | None]) -> Parity:
    """Return what a key is in all its regions: what is said is what needs most care."""
    found = {_PARITY[Cell(state)] for state in states if state is not None}
    return max(found, key=_RANKS.index, default=Parity.NOT_WANTED)


def _cells(catalog: Catalog, region: RegionPlan) -> dict[str, dict[str, str | None]]:
    """Return key → state and id; of several changes the last word is the update's."""
    wanted = {spec.key for spec in catalog.wanted_in(region.region)}
    cells: dict[str, dict[str, str | None]] = {}
    for spec in catalog.voices:
        state = Cell.NOT_WANTED if spec.key not in wanted else Cell.UNKNOWN
        cells[spec.key] = {"state": state, "id": None}
    for change in region.changes:
        if change.key in wanted and change.action in _BY_ACTION:
            cells[str(change.key)] = {"state": _BY_ACTION[change.action], "id": change.id}
    for problem in region.errors:
        cells[problem.key] = {"state": Cell.ERROR, "id": None}
    return cells


def _others(region: RegionPlan) -> Sequence[dict[str, str | None]]:
    """Return the voices that no key means, by standing."""
    found = [
        {
            "standing": str(standing),
            "id": voice_id,
            "name": region.names.get(voice_id),
            "key": key,
            "kept": region.kept.get(voice_id),
        }
        for voice_id, (standing, key) in region.standings.items()
        if standing is not Standing.MANAGED
    ]
    order = {str(standing): number for number, standing in enumerate(_OTHERS)}
    return sorted(
        found, key=lambda other: (order[str(other["standing"])], str(other["name"]), str(other["id"]))
    )
