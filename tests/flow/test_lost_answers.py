"""A create whose answer is lost is found again, or sent again only when it surely made nothing."""

from __future__ import annotations

import json
import re
import threading

import pytest
from in_process import apply_here
from odd_service import Answer, OddService
from workspace import Workspace

# the proofs have the others, with every call
LOST = [{"kind": "reset"}, {"kind": "html"}, {"kind": "cut"}, {"kind": "status", "status": 503}]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}")
def test_one_voice_comes_of_it(workspace: Workspace, fault: dict[str, object], when: str) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    rule = {"method": "POST", "path": "/voice", "when": when, "count": 1, **fault}
    workspace.emulator.faults(workspace.key, [rule])
    report = workspace.apply("--settle", "1")
    assert report["converged"], report
    assert len(workspace.there()) == 2
    assert workspace.changes() == []
    sent = workspace.calls().count("POST /voice")
    assert sent == (2 if when == "after" else 3)
    assert origins(workspace) == {"ada": "created", "bob": "created"}


@pytest.mark.parametrize("echo", ["no", "own"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_without_an_echo_the_one_new_voice_of_that_name_is_it(
    workspace: Workspace, echo: str, when: str
) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada"), workspace.voice("bob")
    workspace.emulator.faults(
        workspace.key, [{"method": "POST", "path": "/voice", "when": when, "kind": "reset", "count": 1}]
    )
    report = workspace.apply("--settle", "1")
    assert report["converged"], report
    assert len(workspace.there()) == 2
    assert workspace.changes() == []
    assert origins(workspace) == {"ada": "found" if when == "after" else "created", "bob": "created"}


def origins(workspace: Workspace) -> dict[str, str]:
    """Return of each key how its voice got into the lock."""
    [account] = json.loads(workspace.lock.read_text())["regions"]["us"].values()
    return {key: entry["voices"][0]["origin"] for key, entry in account.items()}


@pytest.mark.parametrize(("echo", "origin"), [("yes", "created"), ("no", "found")])
def test_a_search_that_is_interrupted_decides_nothing(workspace: Workspace, echo: str, origin: str) -> None:
    """What wasn't seen in one look may be there: it is not sent again, neither now nor by the next run."""
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000, echo_speaker_id=echo)
    workspace.voice("ada")
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    for number in range(2):
        stop = threading.Event()
        report = apply_here(workspace, settle=60.0, sleep=lambda _, stop=stop: stop.set(), stop=stop)
        assert report.interrupted
        assert [outcome.result for outcome in report.outcomes] == ["failed"][number:]
        assert len(workspace.there()) == 1
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1
    assert origins(workspace) == {"ada": origin}
    assert "reported" not in workspace.lock.read_text()


def test_what_does_not_show_up_is_looked_for_at_growing_intervals_until_the_time_is_over(
    workspace: Workspace,
) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000)
    workspace.voice("ada")
    waits: list[float] = []
    report = apply_here(workspace, settle=10.0, sleep=waits.append, clock=lambda: 5.0 + sum(waits))
    assert [outcome.result for outcome in report.outcomes] == ["failed"]
    assert waits[:8] == pytest.approx([0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 1.0])


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_what_is_found_at_once_is_not_waited_for(workspace: Workspace, echo: str, answered: bool) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada")
    if answered:  # by an earlier run, which didn't see it
        workspace.emulator.settings(workspace.key, visible_after_ms=60_000)
        workspace.apply("--settle", "0", code=4)
        workspace.emulator.settings(workspace.key, visible_after_ms=0)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    waits: list[float] = []
    apply_here(workspace, settle=60.0, sleep=waits.append)
    assert waits == []
    assert workspace.changes() == []
    assert len(workspace.there()) == 1


def test_what_nobody_can_look_for_is_not_sent_again(workspace: Workspace) -> None:
    """The listing fails just when it is needed."""
    workspace.voice("ada")
    lost = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    no_list = {"method": "GET", "path": "/voice", "kind": "status", "status": 403, "skip": 1}
    workspace.emulator.faults(workspace.key, [lost, no_list])
    report = workspace.apply("--settle", "0.2", code=1)
    assert "unknown_outcome" in report["outcomes"][0]["error"]
    workspace.emulator.faults(workspace.key, [])
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1


def test_of_two_new_ones_that_may_be_it_none_is_taken_and_none_is_sent(
    workspace: Workspace, odd: OddService
) -> None:
    """Somebody else makes a namesake in the same moment, and the service keeps no marker."""

    def twist(method: str, _path: str, answer: Answer) -> Answer:
        for voice in odd.voices.values():
            voice.pop("speakerId", None)
        if method != "POST":
            return answer
        made = next(voice for voice in odd.voices.values() if voice["name"] == "Ada")
        odd.add("namesake", **{**made, "id": "namesake"})
        return 200, b"<html>"

    odd.twist = twist
    odd.add("undated", name="Somebody else")
    workspace.voice("ada")
    report = workspace.apply("--settle", "0.2", code=1)
    assert "unknown_outcome" in report["outcomes"][0]["error"]
    workspace.apply("--settle", "0.2", code=1)
    assert odd.posts() == 1


@pytest.mark.parametrize("lost", [pytest.param(False, marks=pytest.mark.proof), True], ids=["said", "lost"])
@pytest.mark.parametrize("echo", ["yes", pytest.param("no", marks=pytest.mark.proof)])
def test_a_voice_that_shows_up_late_is_waited_for(workspace: Workspace, echo: str, lost: bool) -> None:
    workspace.voice("ada")
    workspace.emulator.settings(workspace.key, visible_after_ms=1500, echo_speaker_id=echo)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": int(lost)}
    workspace.emulator.faults(workspace.key, [rule])
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1


@pytest.mark.proof
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_a_lost_create_that_shows_up_after_the_deadline_may_be_made_twice(
    workspace: Workspace, echo: str
) -> None:
    """What --settle is for: what can't be seen in that time counts as not made. The copy is named."""
    workspace.voice("ada")
    workspace.emulator.settings(workspace.key, visible_after_ms=2500, echo_speaker_id=echo)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.3", code=None)
    assert len(workspace.there()) == 2
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    workspace.apply()
    [other] = json.loads(workspace.run("status", "--format", "json").stdout)["regions"]["us"]["others"]
    assert other["standing"] == ("duplicate" if echo == "yes" else "unmanaged")


def test_a_lost_published_voice_is_not_sent_again_where_published_ones_are_hidden(
    workspace: Workspace,
) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    report = workspace.apply("--settle", "0.5", code=1)
    assert "unknown_outcome" in report["outcomes"][0]["error"]
    [voice] = workspace.there()
    plan = workspace.plan(code=1)
    assert [error["reason"] for error in plan["regions"]["us"]["errors"]] == ["open_intent"]
    workspace.apply("--settle", "0.5", code=1)
    assert len(workspace.there()) == 1
    workspace.voice("ada", ids={"us": voice["id"]})
    workspace.apply("--settle", "0.5")
    assert workspace.changes() == []
    assert len(workspace.there()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_published_voice_is_looked_for_where_another_one_is_listed(
    workspace: Workspace, when: str
) -> None:
    """There the listing shows what was not made, too, and it is sent again."""
    workspace.voice("ada", publish=True)
    workspace.apply()
    workspace.voice("bob", publish=True)
    rule = {"method": "POST", "path": "/voice", "when": when, "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    assert workspace.apply("--settle", "0.3")["converged"]
    assert [voice["name"] for voice in workspace.there()] == ["Ada", "Bob"]


def test_force_sends_a_lost_published_voice_again(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    rule = {"method": "POST", "path": "/voice", "when": "before", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.5", code=1)
    forced = workspace.run("apply", "--yes", "--settle", "0.5", "-t", "ada", "--force")
    assert "allowed by --force: us: making ada again, which was sent and never answered" in forced.stderr
    assert len(workspace.there()) == 1
    assert workspace.changes() == []
    workspace.new_sample("ada", pitch=700)  # what was forced is decided, and holds nothing back any more
    assert workspace.changes() == [("replace", "ada", "content_differs")]


def test_what_is_proposed_sends_a_lost_voice_again_in_that_region_only(two_regions: Workspace) -> None:
    """Elsewhere the same key may have been made, and would be there twice."""
    two_regions.voice("ada", publish=True)
    for key, when in zip(two_regions.keys.values(), ("before", "after"), strict=True):
        two_regions.emulator.settings(key, published_hidden=True)
        rule = {"method": "POST", "path": "/voice", "when": when, "kind": "reset", "count": 1}
        two_regions.emulator.faults(key, [rule])
    two_regions.apply("--settle", "0.2", code=1)
    [problem] = two_regions.plan(code=1)["regions"]["us"]["errors"]
    [command] = re.findall("`ddvoices apply (.*)`", problem["message"])
    two_regions.apply("--settle", "0.2", *command.split())
    assert [len(two_regions.there(region)) for region in ("us", "eu")] == [1, 1]


def test_a_service_that_never_makes_it_is_given_up_with_the_reason(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.emulator.faults(workspace.key, [{"method": "POST", "path": "/voice", "kind": "html"}])
    report = workspace.apply("--settle", "0.2", code=1)
    assert report["outcomes"][0]["result"] == "failed"
    assert workspace.there() == []
    workspace.emulator.faults(workspace.key, [])
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1


@pytest.mark.parametrize(("method", "path"), [("PUT", "/voice"), ("DELETE", "/voice/*")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_updates_and_deletes_are_simply_repeated(
    workspace: Workspace, method: str, path: str, when: str
) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    workspace.voice("ada", name="Ada Lovelace")
    rule = {"method": method, "path": path, "when": when, "kind": "html", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    assert workspace.apply("--prune")["converged"]
    assert [voice["name"] for voice in workspace.there()] == ["Ada Lovelace"]


def test_a_lost_create_is_not_taken_for_a_voice_that_was_there(workspace: Workspace) -> None:
    """The voice of a renamed key carries the very marker that a new voice of the old key gets."""
    voice = workspace.voice("narrator")
    workspace.apply()
    workspace.voices = {"main": voice}
    workspace.apply()
    workspace.voices = {"main": voice, "narrator": dict(voice)}
    rule = {"method": "POST", "path": "/voice", "when": "before", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.5")
    assert len(workspace.there()) == 2
    assert workspace.changes() == []
    ids = json.loads(workspace.run("ids").stdout)
    assert ids["main"]["us"] != ids["narrator"]["us"]


@pytest.mark.parametrize("echo", ["no", "own"])
def test_a_lost_create_is_not_taken_for_a_namesake_that_was_there(workspace: Workspace, echo: str) -> None:
    """The voice of another key, and then the former one of its own."""
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada", name="One name")
    workspace.apply()
    workspace.voice("bob", name="One name")
    rule = {"method": "POST", "path": "/voice", "when": "before", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.3")
    assert len({regions["us"] for regions in json.loads(workspace.run("ids").stdout).values()}) == 2
    workspace.new_sample("bob", pitch=700)
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.3")
    assert len(workspace.there()) == 3
    assert workspace.changes() == []


def test_a_service_that_ceases_to_keep_markers_is_sent_nothing_twice(
    workspace: Workspace, odd: OddService
) -> None:
    """Others show theirs; whether the one that shows none is ours, only a person can tell."""
    workspace.voice("ada")
    workspace.apply()

    def lose(method: str, _path: str, answer: Answer) -> Answer:
        if method != "POST":
            return answer
        list(odd.voices.values())[-1].pop("speakerId")
        return 500, {}

    odd.twist = lose
    workspace.voice("bob")
    report = workspace.apply("--settle", "0.3", code=1)
    assert report["outcomes"][0]["error"].startswith("unknown_outcome: ")
    assert odd.posts() == len(odd.voices) == 2
