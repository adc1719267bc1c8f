"""A reviewed plan against a plan made now: run what stands in both, and say what became of the rest."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ddvoices.errors import PlanStaleError
from ddvoices.model import Action, Change, Plan, RegionPlan, Result
from ddvoices.plan.describe import describe
from ddvoices.plan.document import change_document, shown
from ddvoices.plan.stale import why_stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of an item of the reviewed plan that is not run: true already, stale, or out of reach."""

    region: str
    key: str | None
    action: Action
    id: str | None
    result: Result
    error: str | None = None


def select(document: Mapping[str, Any], plan: Plan) -> tuple[Plan, tuple[Verdict, ...]]:
    """Return ``plan`` cut down to what stands unchanged in ``document``, and a verdict on each other item.

    Raises:
        PlanStaleError: the document was made for another owner, endpoint or account.
    """
    check_catalog(document, owner=plan.owner, regions=[region.region for region in plan.regions])
    for region in plan.regions:
        if region.region in document["regions"]:
            _check_region(region.region, document["regions"][region.region], region)
    regions, verdicts = [], []
    for region in plan.regions:
        items = document["regions"].get(region.region, {}).get("changes", [])
        chosen, said = _select_region(items, region)
        regions.append(replace(region, changes=chosen))
        verdicts.extend(said)
    return replace(plan, regions=tuple(regions)), tuple(verdicts)


def check_catalog(document: Mapping[str, Any], *, owner: str, regions: Container[str]) -> None:
    """Refuse a plan of another catalog; the service needn't be asked for that.

    Raises:
        PlanStaleError: it is of another owner, or of a region that isn't among ``regions``.
    """
    then = document["catalog"]["owner"]
    if then != owner:
        raise PlanStaleError(f"the plan is of owner {shown(then)}, the catalog of {owner}: plan again")
    for name in document["regions"]:
        if name not in regions:
            raise PlanStaleError(
                f"the plan is of region {shown(name)}, which the catalog doesn't have: plan again"
            )


def _check_region(name: str, then: Mapping[str, Any], now: RegionPlan) -> None:
    if then["endpoint"] != now.endpoint:
        raise PlanStaleError(
            f"the plan of {name} is of {shown(then['endpoint'])}, today's is {now.endpoint}: plan again"
        )
    # a region without a key was planned without an account, and without changes
    named = then["account"] or then["changes"]
    if now.account and named and then["account"] != now.account:
        raise PlanStaleError(f"the plan of {name} was made with another key: plan again")


def _select_region(
    items: list[Mapping[str, Any]], region: RegionPlan
) -> tuple[tuple[Change, ...], list[Verdict]]:
    """Return the changes of ``region`` that are among ``items``, and what is said of the other items."""
    todo = {_identity(change_document(change)): change for change in region.pending}
    chosen: list[Change] = []
    verdicts: list[Verdict] = []
    for identity, item in {_identity(item): item for item in items}.items():  # an item twice is one item
        change = todo.get(identity)
        if change is not None:
            chosen.append(change)
        else:
            verdicts.append(_verdict(item, region))
    return tuple(chosen), verdicts


def _identity(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what must be the same for an item to be the one that was reviewed."""
    fields = tuple((field["path"], repr(field["before"]), repr(field["after"])) for field in item["fields"])
    sample = item.get("sample")
    return item["action"], item["key"], item["id"], fields, sample and sample["sha256"]


def _verdict(item: Mapping[str, Any], region: RegionPlan) -> Verdict:
    action = Action(item["action"])
    if region.error is not None:
        return Verdict(
            region=region.region,
            key=item["key"],
            action=action,
            id=item["id"],
            result=Result.SKIPPED,
            error=region.error,
        )
    true = _is_true(item, action, region)
    return Verdict(
        region=region.region,
        key=item["key"],
        action=action,
        id=_now(item, region),
        result=Result.ALREADY if true else Result.STALE,
        error=None if true else f"{why_stale(item, region, _of_key(item['key'], region))}: plan again",
    )


def _is_true(item: Mapping[str, Any], action: Action, region: RegionPlan) -> bool:
    """Tell whether what an item wanted is so already."""
    if action is Action.DELETE:
        return item["id"] not in region.standings
    mine = _of_key(item["key"], region)
    planned = {change.action for change in mine}
    if not mine or planned & _UPLOADING:
        return False
    if action is Action.ADOPT and (Action.ADOPT in planned or mine[0].id != item["id"]):
        return False
    wanted = describe(mine[0].spec) if mine[0].spec is not None else {}
    still = {f.path for change in mine if change.action is Action.UPDATE for f in change.fields}
    return all(
        field["path"] not in still and wanted.get(field["path"]) == field["after"] for field in item["fields"]
    )


def _now(item: Mapping[str, Any], region: RegionPlan) -> str | None:
    """Return the id of the voice that an item's key means now."""
    return next((change.id for change in _of_key(item["key"], region)), None) or item["id"]


def _of_key(key: str | None, region: RegionPlan) -> list[Change]:
    """Return what is planned for the voice that a key means; deletes are of voices that it doesn't mean."""
    return [change for change in region.changes if change.key == key and change.action is not Action.DELETE]


_UPLOADING = frozenset({Action.CREATE, Action.REPLACE})
