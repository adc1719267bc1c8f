"""The words in which people read a plan: marks, reasons, values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddvoices.identity import written_gender
from ddvoices.model import Action, Kept, Reason
from ddvoices.report.terminal import printable

MARKS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.ADOPT: "<=",
    Action.DELETE: "-",
    Action.NOOP: " ",
}

COLORS: Mapping[Action, str] = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.ADOPT: "cyan",
    Action.DELETE: "red",
    Action.NOOP: "white",
}

REASONS: Mapping[Reason, str] = {
    Reason.NOT_IN_REGION: "not in the region yet",
    Reason.GONE: "its voice is gone from the region",
    Reason.FIELDS_DIFFER: "set in place",
    Reason.CONTENT_DIFFERS: "a new voice is made",
    Reason.PUBLISH_WITHDRAWN: "no longer published",
    Reason.RENAMED: "there already, under another key; nothing is uploaded",
    Reason.ROLLED_BACK: "there already, from before; nothing is uploaded",
    Reason.MOVED: "there already, under a former key; nothing is uploaded",
    Reason.PINNED: "there already, named by its id; nothing is uploaded",
    Reason.NATURAL_KEY: "there already, by the same name; nothing is uploaded",
    Reason.FORMER_OWNER: "there already, of a former owner; nothing is uploaded",
    Reason.LOCKED: "there already, known from the lock; nothing is uploaded",
    Reason.BASELINE: "its sample is taken as the voice's; nothing is uploaded",
    Reason.SUPERSEDED: "superseded by a newer voice of its key",
    Reason.DUPLICATE: "a copy of its key's voice",
    Reason.ORPHANED: "no longer in the catalog",
    Reason.IN_SYNC: "in sync",
    Reason.PIN_NOT_FOUND: "the pinned voice isn't there",
    Reason.AMBIGUOUS: "more than one voice could be meant",
    Reason.FOREIGN: "of another catalog",
    Reason.NEWER_SCHEME: "made by a newer release",
    Reason.OPEN_INTENT: "sent, and never answered",
}

KEPT: Mapping[str, str] = {
    Kept.ADOPTED: "adopted",
    Kept.PROTECTED: "protected",
    Kept.FORMER_OWNER: "a former owner's",
    Kept.NEWER_SCHEME: "of a newer release",
}

# what is counted, in the order of the line that counts
COUNTED: Mapping[Action, str] = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.REPLACE: "to replace",
    Action.ADOPT: "to adopt",
    Action.DELETE: "to delete",
}

# what asks for care comes first
GRAVEST_FIRST = (Action.DELETE, Action.REPLACE, Action.CREATE, Action.UPDATE, Action.ADOPT)

# fields that only repeat what the sample's own words say
UNSHOWN = frozenset({"fingerprint", "sample"})

_LONGEST_VALUE = 60
# how much that is the same is shown before what differs
_SHOWN_BEFORE = 20
WIDEST_KEY = 40


def value_words(value: Any, longest: int = _LONGEST_VALUE, *, skipped: int = 0) -> str:
    """Return a field's value as it is shown: quoted text, cut at ``longest``, plain numbers.

    ``skipped`` is how many characters of a text are left out at its beginning.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return f"{value:g}"
    text = ("…" if skipped else "") + printable(value[skipped:])
    return f'"{text if len(text) <= longest else text[: longest - 1] + "…"}"'


def change_words(before: Any, after: Any) -> str:
    """Return both values; of long texts what leads to the first difference is left out."""
    skipped = 0
    if isinstance(before, str) and isinstance(after, str):
        before, after = printable(before), printable(after)
        skipped = _led_in(before, after)
    return f"{value_words(before, skipped=skipped)} → {value_words(after, skipped=skipped)}"


def _led_in(before: str, after: str) -> int:
    """Return how many characters may be left out at the beginning of both, if possible whole words."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    if same <= _LONGEST_VALUE // 2:
        return 0
    return before.find(" ", same - _SHOWN_BEFORE, same) + 1 or same - _SHOWN_BEFORE


def old_voice_words(change: Mapping[str, Any], prune: str = "--prune") -> str:
    """Return what becomes of the voice that a replace leaves behind, with ``--prune`` written as given."""
    goes = f"stays: {KEPT[change['kept']]}" if "kept" in change else f"goes with a later {prune}"
    return f"the old one {goes}"


def import_words(unmanaged: Mapping[str, int], managed: Mapping[str, int]) -> str | None:
    """Return how voices become entries, for regions that hold others' voices and none of the catalog's."""
    bare = [region for region, count in unmanaged.items() if count and not managed[region]]
    if not bare:
        return None
    chosen = "" if len(bare) == len(unmanaged) else "".join(f" -r {printable(region)}" for region in bare)
    return f"`ddvoices import --all{chosen}` takes in what no catalog has made."


def seconds_words(seconds: float | None) -> str:
    """Return a length of time as people write it; ``?`` where it isn't known."""
    return "?" if seconds is None else f"{seconds:.1f} s"


def length_words(value: Any) -> str:
    """Return a field's length of time; a plan file may hold anything in its place."""
    is_length = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    return seconds_words(value) if is_length else value_words(value)


def gender_value(value: Any) -> Any:
    """Return a gender as catalogs write it, and what a plan file holds in its place as it is."""
    return written_gender(value) if isinstance(value, str) else value


def size_words(count: int) -> str:
    """Return a number of bytes as people write it."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def sample_words(sample: Mapping[str, Any]) -> str:
    """Return a sample in one line: path, length, format, size."""
    path, length, kind, size = _file_words(sample)
    return f"{path} ({length} {kind}, {size})"


def sample_change_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the sample that was sent last and the one that would be, in one line."""
    pairs = list(zip(_file_words(before), _file_words(after), strict=True))
    path, *words = (new if old == new else f"{old} → {new}" for old, new in pairs)
    if all(old == new for old, new in pairs):
        words.append("as before: another sound")
    return f"{path} ({', '.join(words)})"


def _file_words(sample: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return path, length, format, size."""
    path, kind = printable(sample["path"]), printable(sample["format"])
    return path, seconds_words(sample["seconds"]), kind, size_words(sample["bytes"])


def sample_is_news(change: Mapping[str, Any]) -> bool:
    """Tell whether a change's sample is news: not where a replace has another cause."""
    paths = {field["path"] for field in change["fields"]}
    return change["action"] == Action.CREATE or "sample" in paths or paths == {"fingerprint"}
