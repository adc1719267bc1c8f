"""The rules by which Hypothesis chooses steps; each step that fails is written down as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from machine.catalogs import CHANGES, KEYS, REGIONS, SOUNDS
from machine.place import Place
from machine.run import Json
from machine.story import shrink
from machine.world import World

KEPT = Path(__file__).parent / "regressions"

keys, sounds, regions = st.sampled_from(KEYS), st.sampled_from(SOUNDS), st.sampled_from(["us", "us", "eu"])
numbers, choices = st.integers(0, 7), st.integers(0, len(REGIONS) - 1)
machines = st.sampled_from([0, 0, 0, 1])

SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "echo_speaker_id": st.sampled_from(["no", "own"]),
        "published_hidden": st.just(True),
        "name_on_post": st.just("ignored"),
        "gender_case": st.just("lower"),
        "unset": st.sampled_from(["absent", "null"]),
        "list_order": st.just("oldest"),
        "list_shape": st.just("bare"),
        "list_max_limit": st.just(500),
        "visible_after_ms": st.sampled_from([1_500, 30_000]),
    },
)


_LOST = ("reset", "hang", "html", "cut", "empty", "head")


def _fault(methods: list[str], skips: list[int], **fixed: Any) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "region": regions,
            "method": st.sampled_from(methods),
            "skip": st.sampled_from(skips),
            "count": st.sampled_from([1, 2, 8, 60]),
            **{name: st.just(value) for name, value in fixed.items() if not isinstance(value, list)},
            **{name: st.sampled_from(value) for name, value in fixed.items() if isinstance(value, list)},
        }
    )


def _faults(methods: list[str], skips: list[int], whens: list[str]) -> st.SearchStrategy[list[Json]]:
    """What says that nothing was done, and what doesn't: only the latter comes after the work, too."""
    fault = st.one_of(
        _fault(methods, skips, kind=[*_LOST], when=whens),
        _fault(methods, skips, kind="status", status=[500, 503], when=whens),
        _fault(methods, skips, kind="status", status=[429, 429, 401, 402, 403], retry_after=[None, 1, 3]),
    )
    return st.lists(fault, min_size=1, max_size=2)


FAULTS = _faults(["POST", "*", "GET", "PUT", "DELETE"], [0, 1, 2, 3], ["after", "before"])
# most calls are GETs, and most runs write nothing: without these hardly a write would ever go wrong
LOSSES = _faults(["POST", "POST", "POST", "PUT", "DELETE"], [0, 0, 0, 1, 2], ["after", "after", "before"])
EDITS = st.fixed_dictionaries(
    {
        "key": keys,
        "sound": sounds,
        "regions": choices,
        "number": numbers,
        "publish": st.sampled_from([False, False, True]),
    }
)


class Library(RuleBasedStateMachine):
    """A world with all that may happen to it.

    A subclass gives it a place to live in, and settings that are ``fixed`` there. ``counted`` are the steps,
    ``lost`` the creates of each world that were carried out and never answered.
    """

    place: ClassVar[Place]
    folder: ClassVar[Path]
    fixed: ClassVar[Json] = {}
    threads: ClassVar[bool] = False
    counted: ClassVar[dict[str, int]]
    lost: ClassVar[list[int]]
    shrunk: ClassVar[dict[str, Json]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._story: Json = {}
        self._failed = False
        self._world: World | None = None

    @initialize(us=SETTINGS, eu=SETTINGS, first=st.lists(st.tuples(keys, sounds, choices), max_size=3))
    def open(self, us: Json, eu: Json, first: list[tuple[str, str, int]]) -> None:
        """Begin with a few voices, mostly, so that there is something to go wrong."""
        settings = {"us": {**us, **self.fixed}, "eu": {**eu, **self.fixed}}
        self._story = {"settings": settings, "threads": self.threads, "steps": []}
        self._world = World(self.place, self.folder, settings, threads=self.threads)
        for key, sound, where in first:
            self.do("add", key=key, sound=sound, regions=where)

    def do(self, step: str, **arguments: Any) -> None:
        """Write a step down, and take it."""
        assert self._world is not None
        self._story["steps"].append([step, arguments])
        self.counted[step] = self.counted.get(step, 0) + 1
        with self._written_down():
            self._world.do(step, arguments)

    def teardown(self) -> None:
        """Whatever has happened, it must come right in the end."""
        if self._world is not None and not self._failed:
            self.do("settle_down")
            self.lost.append(len(self._world.judge.unanswered))

    @contextmanager
    def _written_down(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failed = True
            told = json.dumps(self._story)
            if told not in self.shrunk:  # Hypothesis takes the steps once more
                self.shrunk[told] = shrink(self._story, self.place, self.folder, error)
            path = Path(tempfile.gettempdir(), "ddvoices-machine.json")
            path.write_text(json.dumps(self.shrunk[told], indent=1), encoding="utf-8")
            error.add_note(f"{json.dumps(self.shrunk[told])}\nTo keep it: move {path} to {KEPT}")
            raise

    # people edit the catalog

    @rule(key=keys, sound=sounds, where=choices)
    def add(self, key: str, sound: str, where: int) -> None:
        self.do("add", key=key, sound=sound, regions=where)

    @rule(number=numbers)
    def remove(self, number: int) -> None:
        self.do("remove", number=number)

    @rule(
        number=numbers,
        changes=st.lists(
            st.sampled_from(CHANGES).map(list), min_size=1, max_size=3, unique_by=lambda c: c[0]
        ),
    )
    def change(self, number: int, changes: list[list[Any]]) -> None:
        self.do("change", number=number, changes=changes)

    @rule(number=numbers)
    def protect(self, number: int) -> None:
        self.do("change", number=number, changes=[["protect", True]])

    @rule(number=numbers, sound=sounds)
    def give_sample(self, number: int, sound: str) -> None:
        self.do("give_sample", number=number, sound=sound)

    @rule(number=numbers, where=choices)
    def set_regions(self, number: int, where: int) -> None:
        self.do("set_regions", number=number, regions=where)

    @rule(number=numbers, new=keys, say_so=st.booleans())
    def rename(self, number: int, new: str, say_so: bool) -> None:
        self.do("rename", number=number, new=new, say_so=say_so)

    @rule(one=numbers, other=numbers)
    def swap_samples(self, one: int, other: int) -> None:
        self.do("swap_samples", one=one, other=other)

    @rule(number=numbers)
    def roll_back(self, number: int) -> None:
        self.do("roll_back", number=number)

    @rule()
    def take_another_owner(self) -> None:
        self.do("take_another_owner")

    @rule(region=regions, key=keys, number=numbers, with_sample=st.booleans())
    def pin(self, region: str, key: str, number: int, with_sample: bool) -> None:
        self.do("pin", region=region, key=key, number=number, with_sample=with_sample)

    # others do what they like

    @rule(region=regions, key=keys, publish=st.booleans())
    def stranger_makes(self, region: str, key: str, publish: bool) -> None:
        self.do("stranger_makes", region=region, key=key, publish=publish)

    @rule(region=regions, key=keys)
    def other_catalog_makes(self, region: str, key: str) -> None:
        self.do("other_catalog_makes", region=region, key=key)

    @rule(region=regions, number=numbers, path=st.sampled_from(["name", "locale", "gender"]))
    def someone_edits(self, region: str, number: int, path: str) -> None:
        self.do("someone_edits", region=region, number=number, path=path)

    @rule(region=regions, number=numbers)
    def someone_deletes(self, region: str, number: int) -> None:
        self.do("someone_deletes", region=region, number=number)

    # machines, accounts and time

    @rule()
    def pull(self) -> None:
        self.do("pull")

    @rule(to=machines)
    def take_lock(self, to: int) -> None:
        self.do("take_lock", to=to)

    @rule(by=machines)
    def lose_lock(self, by: int) -> None:
        self.do("lose_lock", by=by)

    @rule(region=regions)
    def rotate_key(self, region: str) -> None:
        self.do("rotate_key", region=region)

    @rule()
    def swap_keys(self) -> None:
        self.do("swap_keys")

    @rule(region=regions, most=st.none() | st.integers(0, 5), cap=st.none() | st.integers(1, 4))
    def limit(self, region: str, most: int | None, cap: int | None) -> None:
        self.do("limit", region=region, most=most, cap=cap)

    @rule()
    def time_passes(self) -> None:
        self.do("time_passes")

    # applying

    @rule(by=machines, prune=st.booleans())
    def apply(self, by: int, prune: bool) -> None:
        self.do("apply", by=by, prune=prune)

    @rule()
    def apply_as_a_pipeline_does(self) -> None:
        self.do("apply")

    @rule(by=machines, prune=st.booleans(), faults=FAULTS)
    def apply_through_faults(self, by: int, prune: bool, faults: list[Json]) -> None:
        self.do("apply", by=by, prune=prune, faults=faults)

    @rule(crash=st.integers(1, 60), torn=st.sampled_from([0, 0, 1, 40, 9999]), prune=st.booleans())
    def apply_and_crash(self, crash: int, torn: int, prune: bool) -> None:
        self.do("apply", crash=crash, torn=torn, prune=prune)

    @rule(crash=st.integers(1, 60), faults=FAULTS)
    def apply_through_faults_and_crash(self, crash: int, faults: list[Json]) -> None:
        self.do("apply", crash=crash, faults=faults)

    @rule(edit=EDITS, prune=st.booleans(), faults=LOSSES)
    def upload_through_faults(self, edit: Json, prune: bool, faults: list[Json]) -> None:
        self._edit(**edit)
        self.do("apply", prune=prune, faults=faults)

    @rule(edit=EDITS, crash=st.integers(1, 25), torn=st.sampled_from([0, 1, 40, 9999]))
    def upload_and_crash(self, edit: Json, crash: int, torn: int) -> None:
        self._edit(**edit)
        self.do("apply", crash=crash, torn=torn)

    @rule(edit=EDITS, crash=st.integers(1, 25), faults=LOSSES)
    def upload_through_faults_and_crash(self, edit: Json, crash: int, faults: list[Json]) -> None:
        self._edit(**edit)
        self.do("apply", crash=crash, faults=faults)

    @rule(edit=EDITS, prune=st.booleans(), faults=LOSSES)
    def upload_saved_through_faults(self, edit: Json, prune: bool, faults: list[Json]) -> None:
        self._edit(**edit)
        self.do("save_plan", prune=prune)
        self.do("apply_saved", faults=faults)

    def _edit(self, *, key: str, sound: str, regions: int, number: int, publish: bool) -> None:
        """Give the next apply something to send."""
        self.do("add", key=key, sound=sound, regions=regions)
        self.do("give_sample", number=number, sound=sound)
        if publish:
            self.do("change", number=number, changes=[["publish", True]])

    @rule(stop=st.integers(1, 20), prune=st.booleans())
    def apply_and_interrupt(self, stop: int, prune: bool) -> None:
        self.do("apply", stop=stop, prune=prune)

    @rule(race=st.integers(1, 20), prune=st.booleans())
    def apply_while_another_does(self, race: int, prune: bool) -> None:
        self.do("apply", race=race, prune=prune)

    @rule(key=keys, prune=st.booleans())
    def apply_one_key(self, key: str, prune: bool) -> None:
        self.do("apply", targets=[key], prune=prune)

    @rule(prune=st.booleans())
    def save_plan(self, prune: bool) -> None:
        self.do("save_plan", prune=prune)

    @rule()
    def apply_saved(self) -> None:
        self.do("apply_saved")

    @rule(faults=FAULTS)
    def apply_saved_through_faults(self, faults: list[Json]) -> None:
        self.do("apply_saved", faults=faults)

    @rule()
    def settle_down(self) -> None:
        self.do("settle_down")
