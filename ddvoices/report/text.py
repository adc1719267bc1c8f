"""A plan document as text for a terminal, a pipe or a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from click import style

from ddvoices.identity import written_gender
from ddvoices.model import Action, Reason
from ddvoices.report.terminal import printable
from ddvoices.report.words import (
    COLORS,
    COUNTED,
    KEPT,
    MARKS,
    REASONS,
    UNSHOWN,
    WIDEST_KEY,
    import_words,
    sample_is_news,
    sample_words,
    seconds_words,
    value_words,
)

Document = Mapping[str, Any]

_LEFT_OVER = ("superseded", "duplicate", "orphaned")


# what only says more of a voice; others ask for care
_PLAIN_NOTES = (Action.ADOPT, Action.DELETE)


def plan_text(document: Document, *, color: bool = False) -> str:
    """Return a plan as text: a block a region, a line a change, a last line that counts."""
    lines: list[str] = []
    for name, region in document["regions"].items():
        block = list(_region_lines(name, region))
        lines += [*block, ""] if block else []
    for refusal in document["refusals"]:
        why = printable(f"{refusal['region']}: {refusal['message']}")
        lines.append(style(f"refused: {why}", fg="red", bold=True))
    lines.append(_last_line(document))
    lines += _left_over(document)
    lines += _unmanaged(document)
    text = "\n".join(lines) + "\n"
    return text if color else _plain(text)


def headline(document: Document) -> str:
    """Return the line that counts what a plan does."""
    return _plain(_last_line(document))


def _region_lines(name: str, region: Document) -> Iterator[str]:
    """Yield a region's lines; none where there is nothing to say."""
    if region["error"] is not None:
        yield style(printable(name), bold=True)
        yield style(f"  error: {printable(region['error'])}", fg="red")
        return
    if not region["changes"] and not region["errors"]:
        return
    yield style(printable(name), bold=True) + style(f"  {printable(region['endpoint'])}", dim=True)
    width = max((len(_key(change)) for change in region["changes"]), default=0)
    for change in region["changes"]:
        yield from _change_lines(change, min(width, WIDEST_KEY))
    for problem in region["errors"]:
        yield style(f"  error: {printable(problem['key'])}: {printable(problem['message'])}", fg="red")


def _change_lines(change: Document, width: int) -> Iterator[str]:
    """Yield one line of what and why, and one line a field."""
    action, reason = Action(change["action"]), Reason(change["reason"])
    head = style(f"  {MARKS[action]:>3} {_key(change):{width}}", fg=COLORS[action], bold=True)
    yield f"{head}  {action:7}  {style(REASONS[reason] + _old_voice(change, action), dim=True)}"
    yield from (f"        {line}" for line in _detail_lines(change, action))


def _old_voice(change: Document, action: Action) -> str:
    """Say what becomes of the voice that a replace leaves behind."""
    if action is not Action.REPLACE:
        return ""
    goes = f"stays: {KEPT[change['kept']]}" if "kept" in change else "goes with a later --prune"
    return f"; the old one {goes}"


def _detail_lines(change: Document, action: Action) -> Iterator[str]:
    if action is Action.CREATE:
        yield ", ".join(_created_words(change))
    elif action is Action.ADOPT:
        yield from _taken_words(change)
    else:
        yield from (_field_words(field) for field in change["fields"] if field["path"] not in UNSHOWN)
    if "sample" in change and sample_is_news(change):
        yield f"sample: {sample_words(change['sample'])}"
    if change.get("protected"):
        yield style("protected: an apply will be refused", fg="red")
    if "note" in change:
        note = printable(change["note"])
        yield note if action in _PLAIN_NOTES else style(note, fg="yellow")
    if change["id"] is not None:
        yield style(f"id: {printable(change['id'])}", dim=True)


def _created_words(change: Document) -> Iterator[str]:
    """Yield what a new voice will be, without the names of fields that explain themselves."""
    for field in change["fields"]:
        if field["path"] in ("name", "locale", "gender", "speaking_style"):
            yield printable(str(field["after"]))
        elif field["path"] == "age":
            yield f"{printable(str(field['after']))} years"
        elif field["path"] == "publish" and field["after"]:
            yield style("published", fg="yellow", bold=True)


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
    before, after = field["before"], field["after"]
    if field["path"] == "gender":
        before, after = map(_gender, (before, after))
    if field["path"] == "sample.seconds":
        return f"length: {_length(before)} -> {_length(after)}"
    arrow = f" -> {value_words(after)}" if after is not None else ""
    return f"{field['path']}: {value_words(before)}{arrow}"


def _gender(value: Any) -> Any:
    return written_gender(value) if isinstance(value, str) else value


def _length(value: Any) -> str:
    """Return a length; a plan file may hold anything in its place."""
    return seconds_words(value) if isinstance(value, int | float | None) else value_words(value)


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


def _plain(text: str) -> str:
    from click import unstyle

    return str(unstyle(text))
