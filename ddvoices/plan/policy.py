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


def allowed(live: int, percent: int) -> int:
    """Return how many of ``live`` voices may be deleted, or replaced, in one run; 0 % means none."""
    if percent >= 100:
        return live
    if percent <= 0:
        return 0
    return live * percent // 100 if live >= SMALL_REGION else SMALL_REGION_LIMIT


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
    # former voices must not make room for more replaces: an account that is never pruned has many
    live = region.counts.ours if action is Action.DELETE else region.counts.managed
    limit = allowed(live, percent)
    if count <= limit:
        return []
    message = (
        f"{count} of {live} voices would be {action}d, and the policy allows {limit}: "
        f"use --force, or raise policy.max_{action}_percent ({percent})"
    )
    return [Refusal(region=region.region, message=message, forceable=True)]
