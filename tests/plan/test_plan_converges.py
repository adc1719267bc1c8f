"""Apply, then plan: no changes. Whatever people, other machines and the service do in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from plan.little_service import LittleService, Machine, Variant
from plan.makers import OWNER, catalog, sample

from ddvoices.model import EMPTY_LOCK, Action, Catalog, Gender, Plan, Reason, VoiceSpec

KEYS = ("ada", "bert", "cleo")
SOUNDS = ("a", "b", "c")
key_names = st.sampled_from(KEYS)
choice = st.integers(0, 99)

VARIANTS = st.builds(
    Variant,
    echo=st.sampled_from(["yes", "yes", "no", "own"]),
    upper_gender=st.booleans(),
    unset=st.sampled_from(["", None]),
    name_from_title=st.booleans(),
    hides_published=st.booleans(),
    keeps_name=st.booleans(),
)
CHANGES = st.sampled_from(
    [
        ("name", "Some name"),
        ("locale", "fr-FR"),
        ("gender", Gender.MALE),
        ("age", 40),
        ("publish", True),
        ("speaking_style", "Calm"),
        ("text", "Hello"),
        ("title", "A title"),
        ("protect", True),
        ("labels", {"show": "moby-dick"}),
    ]
)


def new_voice(key: str, sound: str) -> VoiceSpec:
    return VoiceSpec(
        key=key,
        name=f"Voice {key}",
        gender=Gender.FEMALE,
        locale="en-GB",
        speaking_style="Neutral",
        publish=False,
        sample=sample(sound),
    )


class Account(RuleBasedStateMachine):
    """One account, one catalog with its history, and everybody who may touch either.

    ``forgotten``: the lock was lost where it was the only evidence, so errors and second copies are fair.
    """

    @initialize(variant=VARIANTS)
    def open_account(self, variant: Variant) -> None:
        self.service = LittleService(variant=variant)
        self.machine = Machine(service=self.service)
        self.owner, self.former = OWNER, ()
        self.voices: dict[str, VoiceSpec] = {}
        self.history: list[dict[str, VoiceSpec]] = []
        self.forgotten = False
        self.strangers: set[str] = set()

    @property
    def wanted(self) -> Catalog:
        return catalog(*self.voices.values(), owner=self.owner, former_owners=self.former)

    # people edit the catalog

    @rule(key=key_names, sound=st.sampled_from(SOUNDS))
    def add(self, key: str, sound: str) -> None:
        if key not in self.voices:
            self._forget_former(key)
            self._set({**self.voices, key: new_voice(key, sound)})

    @precondition(lambda self: self.voices)
    @rule(number=choice)
    def remove(self, number: int) -> None:
        gone = self._any_key(number)
        self._set({key: spec for key, spec in self.voices.items() if key != gone})

    @precondition(lambda self: self.voices)
    @rule(number=choice, changes=st.lists(CHANGES, min_size=1, max_size=3, unique_by=lambda c: c[0]))
    def change(self, number: int, changes: list[tuple[str, Any]]) -> None:
        """Set some fields, or set them back to what a new voice has."""
        key = self._any_key(number)
        spec = self.voices[key]
        for path, value in changes:
            back = getattr(new_voice(key, "a"), path)
            spec = replace(spec, **{path: back if getattr(spec, path) == value else value})
        self._set({**self.voices, key: spec})

    @precondition(lambda self: self.voices)
    @rule(number=choice, sound=st.sampled_from(SOUNDS), name=st.none() | st.just("New name"))
    def give_another_sample(self, number: int, sound: str, name: str | None) -> None:
        key = self._any_key(number)
        spec = replace(self.voices[key], sample=sample(sound))
        self._set({**self.voices, key: replace(spec, name=name) if name else spec})

    @precondition(lambda self: self.voices)
    @rule(number=choice, new=key_names, say_so=st.booleans())
    def rename(self, number: int, new: str, say_so: bool) -> None:
        old = self._any_key(number)
        if new not in self.voices:
            self._forget_former(new)
            spec = self.voices[old]
            moved = (*spec.moved_from, old) if say_so else spec.moved_from
            rest = {key: other for key, other in self.voices.items() if key != old}
            self._set({**rest, new: replace(spec, key=new, moved_from=moved)})

    @rule(one=key_names, other=key_names)
    def swap_samples(self, one: str, other: str) -> None:
        if all(key in self.voices and self.voices[key].sample is not None for key in (one, other)):
            a, b = self.voices[one], self.voices[other]
            swapped = {one: replace(a, sample=b.sample), other: replace(b, sample=a.sample)}
            self._set({**self.voices, **swapped})

    @precondition(lambda self: self.history)
    @rule(number=choice)
    def roll_back(self, number: int) -> None:
        self._set(self.history[number % len(self.history)])

    @precondition(lambda self: not self.former)
    @rule()
    def take_another_owner(self) -> None:
        self.owner, self.former = "new-owner-1a2b", (OWNER,)

    @precondition(lambda self: self.service.voices)
    @rule(key=key_names, number=choice, with_sample=st.booleans())
    def pin(self, key: str, number: int, with_sample: bool) -> None:
        """Take a voice that is there into the catalog, as `import` does."""
        voice_id = self._any_voice(number)
        pinned = {v for spec in self.voices.values() for v in spec.ids.values()}
        if key in self.voices or voice_id in pinned:
            return
        self._forget_former(key)
        seen = self.service.look(voice_id)
        spec = replace(new_voice(key, "a"), name=seen.name or "No name", ids={"us": voice_id})
        self._set({**self.voices, key: spec if with_sample else replace(spec, sample=None)})

    # others do what they like

    @rule(key=key_names, publish=st.booleans())
    def a_stranger_makes_a_voice(self, key: str, publish: bool) -> None:
        """Perhaps one that looks like ours."""
        self.strangers.add(
            self.service.post(
                name=f"Voice {key}",
                locale="en-GB",
                gender="female",
                speaking_style="Neutral",
                publish=publish,
            )
        )

    @rule(key=key_names)
    def another_catalog_makes_a_voice(self, key: str) -> None:
        spec = new_voice(key, "a")
        voice_id = self.service.upload(spec, owner="somebody-else")
        self.strangers.add(voice_id)

    @precondition(lambda self: self.service.variant.echo == "yes")
    @rule(key=key_names)
    def another_machine_races(self, key: str) -> None:
        """Another one has planned the same, and its create is carried out too."""
        if key in self.voices and self.voices[key].sample is not None:
            self.service.upload(self.voices[key], owner=self.owner)

    @precondition(lambda self: self.service.voices)
    @rule(number=choice)
    def somebody_deletes_a_voice(self, number: int) -> None:
        voice_id = self._any_voice(number)
        self.service.delete(voice_id)
        self.strangers.discard(voice_id)

    @precondition(lambda self: self.service.voices)
    @rule(number=choice, path=st.sampled_from(["name", "locale", "gender"]))
    def somebody_edits_a_voice(self, number: int, path: str) -> None:
        value = {"name": "Edited", "locale": "de-DE", "gender": "non_binary"}[path]
        self.service.put(self._any_voice(number), {path: value})

    # the machine

    @rule()
    def lose_the_lock(self) -> None:
        variant = self.service.variant
        self.machine.lock = EMPTY_LOCK
        self.forgotten = self.forgotten or variant.echo != "yes" or variant.hides_published

    @rule()
    def rotate_the_key(self) -> None:
        self.machine.account = "rotated" if self.machine.account != "rotated" else "0a1b2c"

    @rule(prune=st.booleans(), done=st.integers(0, 4))
    def apply_and_get_killed(self, prune: bool, done: int) -> None:
        self.machine.apply(self.wanted, prune=prune, stop_after=done)

    @rule(prune=st.booleans())
    def apply(self, prune: bool) -> None:
        before = set(self.service.voices)
        plan = self._apply(prune=prune)
        uploads = self.service.uploads
        if not prune:
            assert before <= set(self.service.voices)
        self._nothing_is_left(plan)
        self.machine.apply(self.wanted)
        assert self.service.uploads == uploads or not plan.complete

    @rule()
    def apply_as_people_mostly_do(self) -> None:
        self.apply(prune=False)

    @rule()
    def apply_as_a_pipeline_does(self) -> None:
        self.apply(prune=False)

    @rule()
    def prune_all(self) -> None:
        """Two prunes leave nothing to prune: the first may have made what the second deletes."""
        complete = [self._apply(prune=True).complete for _ in range(2)]
        plan = self.machine.plan(self.wanted, prune=True)
        if all(complete):
            assert plan.regions[0].pending == ()
            assert plan.regions[0].prunable == frozenset()

    @invariant()
    def no_strangers_voice_is_ever_deleted(self) -> None:
        assert getattr(self, "strangers", set()) <= set(getattr(self, "service", LittleService()).voices)

    # helpers

    def _apply(self, *, prune: bool) -> Plan:
        protected = {key for key, spec in self.voices.items() if spec.protect}
        plan = self.machine.apply(self.wanted, prune=prune)
        for change in plan.regions[0].pending:
            assert not (change.action is Action.DELETE and change.key in protected)
            refused = [r for r in plan.refusals if not r.forceable and (change.key or "") in r.message]
            if change.action is Action.REPLACE and change.key in protected:
                assert refused
        return plan

    def _nothing_is_left(self, plan: Plan) -> None:
        """A key whose error another key's change has lifted may go on; the others are done.

        But for one whose voice it is pinned to and now known to be what it wants, too.
        """
        again = self.machine.plan(self.wanted).regions[0]
        troubled = {problem.key for problem in plan.regions[0].errors}
        claimed = {change.id for change in again.pending if change.key in troubled}
        moved = {change.key for change in plan.regions[0].changes if change.id in claimed}
        assert {change.key for change in again.pending} <= troubled | moved
        assert {problem.key for problem in again.errors} <= troubled
        for problem in again.errors:
            assert problem.reason in (Reason.AMBIGUOUS, Reason.PIN_NOT_FOUND, Reason.FOREIGN)

    def _set(self, voices: dict[str, VoiceSpec]) -> None:
        self.history.append(self.voices)
        self.voices = voices

    def _forget_former(self, key: str) -> None:
        """A key of today is nobody's former key: else the catalog is in error."""
        for name, spec in self.voices.items():
            if key in spec.moved_from:
                moved = tuple(former for former in spec.moved_from if former != key)
                self.voices = {**self.voices, name: replace(spec, moved_from=moved)}

    def _any_key(self, number: int) -> str:
        return sorted(self.voices)[number % len(self.voices)]

    def _any_voice(self, number: int) -> str:
        ids = sorted(self.service.voices)
        return ids[number % len(ids)]


TestAccount = Account.TestCase
TestAccount.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
