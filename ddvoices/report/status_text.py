"""The matrix of voices and regions as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from click import style, unstyle

from ddvoices.model import Standing
from ddvoices.report.layout import PLAIN, Line, Look, cells, columns, held, laid_out, padded
from ddvoices.report.status import OTHERS, Cell, Document, Parity, differing
from ddvoices.report.terminal import printable
from ddvoices.report.words import KEPT, WIDEST_KEY, import_words

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
# the mark before a row, its colour, and what it says of one voice and of several
_MARKS = {
    Parity.IN_SYNC: ("=", "green", "in sync", "in sync"),
    Parity.DIFFERS: ("≠", "yellow", "differs", "differ"),
    Parity.MISSING: ("+", "yellow", "missing", "missing"),
    Parity.TO_ADOPT: ("<=", "cyan", "to adopt", "to adopt"),
    Parity.UNKNOWN: ("?", "red", "not known", "not known"),
    Parity.NOT_WANTED: ("", None, "of other regions", "of other regions"),
}
# columns of the marks and the space behind them
_GUTTER = 3
# more columns than any matrix has
_BOUNDLESS = 10**9
# with less room for keys than this, what a voice is stands beside it in words
_NARROWEST_KEY = 16
_NAMED_AT_MOST = 3


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
    counted = [f"{others[standing]} {standing}" for standing in OTHERS if others[standing]]
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
