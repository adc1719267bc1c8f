"""Voices, listings and catalogs for the tests of the pure half; one way to plan that checks every plan."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ddvoices.identity import make_marker
from ddvoices.lockfile import fold
from ddvoices.lockfile.records import Record
from ddvoices.model import (
    EMPTY_LOCK,
    Action,
    Catalog,
    Change,
    Gender,
    Lock,
    ObservedRegion,
    ObservedVoice,
    Plan,
    PlanOptions,
    Policy,
    RegionPlan,
    RegionSettings,
    Sample,
    Standing,
    VoiceSpec,
)
from ddvoices.plan import make_plan, plan_document, read_document, select
from ddvoices.resources import read_schema

OWNER = "acme-studio-7f3k"
ENDPOINT = "https://us.example/api/v1"
ACCOUNT = "0a1b2c"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sample(sound: str = "a", *, tags: str = "") -> Sample:
    """A recording; ``tags`` change the file and not what is heard."""
    path = f"samples/{sound}.wav"
    return Sample(
        path=path,
        file=f"/catalog/{path}",
        sha256=sha(sound + tags),
        sound=sha(sound),
        size=1000 + len(tags),
        seconds=3.25,
        format="wav",
    )


def voice(key: str = "ada", **fields: Any) -> VoiceSpec:
    """A wanted voice; ``sound`` is short for a sample."""
    sound = fields.pop("sound", "a")
    defaults: dict[str, Any] = {
        "name": f"{key} the voice",
        "gender": Gender.FEMALE,
        "locale": "en-GB",
        "speaking_style": "Neutral",
        "publish": False,
        "sample": sample(sound) if sound is not None else None,
    }
    return VoiceSpec(key=key, **{**defaults, **fields})


def catalog(*voices: VoiceSpec, **fields: Any) -> Catalog:
    settings = {"us": RegionSettings(), "eu": RegionSettings()}
    return Catalog(
        **{"root": Path("/catalog"), "owner": OWNER, "regions": settings, "voices": voices, **fields}
    )


def seen(spec: VoiceSpec, voice_id: str | None = None, *, owner: str = OWNER, **fields: Any) -> ObservedVoice:
    """``spec`` as a service that echoes markers lists it."""
    marker = str(make_marker(spec, owner=owner)) if spec.sample is not None else None
    defaults: dict[str, Any] = {
        "name": spec.name,
        "title": spec.title or spec.name,
        "locale": spec.locale,
        "gender": spec.gender.upper(),
        "speaking_style": spec.speaking_style,
        "text": spec.text or "",
        "created_at": "2026-01-01T00:00:00Z",
        "speaker_id": marker,
    }
    return ObservedVoice(id=voice_id or f"id-{spec.key}", **{**defaults, **fields})


def unmarked(spec: VoiceSpec, voice_id: str | None = None, **fields: Any) -> ObservedVoice:
    """``spec`` as a service that doesn't echo markers lists it."""
    return seen(spec, voice_id, **{"speaker_id": "", **fields})


def region(*voices: ObservedVoice, name: str = "us", **fields: Any) -> ObservedRegion:
    return ObservedRegion(
        **{"region": name, "endpoint": ENDPOINT, "account": ACCOUNT, "voices": voices, **fields}
    )


def locked(records: Iterable[Record], lock: Lock = EMPTY_LOCK, *, owner: str = OWNER) -> Lock:
    return fold(lock, records, owner=owner)


def plan_us(
    desired: Catalog | VoiceSpec | Iterable[VoiceSpec],
    voices: Iterable[ObservedVoice] = (),
    lock: Lock = EMPTY_LOCK,
    **options: Any,
) -> RegionPlan:
    """Plan the region ``us`` alone, checked as `checked_plan` does, and return its plan."""
    if isinstance(desired, VoiceSpec):
        desired = catalog(desired)
    elif not isinstance(desired, Catalog):
        desired = catalog(*desired)
    return checked_plan(desired, {"us": region(*voices)}, lock, **options).regions[0]


def checked_plan(
    desired: Catalog, observed: Mapping[str, ObservedRegion], lock: Lock = EMPTY_LOCK, **options: Any
) -> Plan:
    """Make a plan and hold it against everything that is true of every plan."""
    plan = make_plan(desired, observed, lock, PlanOptions(**options))
    _check_document(plan)
    _check_order(plan, desired, observed, lock, PlanOptions(**options))
    for region_plan in plan.regions:
        _check_region(region_plan, observed[region_plan.region], desired, PlanOptions(**options))
    return plan


def words(plan: RegionPlan) -> list[tuple[str, str | None, str]]:
    """Say a plan shortly: (action, key, reason) of all that is pending."""
    return [(str(c.action), c.key, str(c.reason)) for c in plan.pending]


def actions(plan: RegionPlan) -> list[str]:
    """Return the actions, no-ops included."""
    return [str(change.action) for change in plan.changes]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(read_schema("plan"))


def _check_document(plan: Plan) -> None:
    document = plan_document(plan)
    _validator().validate(document)
    again = read_document(json.dumps(document), name="plan.json")
    assert again == document
    chosen, verdicts = select(again, plan)
    assert verdicts == ()
    assert [r.changes for r in chosen.regions] == [r.pending for r in plan.regions]
    sums = Counter[str]()
    for part in document["regions"].values():
        assert part["summary"]["create"] == sum(c["action"] == "create" for c in part["changes"])
        sums.update(part["summary"])
    assert document["summary"] == {str(action): sums[action] for action in Action}


def _check_order(
    plan: Plan,
    desired: Catalog,
    observed: Mapping[str, ObservedRegion],
    lock: Lock,
    options: PlanOptions,
) -> None:
    """The order of voices, specs, regions and lock entries decides nothing."""
    shuffle = random.Random(len(desired.voices))  # noqa: S311 - an order, not a secret
    for _ in range(2):
        other = make_plan(
            replace(desired, voices=_shuffled(desired.voices, shuffle)),
            {
                name: replace(observed[name], voices=_shuffled(observed[name].voices, shuffle))
                for name in _shuffled(observed, shuffle)
            },
            _shuffled_lock(lock, shuffle),
            options,
        )
        assert other == plan


def _shuffled(values: Iterable[Any], shuffle: random.Random) -> tuple[Any, ...]:
    found = list(values)
    shuffle.shuffle(found)
    return tuple(found)


def _shuffled_lock(lock: Lock, shuffle: random.Random) -> Lock:
    regions = {
        name: {
            account: {key: entries[key] for key in _shuffled(entries, shuffle)}
            for account in _shuffled(accounts, shuffle)
            for entries in [accounts[account]]
        }
        for name, accounts in lock.regions.items()
    }
    return replace(lock, regions=regions)


def _check_region(plan: RegionPlan, observed: ObservedRegion, desired: Catalog, options: PlanOptions) -> None:
    counts, there = plan.counts, {voice.id for voice in observed.voices}
    if plan.error is not None:
        assert plan.changes == ()
        return
    assert counts.total == len(there) == len(plan.standings)
    assert counts.total == sum(
        (counts.managed, counts.unmanaged, counts.superseded, counts.duplicate, counts.orphaned)
    )
    left_over = {
        i for i, (of, _) in plan.standings.items() if of not in (Standing.MANAGED, Standing.UNMANAGED)
    }
    assert plan.kept.keys() | plan.prunable == left_over
    assert not plan.kept.keys() & plan.prunable
    _check_changes(plan, {spec.key: spec for spec in desired.wanted_in(plan.region)}, options)
    if options.prune and not plan.errors and not options.targets and not options.labels:
        assert {c.id for c in plan.changes if c.action is Action.DELETE} == plan.prunable


def _check_changes(plan: RegionPlan, specs: Mapping[str, VoiceSpec], options: PlanOptions) -> None:
    means: dict[str, str] = {}
    for change in plan.changes:
        standing = plan.standings[change.id][0] if change.id is not None else None
        assert standing is not Standing.UNMANAGED
        if change.action is Action.DELETE:
            assert options.prune
            assert not plan.errors
            assert standing is not Standing.MANAGED
            assert change.id in plan.prunable
            assert not (change.key in specs and specs[change.key].protect)
        elif change.id is not None:
            assert change.key is not None
            assert standing is Standing.MANAGED
            assert means.setdefault(change.id, change.key) == change.key
        if change.action is Action.REPLACE:
            assert change.protected == specs[change.key or ""].protect
    _check_keys(plan, specs, options)


def _check_keys(plan: RegionPlan, specs: Mapping[str, VoiceSpec], options: PlanOptions) -> None:
    """Every key is planned once, or has a problem: adopt and update are the only pair."""
    by_key: dict[str, list[Change]] = {}
    for change in plan.changes:
        if change.action is not Action.DELETE:
            by_key.setdefault(change.key or "", []).append(change)
    problems = {problem.key for problem in plan.errors}
    if not options.targets and not options.labels:
        assert by_key.keys() | problems == specs.keys()
    assert not by_key.keys() & problems
    for changes in by_key.values():
        found = [change.action for change in changes]
        assert len(found) == 1 or found == [Action.ADOPT, Action.UPDATE]


__all__ = [
    "ACCOUNT",
    "ENDPOINT",
    "OWNER",
    "Policy",
    "actions",
    "catalog",
    "checked_plan",
    "locked",
    "plan_us",
    "region",
    "sample",
    "seen",
    "sha",
    "unmarked",
    "voice",
    "words",
]
