"""Which voices become entries, of which regions, and under which keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from importing.taking import read, take_all, write_catalog
from plan.makers import ACCOUNT, locked, region, seen, unmarked, voice

from ddvoices.errors import OutputError
from ddvoices.importing import (
    Obstacle,
    Situation,
    choose_all,
    choose_named,
    choose_target,
    compose,
    survey,
)
from ddvoices.importing.entries import Keys
from ddvoices.lockfile import voice_record
from ddvoices.model import EMPTY_LOCK, LockedVoice, ObservedVoice, Origin

ADA, BOB = voice("ada", name="Ada"), voice("bob", name="Bob")
MINE = {"ada": {"name": "Ada", "gender": "female", "locale": "en-GB", "sample": "samples/a.wav"}}


def there(*ids: str, spec: Any = BOB, **fields: Any) -> tuple[ObservedVoice, ...]:
    return tuple(unmarked(spec, voice_id, **fields) for voice_id in ids)


def pins(root: Path, **observed: tuple[ObservedVoice, ...]) -> dict[str, Any]:
    """Take all in, and return what each new key pins."""
    composed = take_all(root, {name: region(*found, name=name) for name, found in observed.items()})
    return {entry.key: entry.fields["ids"] for entry in composed.entries}


def test_a_voice_that_is_alone_in_each_region_gets_one_entry(tmp_path: Path) -> None:
    lower = there("2", gender="female", locale="en_gb", speaking_style="NEUTRAL", name=" Bob ")
    assert pins(write_catalog(tmp_path, {}), us=there("1"), eu=lower) == {"bob": {"eu": "2", "us": "1"}}
    [spec] = read(tmp_path / "voices").voices
    assert (spec.key, spec.regions) == ("bob", ("eu", "us"))


@pytest.mark.parametrize(
    "other",
    [{"locale": "en-US"}, {"gender": "MALE"}, {"speaking_style": "Reading"}, {"name": "bob"}],
    ids=lambda fields: next(iter(fields)),
)
def test_voices_that_differ_are_two(tmp_path: Path, other: dict[str, str]) -> None:
    found = pins(write_catalog(tmp_path, {}), us=there("1"), eu=there("2", **other))
    assert found == {"bob": {"eu": "2"}, "bob-2": {"us": "1"}}


def test_where_it_can_not_be_told_which_is_which_each_gets_its_own(tmp_path: Path) -> None:
    young = there("1", created_at="2026-03-01T00:00:00Z")
    found = pins(write_catalog(tmp_path, {}), us=(*young, *there("2")), eu=there("3"))
    assert found == {"bob": {"eu": "3"}, "bob-2": {"us": "2"}, "bob-3": {"us": "1"}}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Zoë Åström", "zoe-astrom"),
        ("Ada (narrator) №1", "ada-narrator-no1"),
        ("  -- v1.2_b --", "v1.2_b"),
        ("STRASSE straße ﬁ", "strasse-strasse-fi"),
        ("王", "voice-5d3dc622"),
        ("...", "voice-5d3dc622"),
        ("x" * 150, "x" * 40),
        ("A very long name of a voice, which goes on and on", "a-very-long-name-of-a-voice-which-goes"),
        ("A name with a word of" + "x" * 40, "a-name-with-a-word-of" + "x" * 19),
        ("1984", "1984"),
    ],
)
def test_the_key_is_the_name_as_keys_are_written(tmp_path: Path, name: str, key: str) -> None:
    assert list(pins(write_catalog(tmp_path, {}), us=there("5D3DC622-7a7e", name=name))) == [key]


def test_the_keys_of_many_voices_of_one_name_are_found_without_trying_all_of_them_again() -> None:
    """Counted in tries: a name that is taken often is no reason to begin at the first again."""
    taken = Tried()
    keys = Keys(taken, set())
    assert [keys.take("Bob", "id") for _ in range(200)][-1] == "bob-200"
    assert taken.tries < 500


class Tried(set[str]):
    """Names, and how often it was asked for one."""

    tries = 0

    def __contains__(self, name: object) -> bool:
        self.tries += 1
        return super().__contains__(name)


def test_a_key_that_means_something_already_is_not_taken(tmp_path: Path) -> None:
    """Keys of the catalog, former or protected ones, those of marked voices, the lock, lost creates."""
    mine = {**MINE, "x": {**MINE["ada"], "name": "Other", "moved_from": ["eve"]}}
    names = ["Ada", "Eve", "Zoe", "Lou", "Sue", "Pat", "x" * 40, f"{'x' * 41}"]
    strangers = tuple(unmarked(BOB, f"id-{n}", name=name) for n, name in enumerate(names))
    known = LockedVoice(id="gone", origin=Origin.ADOPTED)
    lock = replace(locked([voice_record("us", ACCOUNT, "lou", known)]), protected=frozenset({"pat"}))
    orphan = seen(voice("zoe"), "marked")
    observed = {"us": region(seen(ADA), orphan, *strangers)}
    composed = take_all(write_catalog(tmp_path, mine), observed, lock=lock, sent=frozenset({"sue"}))
    found = {entry.key for entry in composed.entries}
    assert found == {"ada-2", "eve-2", "zoe-2", "lou-2", "sue-2", "pat-2", "x" * 40, "x" * 40 + "-2"}


def test_a_voice_that_only_has_a_title_asks_for_a_name(tmp_path: Path) -> None:
    """An empty name would be updated; one that isn't listed at all can't be compared."""
    strangers = there("1;a", "-r", name="", title="Zoe's") + there("2", name=None, title="Lou")
    composed = take_all(write_catalog(tmp_path, {}), {"us": region(*strangers)})
    assert [entry.key for entry in composed.entries] == ["lou"]
    assert [str(left_out).partition("voices update ")[2] for left_out in composed.unwritable] == [
        """-r us --name 'Zoe'"'"'s' -- -r`""",
        """'1;a' -r us --name 'Zoe'"'"'s'`""",
    ]


def test_what_stands_against_a_voice(tmp_path: Path) -> None:
    pinned = {"name": "Pia", "gender": "female", "regions": ["us"], "ids": {"us": "pinned"}}
    root = write_catalog(tmp_path, {**MINE, "pia": pinned}, regions=["us"])
    twins = there("twin-1", "twin-2", spec=ADA)
    observed = {
        "us": region(
            *twins,
            unmarked(BOB, "pinned"),
            unmarked(BOB, "left"),
            seen(voice("orphan"), "orphan"),
            seen(voice("theirs"), "theirs", owner="somebody-else"),
            unmarked(BOB, "made"),
            unmarked(BOB, "former"),
            unmarked(BOB, "free"),
        )
    }
    known = {
        "left": ("bob", Origin.ADOPTED),
        "made": ("sue", Origin.CREATED),
        "former": ("pia", Origin.ADOPTED),
    }
    lock = locked(
        voice_record("us", ACCOUNT, key, LockedVoice(id=voice_id, origin=origin))
        for voice_id, (key, origin) in [*known.items(), ("pinned", ("pia", Origin.ADOPTED))]
    )
    everything = survey(read(root), observed, lock)
    assert {one.voice.id: one.obstacle for one in everything} == {
        "twin-1": Obstacle.LOOKALIKE,
        "twin-2": Obstacle.LOOKALIKE,
        "pinned": Obstacle.OURS,
        "left": Obstacle.LEFT,
        "orphan": Obstacle.OURS,
        "theirs": Obstacle.FOREIGN,
        "made": Obstacle.OURS,
        "former": Obstacle.OURS,
        "free": None,
    }
    choice = choose_all(everything)
    assert [one.voice.id for one in choice.chosen] == ["free"]
    assert len(choice.left_out) == 4  # the twins, the one that left, and one line for those of others
    named = choose_named(everything, ["left", "free", "left", "theirs", "none"], observed)
    assert [one.voice.id for one in named.chosen] == ["left", "free"]
    assert len(named.problems) == 2


@pytest.mark.parametrize(("sent", "key"), [((), "reader"), (("reader",), "bob")])
def test_what_comes_back_gets_the_key_that_it_had_if_that_is_free(
    tmp_path: Path, sent: tuple[str, ...], key: str
) -> None:
    root = write_catalog(tmp_path, MINE)
    observed = {"us": region(unmarked(BOB, "left"))}
    lock = locked([voice_record("us", ACCOUNT, "reader", LockedVoice(id="left", origin=Origin.ADOPTED))])
    catalog, target = read(root), choose_target(root, None)
    everything = survey(catalog, observed, lock)
    situation = Situation(
        catalog=catalog, observed=observed, lock=lock, everything=everything, reserved=frozenset(sent)
    )
    chosen = choose_named(everything, ["left"], observed).chosen
    composed = compose(chosen, situation, text_with=target.text_with, load=target.load_with)
    assert [entry.key for entry in composed.entries] == [key]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace("Ada", "Eve"), "would not mean what it means now"),
        (lambda _: "voices: {}", "would not mean what it means now"),
        (lambda text: f"{text}\n    age: [", "nothing can be appended"),
        (
            lambda text: text.replace("{us: free}", "{us: gone}"),
            "can't be adopted: the pinned voice gone",
        ),
        (
            lambda text: text.replace("name: Bob", "name: Bobby"),
            "has the name 'Bob', and the",
        ),
    ],
)
def test_a_text_that_means_anything_else_is_not_written(tmp_path: Path, spoil: Any, said: str) -> None:
    """Nothing is known to write one: this is the proof that would find it."""
    root = write_catalog(tmp_path, {})
    (root / "mine.yaml").write_text('voices:\n  ada: {name: Ada, gender: female, ids: {us: "1"}}\n')
    catalog, target, observed = read(root), choose_target(root, "mine.yaml"), {"us": region(*there("free"))}
    everything = survey(catalog, observed, EMPTY_LOCK)
    situation = Situation(catalog=catalog, observed=observed, lock=EMPTY_LOCK, everything=everything)
    try:
        composed = compose(
            everything,
            situation,
            text_with=lambda entries: spoil(target.text_with(entries)),
            load=target.load_with,
        )
        problem = "; ".join(map(str, composed.unwritable))
        assert composed.entries == ()
    except OutputError as error:
        problem = str(error)
    assert said in problem
