"""The plan as a versioned JSON document: the plan file, and what `plan` and `show` print as JSON.

`schemas/plan.schema.json` describes it; a release that changes it changes `FORMAT_VERSION`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ddvoices import __version__
from ddvoices.errors import PlanFileError, PlanStaleError
from ddvoices.identity import plain
from ddvoices.model import Action, Change, Kept, Plan, RegionPlan
from ddvoices.plan.describe import former_document, sample_document
from ddvoices.resources import read_schema

FORMAT_VERSION = "1.0"
# what an item must repeat for a reviewer: the sample that is sent, or taken for the voice that is adopted
_WITH_SAMPLE = (Action.CREATE, Action.REPLACE, Action.ADOPT)
_PENDING = tuple(action for action in Action if action is not Action.NOOP)


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    regions = {region.region: _region_document(region) for region in plan.regions}
    summary: Counter[str] = Counter()
    for region in regions.values():
        summary.update(region["summary"])
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "created_at": plan.created_at,
        "prune": plan.prune,
        "targets": list(plan.targets),
        "labels": ["=".join(label) for label in plan.labels],
        "catalog": {
            "owner": plan.owner,
            "digest": plan.digest,
            "git": plan.git and {"commit": plan.git.commit, "dirty": plan.git.dirty},
        },
        "regions": regions,
        "summary": {str(action): summary[action] for action in Action},
        "warnings": list(plan.warnings),
        "refusals": [
            {"region": refusal.region, "message": refusal.message, "forceable": refusal.forceable}
            for refusal in plan.refusals
        ],
        "complete": plan.complete,
        "applyable": plan.applyable,
    }


def change_document(change: Change) -> dict[str, Any]:
    """Return one change as JSON values."""
    document: dict[str, Any] = {
        "action": str(change.action),
        "key": change.key,
        "reason": str(change.reason),
        "id": change.id,
        "fields": [{"path": f.path, "before": f.before, "after": f.after} for f in change.fields],
    }
    if change.spec is not None:
        document["name"] = plain(change.spec.name)
    if change.spec is not None and change.spec.sample is not None and change.action in _WITH_SAMPLE:
        document["sample"] = sample_document(change.spec.sample)
        if change.former is not None:
            document["sample"]["before"] = former_document(change.former)
    if change.note is not None:
        document["note"] = change.note
    if change.protected:
        document["protected"] = True
    if change.kept is not None:
        document["kept"] = str(change.kept)
    return document


def read_document(text: str, *, name: str) -> dict[str, Any]:
    """Return the plan document that ``text`` holds; ``name`` is for the error.

    Raises:
        PlanStaleError: it is a plan, in another format.
        PlanFileError: it isn't a plan.
    """
    try:
        document = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_number,
            parse_float=_number,
            parse_int=_number,
        )
    except (ValueError, RecursionError) as error:
        why = _not_json(error)
        raise PlanFileError(f"{name}: not a plan file: {why}; make one by `ddvoices plan -o`") from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise PlanFileError(
            f"{name}: not a plan file: it has no format_version; make one by `ddvoices plan -o`"
        )
    if version != FORMAT_VERSION:
        raise PlanStaleError(
            f"{name}: a plan of format {shown(version)}, and this ddvoices reads {FORMAT_VERSION}: plan again"
        )
    _validate(document, name)
    contradiction = next(_contradictions(document), None)
    if contradiction is not None:
        raise PlanFileError(f"{name}: contradicts itself: {contradiction}; make one by `ddvoices plan -o`")
    return dict(document)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of a field that stands there twice, a reviewer may have read the other one."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{twice[:40]!a} stands there twice")
    return fields


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is shown of a plan and isn't what stands in it: a plan that is forged, or edited by hand."""
    regions = document["regions"]
    for name, region in regions.items():
        if region["error"] is not None and region["changes"]:
            yield f"{shown(name)} could not be asked, and has changes"
        counted = Counter(change["action"] for change in region["changes"])
        if any(region["summary"][action] != counted[action] for action in _PENDING):
            yield f"the summary of {shown(name)} is not of its changes"
    for action in Action:
        if document["summary"][action] != sum(region["summary"][action] for region in regions.values()):
            yield f"the summary has another number to {action} than the regions"
    if document["complete"] and any(region["error"] or region["errors"] for region in regions.values()):
        yield "it is called complete, and has errors"


def _not_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it isn't JSON (line {error.lineno}, column {error.colno})"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _number(text: str) -> int | float:
    """Return a number that can be shown and written again, which an endless one can't."""
    if not math.isfinite(float(text)):
        raise ValueError(f"a number out of bounds: {text[:20]}")
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _validate(document: Mapping[str, Any], name: str) -> None:
    """Hold a document against the schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    problem = best_match(Draft202012Validator(read_schema("plan")).iter_errors(document))
    if problem is not None:
        where = problem.json_path.removeprefix("$").removeprefix(".")
        what = ": ".join(filter(None, (shown(where), shown(problem.message))))
        raise PlanFileError(f"{name}: not a whole plan: {what}")


def shown(text: str, length: int = 200) -> str:
    """Return a text of a plan file as a message can hold it: cut, and in quotes where it can't be printed."""
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text if text.isprintable() else repr(text)


def _region_document(region: RegionPlan) -> dict[str, Any]:
    counts = region.counts
    return {
        "endpoint": region.endpoint,
        "account": region.account,
        "observed": {
            "total": counts.total,
            "managed": counts.managed,
            "unmanaged": counts.unmanaged,
            "superseded": counts.superseded,
            "duplicate": counts.duplicate,
            "orphaned": counts.orphaned,
            "kept": _kept(region),
        },
        "changes": [change_document(change) for change in region.pending],
        "summary": _summary(region.changes),
        "errors": [
            {"key": problem.key, "reason": str(problem.reason), "message": problem.message}
            for problem in region.errors
        ],
        "error": region.error,
    }


def _kept(region: RegionPlan) -> dict[str, int]:
    counts = Counter(region.kept.values())
    return {str(why): counts[why] for why in Kept if counts[why]}


def _summary(changes: Iterable[Change]) -> dict[str, int]:
    counts = Counter(change.action for change in changes)
    return {str(action): counts[action] for action in Action}
