"""When all faults are over: what a person decides, that it converges, and what the service then holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from machine.catalogs import SOUNDS
from machine.engine import Ran, Wish
from machine.judge import marker_of
from machine.place import KEYS
from machine.run import Json, Script

from ddvoices.errors import RefusedError
from ddvoices.identity import key_hash, make_marker, owner_hash
from ddvoices.model import Action, KeyProblem, Plan, Reason, VoiceSpec

if TYPE_CHECKING:
    from machine.world import World

_ROUNDS = 10


def settle_down(world: World) -> None:
    """Apply until it has converged, prune, and hold the service against the catalog."""
    world.lift_limits()
    for _ in range(_ROUNDS):
        world.time_passes()
        ran = world.run(0, Wish(force=True), Script(), ())
        if ran.report is not None and ran.report.converged:
            break
        assert _decide(world, ran), f"nothing to decide, and not converged: {_why(ran)}"
    else:
        raise AssertionError(f"not converged after {_ROUNDS} rounds: {_why(ran)}")
    for _ in range(2):  # the first may have made what the second deletes
        world.run(0, Wish(prune=True, force=True), Script(), ())
    plan = world.plan(0, prune=True)
    for region in plan.regions:
        assert region.complete
        assert region.pending == ()
        assert region.prunable == frozenset()
    for region in KEYS:
        _holds_what_is_wanted(world, plan, region)
        _holds_nothing_else(world, plan, region)


def _why(ran: Ran) -> object:
    if ran.report is None or ran.work is None:
        return ran.error
    regions = ran.work.whole.regions
    return ran.report.outcomes, [(region.error, region.errors) for region in regions]


# what a person decides


def _decide(world: World, ran: Ran) -> bool:
    """Do what the errors ask for; tell whether there was anything."""
    assert ran.work is not None
    decided = False
    if isinstance(ran.error, RefusedError):
        return _unprotect(world, ran)
    for region in ran.work.whole.regions:
        assert region.error is None, region.error
        for problem in region.errors:
            _decide_key(world, region.region, problem)
            decided = True
    waits = any(map(world.judge.slow, KEYS))  # a voice that nobody waits for is found by the next run
    return _give_samples(world, ran) or decided or waits


def _unprotect(world: World, ran: Ran) -> bool:
    """Let what is protected be replaced after all."""
    assert ran.work is not None
    keys = {c.key for r in ran.work.plan.regions for c in r.pending if c.protected}
    specs = [replace(spec, protect=False) for spec in world.head.state.voices if spec.key in keys]
    world.head.put(*specs)
    return bool(specs)


def _give_samples(world: World, ran: Ran) -> bool:
    """Give a sample where a voice is gone that was only pinned."""
    assert ran.report is not None
    keys = {o.key for o in ran.report.outcomes if o.error and "there is no sample" in o.error}
    keys = {key for key in keys if world.head.voices[key or ""].sample is None}
    sample = world.head.sample(SOUNDS[0])
    world.head.put(*(replace(world.head.voices[key or ""], sample=sample) for key in keys))
    return bool(keys)


def _decide_key(world: World, region: str, problem: KeyProblem) -> None:
    spec = world.head.voices[problem.key]
    match problem.reason:
        case Reason.PIN_NOT_FOUND | Reason.FOREIGN:
            _unpin(world, spec, region)
        case Reason.AMBIGUOUS if region in spec.ids:
            _unpin(world, spec, region)
        case Reason.AMBIGUOUS:
            named = [v["id"] for v in world.voices(region) if v["id"] in problem.message]
            world.head.put(replace(spec, ids={**spec.ids, region: named[0]}))
        case Reason.OPEN_INTENT:
            _answer_open_create(world, region, spec)
        case _:
            raise AssertionError(problem)


def _unpin(world: World, spec: VoiceSpec, region: str) -> None:
    ids = {name: pin for name, pin in spec.ids.items() if name != region}
    sample = spec.sample or world.head.sample(SOUNDS[0])
    assert region in spec.ids, spec
    world.head.put(replace(spec, ids=ids, sample=sample))


def _answer_open_create(world: World, region: str, spec: VoiceSpec) -> None:
    """Pin the voice that the lost create has made; where it has made none, send it again."""
    keys = {key_hash(key) for key in (spec.key, *spec.moved_from)}
    content = spec.sample and make_marker(spec, owner=world.head.state.owner).fingerprint
    taken = {
        c.id for r in world.plan(0).regions if r.region == region for c in r.changes if c.key != spec.key
    }
    lost = [
        voice["id"]
        for voice in world.judge.ours(region)
        if voice["id"] in world.judge.unanswered - taken
        if marker_of(voice).key in keys or marker_of(voice).fingerprint == content
    ]
    if lost and spec.ids.get(region) != lost[-1]:
        world.head.put(replace(spec, ids={**spec.ids, region: lost[-1]}))
    else:
        wish = Wish(force=True, resend=True, targets=(spec.key,), regions=(region,))
        ran = world.run(0, wish, Script(), ())
        if isinstance(ran.error, RefusedError):
            _unprotect(world, ran)


# what the service holds then


def _holds_what_is_wanted(world: World, plan: Plan, region: str) -> None:
    """Each key has a voice of its own, which is what the catalog says."""
    planned = next(found for found in plan.regions if found.region == region)
    stored = {voice["id"]: voice for voice in world.voices(region)}
    means = {change.key: str(change.id) for change in planned.changes if change.action is Action.NOOP}
    specs = {spec.key: spec for spec in world.checkouts[0].catalog.wanted_in(region)}
    assert means.keys() == specs.keys()
    assert len(set(means.values())) == len(means)
    for key, voice_id in means.items():
        refused = world.checkouts[0].reported(voice_id, region) if world.judge.has_raced else set()
        _is_as_wanted(specs[key or ""], stored[voice_id], but=refused)
        # a voice that another machine was making at the time may be found for a lost create of ours
        adopted = voice_id in world.strangers or world.checkouts[0].found(voice_id, region)
        if not adopted and voice_id not in world.judge.forgotten(world.checkouts[0]):
            _sounds_as_wanted(specs[key or ""], stored[voice_id])


def _is_as_wanted(spec: VoiceSpec, voice: Json, *, but: set[str]) -> None:
    """What a PUT sets is as wanted.

    In a race two machines may have meant one voice by two keys; what the other has set is then remembered as
    what the service keeps.
    """
    wanted = {"name": spec.name, "locale": spec.locale, "gender": str(spec.gender)}
    for path in wanted.keys() - but:
        assert voice[path] == wanted[path]


def _sounds_as_wanted(spec: VoiceSpec, voice: Json) -> None:
    """A voice that we have made has the content of today; one that was adopted is taken for it."""
    if spec.sample is None:
        return
    assert voice["sha256"] == spec.sample.sha256
    assert (voice["age"], voice["publish"]) == (spec.age, spec.publish)
    assert voice["speaking_style"] == spec.speaking_style
    assert spec.text is None or voice["text"] == spec.text
    assert spec.title is None or voice["title"] == spec.title


def _holds_nothing_else(world: World, plan: Plan, region: str) -> None:
    """What no key means is gone, but for what must stay."""
    planned = next(found for found in plan.regions if found.region == region)
    meant = {change.id for change in planned.changes}
    for voice in world.judge.ours(region):
        if voice["id"] not in meant:
            assert _must_stay(world, region, voice), f"left over: {voice}"


def _is_evident(world: World, region: str, voice: Json) -> bool:
    """Tell whether the listing shows what a create has made: neither hidden nor among namesakes."""
    hidden = voice["publish"] and world.settings(region)["published_hidden"]
    return not hidden and not world.judge.is_hard_to_find(region, voice)


def _must_stay(world: World, region: str, voice: Json) -> bool:
    """Tell whether a prune has to leave a voice."""
    checkout = world.checkouts[0]
    catalog = checkout.catalog
    keys = checkout.keys_of(voice["id"], region)
    protected = checkout.protected()
    if keys & protected or marker_of(voice).key in {key_hash(key) for key in protected}:
        return True
    if voice["id"] in world.judge.forgotten(checkout) or checkout.found(voice["id"], region):
        return True  # nobody knows whose it is; or it may be a stranger's, for all that is known
    if voice["speaker_id"] in checkout.left_open(region) and not _is_evident(world, region, voice):
        return True  # it was never answered, and no key asks any more
    if world.settings(region)["echo_speaker_id"] == "own" and not world.judge.is_of(voice, checkout):
        # the run that made it may never have seen its speakerId, and has kept that in its journal
        return "speaker_id" not in checkout.reported(voice["id"], region)
    former = marker_of(voice).owner != owner_hash(catalog.owner)
    return former and marker_of(voice).key not in {key_hash(spec.key) for spec in catalog.wanted_in(region)}
