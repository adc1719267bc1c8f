"""Voices by regions at a glance: what each key is in each region, and in all of them, as JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from ddvoices.model import Action, Catalog, Plan, RegionPlan, Standing

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
_AGREEING = (Parity.IN_SYNC, Parity.NOT_WANTED)
# the standings of voices that no key means, in the order in which they are told
OTHERS = (Standing.SUPERSEDED, Standing.DUPLICATE, Standing.ORPHANED, Standing.UNMANAGED)


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
    order = {str(standing): number for number, standing in enumerate(OTHERS)}
    return sorted(
        found, key=lambda other: (order[str(other["standing"])], str(other["name"]), str(other["id"]))
    )
