"""A plan document as text for a terminal, a pipe or a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from click import style, unstyle

from ddvoices.identity import written_gender
from ddvoices.model import Action, Reason
from ddvoices.report.layout import PLAIN, Line, Look, cells, laid_out, padded
from ddvoices.report.terminal import printable
from ddvoices.report.words import (
    COLORS,
    COUNTED,
    KEPT,
    MARKS,
    REASONS,
    UNSHOWN,
    WIDEST_KEY,
    change_words,
    gender_value,
    import_words,
    length_words,
    old_voice_words,
    sample_change_words,
    sample_is_news,
    sample_words,
    value_words,
)

Document = Mapping[str, Any]

_LEFT_OVER = ("superseded", "duplicate", "orphaned")
# what only says more of a voice; others ask for care
_PLAIN_NOTES = (Action.ADOPT, Action.DELETE)
# in columns: where details begin, and how far what is folded hangs below its own line
_DETAIL, _HANG = 8, 2


def plan_text(document: Document, look: Look = PLAIN) -> str:
    """Return a plan as text: a block a region, a line a change, a last line that counts."""
    lines: list[Line] = []
    for name, region in document["regions"].items():
        block = list(_region_lines(name, region))
        lines += [*block, Line("")] if block else []
    for refusal in document["refusals"]:
        why = printable(f"{refusal['region']}: {refusal['message']}")
        lines.append(Line(style(f"refused: {why}", fg="red", bold=True), _HANG))
    last = (_last_line(document), *_left_over(document), *_unmanaged(document))
    return laid_out([*lines, *(Line(line, _HANG) for line in last)], look)


def headline(document: Document) -> str:
    """Return the line that counts what a plan does."""
    return unstyle(_last_line(document))


def _region_lines(name: str, region: Document) -> Iterator[Line]:
    """Yield a region's lines; none where there is nothing to say."""
    if region["error"] is not None:
        yield Line(style(printable(name), bold=True))
        yield _error_line(region["error"])
        return
    if not region["changes"] and not region["errors"]:
        return
    endpoint = style(f"  {printable(region['endpoint'])}", dim=True)
    yield Line(style(printable(name), bold=True) + endpoint, _HANG)
    width = max((cells(_key(change)) for change in region["changes"]), default=0)
    for change in region["changes"]:
        yield from _change_lines(change, min(width, WIDEST_KEY))
    for problem in region["errors"]:
        yield _error_line(f"{problem['key']}: {problem['message']}")


def _error_line(message: str) -> Line:
    return Line(style(f"  error: {printable(message)}", fg="red"), _HANG + _HANG)


def _change_lines(change: Document, width: int) -> Iterator[Line]:
    """Yield one line of what and why, and one line a field."""
    action, reason = Action(change["action"]), Reason(change["reason"])
    head = style(f"  {MARKS[action]:>3} {padded(_key(change), width)}", fg=COLORS[action], bold=True)
    what = f"{head}  {action:7}  "
    yield Line(what + REASONS[reason] + _old_voice(change, action), cells(unstyle(what)))
    for line in _detail_lines(change, action):
        yield Line(" " * _DETAIL + line, _DETAIL + _HANG)


def _old_voice(change: Document, action: Action) -> str:
    """Say what becomes of the voice that a replace leaves behind."""
    if action is not Action.REPLACE:
        return ""
    return style(f"; {old_voice_words(change)}", dim=True)


def _detail_lines(change: Document, action: Action) -> Iterator[str]:
    if action is Action.CREATE:
        yield ", ".join(_voice_words(change, "after"))
        yield from _long_words(change)
    elif action is Action.DELETE:
        yield ", ".join(_voice_words(change, "before"))
    elif action is Action.ADOPT:
        yield from _taken_words(change)
    else:
        yield from _changed_words(change)
    if "sample" in change and sample_is_news(change):
        yield f"sample: {_sample_words(change)}"
    if change.get("protected"):
        yield style("protected: an apply will be refused", fg="red")
    if "note" in change:
        note = printable(change["note"])
        yield note if action in _PLAIN_NOTES else style(note, fg="yellow")
    if change["id"] is not None:
        yield style(f"id: {printable(change['id'])}", dim=True)


def _voice_words(change: Document, side: str) -> Iterator[str]:
    """Yield what a voice will be, or was, without the names of fields that explain themselves."""
    for field in change["fields"]:
        if field["path"] == "gender":
            yield printable(written_gender(str(field[side])))
        elif field["path"] in ("name", "locale", "speaking_style"):
            yield printable(str(field[side]))
        elif field["path"] == "age":
            yield f"{printable(str(field[side]))} years"
        elif field["path"] == "publish" and field[side]:
            yield style("published", fg="yellow", bold=True)


def _long_words(change: Document) -> Iterator[str]:
    """Yield what a new voice is sent besides, and takes a line of its own."""
    for field in change["fields"]:
        if field["path"] in ("title", "text"):
            yield f"{field['path']}: {value_words(field['after'])}"


def _changed_words(change: Document) -> Iterator[str]:
    """Yield a line for each field that changes; a length that the sample's own line shows has none."""
    unshown = UNSHOWN | ({"sample.seconds"} if "before" in change.get("sample", ()) else set())
    for field in change["fields"]:
        if field["path"] not in unshown:
            yield _field_words(field)


def _sample_words(change: Document) -> str:
    """Return a sample, and before it what is known of the one that it takes the place of."""
    before = change["sample"].get("before")
    if before is not None:
        return sample_change_words(before, change["sample"])
    return sample_words(change["sample"])


def _taken_words(change: Document) -> Iterator[str]:
    """Yield what is said of an adopted voice and not sent to it, beside its sample."""
    taken = {field["path"]: _taken(field) for field in change["fields"] if field["path"] not in UNSHOWN}
    long = [taken.pop(path) for path in ("title", "text") if path in taken]
    if taken:
        yield f"taken for granted, not sent: {', '.join(taken.values())}"
    yield from (f"  {words}" for words in long)


def _taken(field: Document) -> str:
    before, after = value_words(field["before"]), value_words(field["after"])
    differs = field["before"] is not None and before != after
    return f"{field['path']} {after}" + (f" (it says {before})" if differs else "")


def _field_words(field: Document) -> str:
    """Return a field before and after."""
    before, after = field["before"], field["after"]
    if field["path"] == "gender":
        before, after = gender_value(before), gender_value(after)
    if field["path"] == "sample.seconds":
        return f"length: {length_words(before)} → {length_words(after)}"
    words = f"{field['path']}: {change_words(before, after)}"
    return style(words, fg="yellow", bold=True) if field["path"] == "publish" and after else words


def _key(change: Document) -> str:
    """Return the key, or the id where nobody remembers a key."""
    return printable(change["key"] or change["id"] or "")


def _last_line(document: Document) -> str:
    summary = document["summary"]
    in_sync = f"{summary['noop']} in sync{_chosen(document)}."
    counts = [f"{summary[action]} {words}" for action, words in COUNTED.items() if summary[action]]
    if not counts and document["complete"]:
        return style("No changes.", bold=True) + f" {in_sync}"
    regions = document["regions"]
    failed = [printable(name) for name, region in regions.items() if region["error"] is not None]
    if failed and len(failed) == len(regions):
        return style("Plan:", bold=True) + style(" not known: no region could be asked.", fg="red")
    line = style("Plan:", bold=True) + f" {', '.join(counts or ['no changes'])}; {in_sync}"
    if document["complete"]:
        return line
    why = f": {', '.join(failed)} could not be asked" if failed else ""
    return line + style(f" The plan is not complete{why}.", fg="red")


def _chosen(document: Document) -> str:
    """Say that a choice was made: a reviewer must not take it for the whole."""
    choice = [printable(word) for word in (*document["targets"], *document["labels"])]
    return f", of those chosen by {', '.join(choice)}" if choice else ""


def _left_over(document: Document) -> Iterator[str]:
    """Yield what is there of ours without being needed, and what of it even a prune leaves."""
    observed = [region["observed"] for region in document["regions"].values()]
    counts = Counter({word: sum(counted[word] for counted in observed) for word in _LEFT_OVER})
    kept = Counter[str]()
    for counted in observed:
        kept.update(counted.get("kept", {}))
    if any(counts.values()) and not document["prune"]:
        deleted = _deleted_words(counts.total(), kept.total())
        yield f"Left over: {_counted(counts)}. --prune deletes {deleted}."
    if kept:
        stay = f"{kept.total()} stay" if kept.total() > 1 else "1 stays"
        why = _counted({KEPT[word]: count for word, count in kept.items()})
        yield f"{stay}: {why}; see `ddvoices status`, `ddvoices voices delete`."


def _unmanaged(document: Document) -> Iterator[str]:
    """Yield how many voices are none of this catalog's, and how they could be."""
    regions = document["regions"].items()
    unmanaged = {name: region["observed"]["unmanaged"] for name, region in regions}
    hint = import_words(unmanaged, {name: region["observed"]["managed"] for name, region in regions})
    count = sum(unmanaged.values())
    if count:
        said = f"Unmanaged: {count} {'voice' if count == 1 else 'voices'}."
        yield f"{said} {hint}" if hint else said


def _deleted_words(left_over: int, kept: int) -> str:
    if kept:
        return str(left_over - kept or "none")
    return "them" if left_over > 1 else "it"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
