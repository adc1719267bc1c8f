"""Voices by regions at a glance: the cells of a matrix, for text and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from rich.table import Table
from rich.text import Text

from ddvoices.model import Action, Catalog, Plan, RegionPlan, Standing
from ddvoices.report.terminal import printable
from ddvoices.report.words import KEPT, import_words


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
    Cell.NOT_WANTED: ("-", "dim"),
}
_WIDEST = max(len(word) for word, _ in _SHOWN.values())
_OTHERS = (Standing.SUPERSEDED, Standing.DUPLICATE, Standing.ORPHANED, Standing.UNMANAGED)


def status_document(catalog: Catalog, plan: Plan) -> dict[str, Any]:
    """Return the matrix as JSON values: what each key is in each region, and the voices of no key."""
    cells = {region.region: _cells(catalog, region) for region in plan.regions}
    return {
        "format_version": "1.0",
        "voices": {
            spec.key: {region: cells[region][spec.key] for region in cells} for spec in catalog.voices
        },
        "regions": {
            region.region: {
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
            for region in plan.regions
        },
    }


def status_table(document: Mapping[str, Any]) -> Table:
    """Return the matrix of voices and regions."""
    regions = list(document["regions"])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("voice", overflow="fold", min_width=12)
    for region in regions:
        table.add_column(region, no_wrap=True, min_width=_WIDEST)
    for key, cells in document["voices"].items():
        words = [_SHOWN[Cell(cells[region]["state"])] for region in regions]
        table.add_row(Text(key), *(Text(word, style=color) for word, color in words))
    return table


def others_table(document: Mapping[str, Any]) -> Table | None:
    """Return the voices that no key means, with why a prune leaves them; None where there are none.

    A column that would be empty is left out, and the region where there is one: the matrix names it.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    others = [
        {**other, "region": name, "stays": KEPT.get(other["kept"], "")}
        for name, region in document["regions"].items()
        for other in region["others"]
    ]
    region = ["region"] if len(document["regions"]) > 1 else []
    columns = [*region, "standing", "id", "key", "name", "stays"]
    for column in (column for column in columns if any(other[column] for other in others)):
        table.add_column(column, no_wrap=column not in ("key", "name"), overflow="fold")
    for other in others:
        table.add_row(*(Text(printable(other[str(column.header)] or "")) for column in table.columns))
    return table if others else None


def import_hint(document: Mapping[str, Any]) -> str | None:
    """Return how the voices become entries where the catalog has none of them yet."""
    regions = document["regions"].items()
    unmanaged = {
        name: sum(other["standing"] == Standing.UNMANAGED for other in region["others"])
        for name, region in regions
    }
    return import_words(unmanaged, {name: region["managed"] for name, region in regions})


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
