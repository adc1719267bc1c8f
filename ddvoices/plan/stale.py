"""Why an item of a reviewed plan isn't in a plan made now, in words for whoever reviewed it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ddvoices.model import Action, Change, RegionPlan, Standing
from ddvoices.plan.describe import describe

# these only repeat what is said of the sample, or of the other fields
_UNNAMED = frozenset({"sample", "sample.seconds", "fingerprint"})


def why_stale(item: Mapping[str, Any], region: RegionPlan, mine: Sequence[Change]) -> str:
    """Return what is otherwise now, as far as that is known; ``mine`` are the changes of the item's key."""
    reasons = _of_a_delete(item, region) if item["action"] == Action.DELETE else _of_a_key(item, region, mine)
    return next(reasons, "not in a plan made now")


def _of_a_delete(item: Mapping[str, Any], region: RegionPlan) -> Iterator[str]:
    standing, key = region.standings[item["id"]]
    if standing is Standing.MANAGED:
        yield f"it is the voice of {key} now"
    if standing is Standing.UNMANAGED:
        yield "it is none of this catalog's now"
    if item["id"] in region.kept:
        yield f"a prune leaves it now ({region.kept[item['id']]})"
    if region.errors:
        yield f"nothing is deleted here while a key has an error ({region.errors[0].key})"
    if key != item["key"]:
        yield f"it is counted as {key}'s now"
    yield "the voice itself was changed since"


def _of_a_key(item: Mapping[str, Any], region: RegionPlan, mine: Sequence[Change]) -> Iterator[str]:
    yield from (problem.message for problem in region.errors if problem.key == item["key"])
    if not mine or mine[0].spec is None:
        yield "the catalog has no such key here any more"
        return
    now, spec = mine[0].id, mine[0].spec
    if item["id"] is None and now is not None:
        yield f"it has a voice since: {now}"
    if item["id"] not in (None, now):
        yield f"the key means another voice now: {now}" if now else "its voice is gone since"
    if "sample" in item and (spec.sample is None or spec.sample.sha256 != item["sample"]["sha256"]):
        yield "its sample changed since"
    edited = list(_edited(item, describe(spec)))
    if edited:
        yield f"edited in the catalog since: {', '.join(edited)}"
    planned = {change.action: change for change in mine if change.pending}
    if not planned:
        yield "nothing of it is to be done now"
    if item["action"] in planned:
        yield f"otherwise now: {', '.join(_otherwise(item, planned[item['action']]))}"
    yield f"a plan made now has {' and '.join(planned)} instead"


def _otherwise(item: Mapping[str, Any], now: Change) -> list[str]:
    """Return the fields of which either side, of the catalog or the service, isn't what it was."""
    then = {(field["path"], repr(field["before"]), repr(field["after"])) for field in item["fields"]}
    today = {(field.path, repr(field.before), repr(field.after)) for field in now.fields}
    return sorted({path for path, *_ in then ^ today})


def _edited(item: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that the catalog sets otherwise than an item; a create holds all that was set."""
    then = {field["path"]: field["after"] for field in item["fields"]}
    paths = then if item["action"] != Action.CREATE else {**then, **wanted}
    yield from (path for path in paths if path not in _UNNAMED and then.get(path) != wanted.get(path))
