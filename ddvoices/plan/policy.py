"""What a plan may not do without being forced, counted before the first write anywhere."""

from __future__ import annotations

from collections.abc import Iterable

from ddvoices.model import Action, Policy, Refusal, RegionPlan

SMALL_REGION = 10
SMALL_REGION_LIMIT = 3


def refusals(regions: Iterable[RegionPlan], policy: Policy) -> tuple[Refusal, ...]:
    """Return what forbids the regions' changes: protected voices, and too many of them."""
    limits = {Action.DELETE: policy.max_delete_percent, Action.REPLACE: policy.max_replace_percent}
    found: list[Refusal] = []
    for region in regions:
        found.extend(_protected(region))
        for action, percent in limits.items():
            found.extend(_too_many(region, action, percent))
    return tuple(found)


def allowed(ours: int, percent: int) -> int:
    """Return how many of ``ours`` voices may be deleted, or replaced, in one run; 0 % means none."""
    if percent >= 100:
        return ours
    if percent <= 0:
        return 0
    return ours * percent // 100 if ours >= SMALL_REGION else SMALL_REGION_LIMIT


def _protected(region: RegionPlan) -> list[Refusal]:
    """Refuse what would replace or delete a protected voice."""
    return [
        Refusal(
            region=region.region,
            message=f"{change.key} is protected, and the plan would {change.action} it: "
            "undo the change, or remove `protect` in the catalog",
            forceable=False,
        )
        for change in region.pending
        if change.protected and change.action in (Action.REPLACE, Action.DELETE)
    ]


def _too_many(region: RegionPlan, action: Action, percent: int) -> list[Refusal]:
    """Refuse more changes of one kind than the policy allows."""
    count = sum(change.action is action for change in region.pending)
    limit = allowed(region.counts.ours, percent)
    if count <= limit:
        return []
    message = (
        f"{count} of {region.counts.ours} voices would be {action}d, and the policy allows {limit}: "
        f"use --force, or raise policy.max_{action}_percent ({percent})"
    )
    return [Refusal(region=region.region, message=message, forceable=True)]
