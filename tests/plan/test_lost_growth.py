"""Looking for what lost creates have made grows with the creates and the voices, not with their product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from counting import calls_of
from makers import OWNER, catalog, locked, seen, unmarked, voice

from ddvoices.apply.look import Look
from ddvoices.apply.lost import Fate, Search, match_all
from ddvoices.apply.open_creates import Decided
from ddvoices.identity import make_marker
from ddvoices.lockfile import Intent, voice_record
from ddvoices.model import LockedVoice, ObservedVoice, Origin, VoiceSpec
from ddvoices.plan import sent_document

FEW, MANY = 30, 120


def intent_of(spec: VoiceSpec) -> Intent:
    marker = make_marker(spec, owner=OWNER)
    return Intent(
        id=f"intent-{spec.key}",
        region="us",
        account="0a1b2c",
        endpoint="http://localhost",
        key=spec.key,
        marker=str(marker),
        fingerprint=marker.content,
        publish=False,
        sent=sent_document(spec),
    )


def specs(count: int) -> list[VoiceSpec]:
    return [voice(f"v{number}", name=f"Voice {number}", sound=f"s{number}") for number in range(count)]


def made(count: int) -> list[ObservedVoice]:
    return list(map(seen, specs(count)))


def made_without_markers(count: int) -> list[ObservedVoice]:
    return [unmarked(spec, f"id{number}") for number, spec in enumerate(specs(count))]


def not_made(count: int) -> list[ObservedVoice]:
    return [unmarked(voice(f"x{number}", name=f"Other {number}"), f"id{number}") for number in range(count)]


CASES = {made: Fate.MADE, made_without_markers: Fate.FOUND, not_made: None}


def settle(wanted: Sequence[VoiceSpec], voices: Sequence[ObservedVoice]) -> list[Fate | None]:
    """Return the fates after one look, where the lock holds as many voices of other keys."""
    others = [LockedVoice(id=f"other{n}", origin=Origin.CREATED) for n in range(len(wanted))]
    lock = locked([voice_record("us", "0a1b2c", f"other{n}", one) for n, one in enumerate(others)])
    decided = Decided(catalog(*wanted), lock)
    intents = list(map(intent_of, wanted))
    assert [decided.pinned_since(intent) for intent in intents] == [None] * len(intents)
    searches = [Search(intent=intent, is_taken=partial(decided.is_of_another, intent)) for intent in intents]
    found = match_all(Look(voices, OWNER), searches, {})
    return [found[intent.id].fate if intent.id in found else None for intent in intents]


@pytest.mark.parametrize("case", CASES)
def test_the_work_grows_with_the_creates_and_not_with_their_square(case):
    assert settle(specs(FEW), case(FEW)) == [CASES[case]] * FEW
    few, many = (calls_of(partial(settle, specs(count), case(count))) for count in (FEW, MANY))
    assert many < 1.25 * MANY / FEW * few


def test_a_voice_of_another_key_is_not_what_a_create_has_made():
    spec = voice("ada")
    one = seen(spec)
    lock = locked([voice_record("us", "0a1b2c", "bob", LockedVoice(id=one.id, origin=Origin.CREATED))])
    decided, intent = Decided(catalog(spec), lock), intent_of(spec)
    search = Search(intent=intent, is_taken=partial(decided.is_of_another, intent))
    assert match_all(Look([one], OWNER), [search], {}) == {}
    assert match_all(Look([one], OWNER), [Search(intent=intent)], {})[intent.id].voice == one


def test_a_voice_that_one_create_has_made_is_not_taken_for_anothers_in_a_later_look():
    """Where no marker comes back they are known by their names alone, and two may have one."""
    twins = [voice(key, name="One name for both", sound=key) for key in ("ada", "bob")]
    searches = [Search(intent=intent_of(spec)) for spec in twins]
    one, other = unmarked(twins[0], "one"), unmarked(twins[1], "other")
    first = match_all(Look([one], OWNER), searches, {})
    assert {name: settled.voice for name, settled in first.items()} == {"intent-ada": one}
    assert match_all(Look([one], OWNER), searches, first) == first
    both = match_all(Look([one, other], OWNER), searches, first)
    assert {name: settled.voice for name, settled in both.items()} == {"intent-ada": one, "intent-bob": other}
    assert match_all(Look([one], OWNER), searches[1:], {}, taken=["one"]) == {}


@pytest.mark.parametrize(
    ("pin", "holder", "before", "decided"),
    [
        (None, None, (), None),
        ("one", None, (), "one"),
        ("one", "ada", (), "one"),
        ("one", "bob", (), None),  # what is another key's, this one's create has not made
        ("one", None, ("one",), None),
    ],
)
def test_which_pin_says_what_a_lost_create_has_made(pin, holder, before, decided):
    spec = voice("ada", ids={"us": pin} if pin else {})
    known = LockedVoice(id="one", origin=Origin.ADOPTED)
    lock = locked([voice_record("us", "0a1b2c", holder, known)] if holder else [])
    intent = replace(intent_of(spec), before=before)
    assert Decided(catalog(spec), lock).pinned_since(intent) == decided
