"""Every fault, before and after the service has done its work, in every call: an honest report, no copies.

Each cell is a region, with an account and faults of its own; so one run of the program goes through many.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cli.program import command, environment
from service import Emulator
from workspace import Workspace
from world import PENDING, World, finish, is_unharmed, make_world, untouchable

from ddvoices import DeepdubClient
from ddvoices.model import PlanOptions

pytestmark = pytest.mark.proof

ENGINE = Path(__file__).parents[2] / "docs" / "engine.md"
Fault = dict[str, Any]
PAST = formatdate(0, usegmt=True)
# What may pass: the request is sent again, or what came of it is looked for.
LOST: list[Fault] = [{"kind": kind} for kind in ("reset", "html", "cut", "empty", "head")]
DOWN: list[Fault] = [{"kind": "status", "status": status} for status in (500, 502, 503, 504)]
BUSY: list[Fault] = [
    {"kind": "status", "status": status, "retry_after": after}
    for status, after in [(429, 0), (429, 1), (429, PAST), (429, "soon"), (429, -5), (503, 0), (503, PAST)]
]
BUSY_FOR_LONG: list[Fault] = [
    {"kind": "status", "status": status, "retry_after": "0.01"}
    for status in (429, 503)  # ten tries are quick
]
NO_HEADER: list[Fault] = [{"kind": "status", "status": 429}]
# What doesn't: the service has refused.
REFUSALS = (400, 401, 402, 403, 404, 409, 418)
REFUSED: list[Fault] = [{"kind": "status", "status": status} for status in REFUSALS]

FIRST, LATER, ONE = "the first listing", "a later listing", "one voice"
CALLS: dict[str, Fault] = {
    FIRST: {"method": "GET", "path": "/voice"},
    LATER: {"method": "GET", "path": "/voice", "skip": 1},
    ONE: {"method": "GET", "path": "/voice/*"},
    "create": {"method": "POST", "path": "/voice"},
    "update": {"method": "PUT", "path": "/voice"},
    "delete": {"method": "DELETE", "path": "/voice/*"},
}
NEEDS = {
    LATER: {"create", "replace"},  # a new voice must be seen before it counts
    "create": {"create", "replace"},
    "update": {"update"},
    "delete": {"delete"},
}
GOOD = {"applied", "adopted", "already"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One fault in one call."""

    call: str
    fault: Fault
    when: str
    count: int | None

    @property
    def rule(self) -> Fault:
        return {**CALLS[self.call], **self.fault, "when": self.when, "count": self.count}

    @property
    def status(self) -> int | None:
        return self.fault.get("status")

    @property
    def is_lie(self) -> bool:
        """Tell whether the service says the contrary of what is so, which nobody can see through.

        That what it has done was too much to ask for, or that what is there is not.
        """
        return (self.call, self.status, self.when) == ("create", 429, "after") or (
            self.call in (ONE, "delete") and self.status == 404
        )


def cells(calls: Sequence[str], faults: Sequence[Fault], *, count: int | None) -> list[Cell]:
    made = (
        Cell(call=call, fault=fault, when=when, count=count)
        for call, fault, when in product(calls, faults, ("before", "after"))
    )
    return [cell for cell in made if not cell.is_lie]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> World:
    return make_world(tmp_path_factory.mktemp("world"), emulator)


class Field:
    """A region for each cell, and one apply over them all."""

    def __init__(
        self, world: World, folder: Path, emulator: Emulator, chosen: Sequence[Cell], echo: str = "yes"
    ) -> None:
        self.cells = {f"r{number}": cell for number, cell in enumerate(chosen)}
        self.workspace = world.copy(folder, emulator, regions=tuple(self.cells), echo_speaker_id=echo)
        self.before = untouchable(self.workspace)
        for region, cell in self.cells.items():
            key = self.workspace.keys[region]
            if cell.call == ONE:  # only of voices that aren't listed is each asked for
                emulator.settings(key, published_hidden=True)
            emulator.faults(key, [cell.rule])

    def run(self) -> dict[str, list[dict[str, Any]]]:
        """Apply under the faults; return the outcomes of each region, after a look at the whole report."""
        done = self.workspace.run("apply", "--yes", "--prune", "--settle", "1", "--format", "json", code=None)
        report = json.loads(done.stdout)
        assert done.returncode == (0 if report["converged"] else 4), done.stderr
        found: dict[str, list[dict[str, Any]]] = {region: [] for region in self.cells}
        for outcome in report["outcomes"]:
            found[outcome["region"]].append(outcome)
        bad = [outcome for outcome in report["outcomes"] if outcome["result"] not in GOOD]
        silent = [region for region in self.cells if not found[region]]
        assert report["converged"] == (not bad and not silent)
        for region in silent:
            assert f"error: {region}: " in done.stderr
        return found

    def struck(self, region: str) -> int:
        [rule] = self.workspace.emulator.fault_counts(self.workspace.keys[region])
        return int(rule["struck"])

    def finish(self) -> None:
        """Without faults one more apply converges, and the next plan is empty."""
        for key in self.workspace.keys.values():
            self.workspace.emulator.faults(key, [])
        finish(self.workspace, self.before)


def is_honest(workspace: Workspace, region: str, outcomes: list[dict[str, Any]]) -> None:
    """What is said to be done is done, and what isn't has a reason."""
    actions = Counter(outcome["action"] for outcome in outcomes)
    assert actions == (PENDING if outcomes else {})
    there = {voice["id"]: voice["name"] for voice in workspace.there(region)}
    for outcome in outcomes:
        if outcome["result"] not in GOOD:
            assert outcome["error"], outcome
        elif outcome["action"] == "delete":
            assert outcome["id"] not in there
        else:
            key = outcome["key"].removesuffix("-too") if outcome["action"] == "adopt" else outcome["key"]
            name = "Another" if key == "updated" else key.title()
            assert there[outcome["id"]] == name


def check(field: Field) -> dict[str, list[dict[str, Any]]]:
    """Run, and hold every cell against the service."""
    found = field.run()
    for region, cell in field.cells.items():
        try:
            assert field.struck(region)
            is_honest(field.workspace, region, found[region])
            is_unharmed(field.workspace, region, field.before[region])
        except AssertionError as error:
            raise AssertionError(f"{cell.rule}: {json.dumps(found[region], indent=1)}") from error
    return found


@pytest.mark.parametrize(("call", "echo"), [*((call, "yes") for call in CALLS), ("create", "no")])
def test_once(world: World, tmp_path: Path, emulator: Emulator, call: str, echo: str) -> None:
    """What may pass leaves no trace; a refusal fails what was refused, and says so."""
    passing = [*LOST, *DOWN, *BUSY, *NO_HEADER]
    field = Field(world, tmp_path / "field", emulator, cells([call], [*passing, *REFUSED], count=1), echo)
    found = check(field)
    for region, cell in field.cells.items():
        results = Counter(outcome["result"] for outcome in found[region])
        if cell.fault in passing:
            assert results.keys() <= GOOD, (cell.rule, found[region])
            assert results.total() == sum(PENDING.values())
        elif call in ("create", "update", "delete"):
            assert results["failed"] >= 1, (cell.rule, found[region])
    field.finish()


@pytest.mark.parametrize("calls", [[FIRST, "create", "delete"], [LATER, ONE, "update"]], ids=", ".join)
def test_as_long_as_it_runs(world: World, tmp_path: Path, emulator: Emulator, calls: list[str]) -> None:
    """Nothing that needs the call is said to be done, and what else can't be is said to be left."""
    faults = [*LOST, *DOWN[:2], *BUSY_FOR_LONG, *REFUSED]
    field = Field(world, tmp_path / "field", emulator, cells(calls, faults, count=None))
    found = check(field)
    for region, cell in field.cells.items():
        failed = {outcome["action"] for outcome in found[region] if outcome["result"] not in GOOD}
        if cell.call in (FIRST, ONE):
            assert found[region] == [], (cell.rule, found[region])
        elif cell.call == "create" and cell.when == "after" and cell.status not in REFUSALS:
            assert not failed, (cell.rule, found[region])  # each was looked for, and found
        elif cell.call == LATER or cell.when == "before":
            assert failed >= NEEDS[cell.call], (cell.rule, found[region])
    field.finish()


STORM = [*LOST, *DOWN, *BUSY_FOR_LONG]


def storm(seed: int) -> list[Fault]:
    """Return rules at random: any kinds, in any calls, at any time; none is a lie or lasts for ever."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    rules = []
    for _ in range(dice.randint(2, 8)):
        cell = Cell(
            call=dice.choice([*CALLS]),
            fault=dice.choice(STORM),
            when=dice.choice(["before", "after"]),
            count=dice.randint(1, 3),
        )
        chance = {"skip": dice.randint(0, 3), "probability": dice.choice([0.3, 0.6, 1.0])}
        rules += [] if cell.is_lie else [{**cell.rule, **chance}]
    return rules


def test_storms_of_faults(world: World, tmp_path: Path, emulator: Emulator) -> None:
    """A run in the storm after one that is killed somewhere; then one without converges.

    With and without `speakerId`, with and without published voices in the listing.
    """
    seeds = {f"r{seed}": seed for seed in range(60)}
    workspace = world.copy(tmp_path / "field", emulator, regions=tuple(seeds))
    before = untouchable(workspace)
    for region, seed in seeds.items():
        key, echo = workspace.keys[region], "no" if seed % 2 else "yes"
        emulator.settings(key, echo_speaker_id=echo, published_hidden=seed % 4 > 1)
        emulator.faults(key, storm(seed))
    kill_after(workspace, seconds=4)
    workspace.run("apply", "--yes", "--prune", "--settle", "2", code=None)
    for key in workspace.keys.values():
        emulator.faults(key, [])
    finish(workspace, before)


def kill_after(workspace: Workspace, *, seconds: float) -> None:
    """Kill an apply in its midst."""
    with environment(workspace.env) as variables:
        process = subprocess.Popen(
            command("apply", "--yes", "--prune", "--settle", "2"),
            env=variables,
            cwd=workspace.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        process.kill()
        process.wait()


@pytest.mark.parametrize("count", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_never_comes(
    world: World, tmp_path: Path, emulator: Emulator, call: str, count: int | None
) -> None:
    """By the engine as a library, whose patience can be set: the program waits for half a minute."""
    for cell in cells([call], [{"kind": "hang"}], count=count):
        field = Field(world, tmp_path / cell.when, emulator, [cell])
        [key] = field.workspace.keys.values()
        with DeepdubClient(base_url=emulator.base_url, api_key=key, timeout=0.4) as client:
            done = converge()(str(field.workspace.root), client, region="r0")
        found = (call, cell.when) == ("create", "after")
        assert done is (count == 1 or found)
        is_unharmed(field.workspace, "r0", field.before["r0"])
        field.finish()


def converge() -> Callable[..., bool]:
    """Return what docs/engine.md shows, with less patience and with deletes."""
    example = re.search(r"```python\n(.*?)```", ENGINE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert example
    code = example[1].replace("settle=10", "settle=1")
    asked = "prepare(regions, catalog, journal, options=options)"
    assert asked in code
    code = code.replace(asked, "prepare(regions, catalog, journal, prune, options)")
    names: dict[str, Any] = {"prune": PlanOptions(prune=True)}
    exec(code, names)  # noqa: S102 - our own document
    shown: Callable[..., bool] = names["converge"]
    return shown


def test_a_refusal_of_what_was_done_is_believed_and_the_copy_is_named(workspace: Workspace) -> None:
    """No client can tell it from a true one: this is what the service says where nothing was made."""
    rule = {**CALLS["create"], "kind": "status", "status": 429, "when": "after", "count": 1, "retry_after": 0}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.voice("ada")
    workspace.apply("--settle", "1")
    assert len(workspace.there()) == 2
    assert workspace.changes("--prune") == [("adopt", "ada", "rolled_back"), ("delete", "ada", "duplicate")]
    workspace.apply("--prune")  # the oldest stays, whoever asks
    assert len(workspace.there()) == 1
    assert workspace.changes("--prune") == []


def test_a_delete_that_the_service_only_says_is_done_is_done_the_next_time(workspace: Workspace) -> None:
    rule = {**CALLS["delete"], "kind": "status", "status": 404, "when": "before", "count": 1}
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    del workspace.voices["bob"]
    workspace.emulator.faults(workspace.key, [rule])
    [outcome] = workspace.apply("--prune")["outcomes"]
    assert outcome["result"] == "already"
    assert len(workspace.there()) == 2
    workspace.apply("--prune")
    assert len(workspace.there()) == 1
