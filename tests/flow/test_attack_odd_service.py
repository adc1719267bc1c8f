"""A service that answers what no service should: an error or a report, never a traceback, never a copy."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from odd_service import NASTY, Answer, OddService
from workspace import Workspace

COMMANDS = [
    ["plan", "--prune"],
    ["plan", "--format", "json"],
    ["status"],
    ["status", "--format", "json"],
    ["ids"],
    ["plan", "--prune", "-o", "p.json"],
    ["show", "p.json"],
]


def whole_json(text: str) -> Any:
    """Return the one document on stdout; text that is no document, or not UTF-8, fails."""
    text.encode()
    return json.loads(text, parse_constant=pytest.fail)


def shows_well(workspace: Workspace) -> None:
    """Run what shows voices: nothing may steer a terminal, and JSON is JSON."""
    for arguments in COMMANDS:
        done = workspace.run(*arguments)
        shown = [done.stderr]
        if "json" in arguments or arguments == ["ids"]:
            whole_json(done.stdout)
        else:
            shown.append(done.stdout)
        assert all(char.isprintable() or char == "\n" for text in shown for char in text), shown


def test_nasty_text_in_every_field_of_strangers_voices(workspace: Workspace, odd: OddService) -> None:
    workspace.voice("ada")
    fields = ("name", "title", "locale", "gender", "createdAt", "speakerId", "text", "speakingStyle")
    for text in NASTY.values():
        odd.add(text, **dict.fromkeys(fields, text))
    shows_well(workspace)
    workspace.run("apply", "--yes", "--prune")
    assert odd.posts() == 1
    assert len(odd.voices) == len(NASTY) + 1


@pytest.mark.proof
def test_nasty_text_in_the_fields_of_our_voices(workspace: Workspace, odd: OddService) -> None:
    keys = [f"key-{number}" for number in range(len(NASTY))]
    for key in keys:
        workspace.voice(key)
    workspace.apply()
    for voice, text in zip(odd.voices.values(), NASTY.values(), strict=True):
        voice.update(name=text, locale=text, gender=text, createdAt=text, title=text)
    shows_well(workspace)
    workspace.run("apply", "p.json")
    assert workspace.changes() == []
    del workspace.voices[keys[0]]
    shows_well(workspace)


@pytest.mark.proof
def test_nasty_ids_of_our_voices(workspace: Workspace, odd: OddService) -> None:
    """An id that can't be asked for fails where it must be used, alone."""
    ids = iter(NASTY.values())
    odd.next_id = lambda: next(ids)
    for number in range(len(NASTY)):
        workspace.voice(f"key-{number:02}")
    whole_json(workspace.run("apply", "--yes", "--format", "json").stdout)
    workspace.apply()
    assert odd.posts() == len(NASTY)
    shows_well(workspace)
    workspace.lock.unlink()
    assert workspace.changes() == []
    workspace.voices = {}
    done = workspace.run("apply", "--yes", "--prune", "--force", "--format", "json", code=4)
    results = {outcome["id"]: outcome["result"] for outcome in whole_json(done.stdout)["outcomes"]}
    unusable = {"\ud800", ".", "..", " "}
    assert {voice_id for voice_id, result in results.items() if result == "failed"} == unusable


def test_an_id_in_a_command_that_is_advised_is_one_word(workspace: Workspace, odd: OddService) -> None:
    odd.next_id = lambda: "x;touch sprung"
    workspace.voice("ada", publish=True, protect=True)
    workspace.apply()
    workspace.voices = {}
    said = workspace.run("plan").stderr
    command = said.partition("stays public until it is deleted: run `")[2].partition("`")[0]
    assert shlex.split(command) == ["ddvoices", "voices", "delete", "x;touch sprung"]


def test_ids_for_the_environment_hold_no_second_line(workspace: Workspace, odd: OddService) -> None:
    odd.next_id = lambda: "a\nEVIL=1"
    workspace.voice("ada")
    workspace.apply()
    done = workspace.run("ids", "--format", "env", code=1)
    assert done.stdout == ""
    assert "--format json" in done.stderr


@pytest.mark.parametrize("body", [b'{"message":' * 900 + b'"x"' + b"}" * 900, b"[" * 900 + b"]" * 900])
def test_deep_answers(workspace: Workspace, odd: OddService, body: bytes) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    odd.twist = lambda method, _path, said: (400, body) if method == "POST" else said
    done = workspace.run("apply", "--yes", "--format", "json", code=1)
    assert whole_json(done.stdout)["summary"]["failed"] == 2
    odd.twist = lambda _method, _path, _said: (400, body)
    assert len(workspace.run("plan", "--format", "json", code=1).stderr.splitlines()) <= 1


@pytest.mark.parametrize("answer", [{"voicePrompts": [{"id": ""}]}, b'{"voicePrompts":[{"id":1e999}]}'])
def test_a_listing_that_is_none_plans_nothing(workspace: Workspace, odd: OddService, answer: Any) -> None:
    workspace.voice("ada")
    odd.twist = lambda method, path, said: (200, answer) if (method, path) == ("GET", "/voice") else said
    done = workspace.run("plan", "--format", "json", code=None)
    whole_json(done.stdout)
    assert odd.posts() == 0


def test_one_id_twice_in_the_listing_is_one_voice(workspace: Workspace, odd: OddService) -> None:
    workspace.voice("ada")
    workspace.apply()
    [voice] = odd.voices.values()
    odd.twist = lambda method, path, said: (
        (200, {"voicePrompts": [voice, voice]}) if (method, path) == ("GET", "/voice") else said
    )
    assert workspace.changes("--prune") == []


def test_what_another_run_makes_and_locks_during_a_plan_is_no_gap_in_the_listing(
    workspace: Workspace, odd: OddService
) -> None:
    """Lock and journal are read before the listing is asked for: all that they hold was there by then."""
    workspace.voice("ada")
    assert workspace.apply()["converged"]

    def make_another(method: str, path: str, said: Answer) -> Answer:
        if (method, path) == ("GET", "/voice"):
            lock = json.loads(workspace.lock.read_text())
            [section] = lock["regions"]["us"].values()
            section["bea"] = {"voices": [{"id": "made-now", "origin": "created", "sent": {"publish": False}}]}
            workspace.lock.write_text(json.dumps(lock))
            odd.add("made-now", name="Bea")
        return said

    odd.twist = make_another
    assert "No changes. 1 in sync." in workspace.run("plan").stdout
    assert "made-now" in workspace.lock.read_text()
    assert "GET /voice/made-now" not in odd.calls


def test_what_isnt_listed_is_reviewed_too(workspace: Workspace, odd: OddService) -> None:
    """Where the listing holds no gender, another one in the catalog makes a reviewed replace stale."""
    workspace.voice("ada")
    workspace.apply()
    for voice in odd.voices.values():
        del voice["gender"]
    workspace.new_sample("ada", pitch=700)
    workspace.run("plan", "-o", "p.json")
    workspace.voice("ada", gender="male")
    workspace.run("apply", "p.json", code=5)
    assert odd.posts() == 1


@pytest.mark.parametrize("replaced", [False, True], ids=["create", "replace"])
def test_two_that_may_be_the_lost_one_are_an_error_and_never_a_create(
    workspace: Workspace, odd: OddService, replaced: bool
) -> None:
    """The service keeps no marker, and somebody else's voice of that name appears beside ours."""

    def lose(method: str, _path: str, said: Answer) -> Answer:
        for voice in odd.voices.values():
            voice.pop("speakerId", None)
        if lost and method == "POST":
            odd.add("a-strangers", name="Ada")
            return 200, b"{"
        return said

    lost = False
    odd.twist = lose
    workspace.voice("ada")
    if replaced:
        workspace.apply()
        workspace.new_sample("ada", pitch=700)
    lost = True
    for _ in range(2):
        report = workspace.apply("--settle", "0.2", code=1)
    assert odd.posts() == 1 + replaced
    assert not report["converged"]
    made = [voice_id for voice_id, voice in odd.voices.items() if "createdAt" in voice][-1]
    lost = False
    if not replaced:
        workspace.voice("ada", ids={"us": made})
        assert workspace.apply("--settle", "0.2")["converged"]
        assert odd.posts() == 1
