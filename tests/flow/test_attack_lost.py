"""Creates of which nobody knows what became: no second copy, whoever runs what next."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cli.program import on_terminal
from workspace import Workspace

LOST = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}


def lose(workspace: Workspace, **rule: Any) -> None:
    workspace.emulator.faults(workspace.key, [{**LOST, **rule}])


def test_a_lost_replace_of_a_hidden_voice_is_not_sent_again(workspace: Workspace) -> None:
    """The key has its old voice all the while, and must not be replaced a second time."""
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    lose(workspace)
    workspace.apply("--settle", "0.3", code=1)
    workspace.calls()
    [error] = workspace.plan(code=1)["regions"]["us"]["errors"]
    assert error["reason"] == "open_intent"
    workspace.apply("--settle", "0.3", code=1)
    assert workspace.calls() == []
    workspace.apply("--settle", "0.3", "-t", "ada", "--force")
    assert workspace.calls() == ["POST /voice"]
    assert workspace.apply("--settle", "0.3")["converged"]


def test_force_for_one_key_leaves_what_is_open_of_another(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True), workspace.voice("bob", publish=True)
    lose(workspace, count=2)
    workspace.apply("--settle", "0.3", code=1)
    workspace.calls()
    workspace.apply("--settle", "0.3", "-t", "ada", "--force", code=4)
    assert workspace.calls() == ["POST /voice"]
    workspace.apply("--settle", "0.3", code=1)
    assert workspace.calls() == []


def test_force_that_is_not_confirmed_forces_nothing(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    lose(workspace)
    workspace.apply("--settle", "0.3", code=1)
    workspace.calls()
    arguments = ("apply", "--force", "--settle", "0.3")
    code, shown = on_terminal(
        *arguments, asked="Apply these", typed="n\n", env=workspace.env, cwd=workspace.folder
    )
    assert code == 1, shown
    workspace.apply("--settle", "0.3", code=1)
    assert workspace.calls() == []


def test_a_title_that_the_service_keeps_for_the_name_is_found(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id="no", name_on_post="ignored")
    workspace.voice("ada", title="The title of Ada")
    lose(workspace)
    assert workspace.apply("--settle", "0.3")["converged"]
    assert len(workspace.there()) == 1
    assert workspace.changes() == []


def test_a_voice_that_never_shows_up_is_not_made_again(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000)
    workspace.voice("ada")
    report = workspace.apply("--settle", "0.2", code=4)
    assert "doesn't list it" in report["outcomes"][0]["error"]
    assert workspace.plan(code=1)["regions"]["us"]["errors"][0]["reason"] == "open_intent"
    workspace.apply("--settle", "0.2", code=1)
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1
    assert workspace.changes() == []


def test_a_hidden_voice_that_shows_up_after_the_run_is_known_by_its_id(workspace: Workspace) -> None:
    """No listing will ever show it, and the answer has named it."""
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000, published_hidden=True)
    workspace.voice("ada", publish=True)
    workspace.apply("--settle", "0", code=4)
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    workspace.calls()
    assert workspace.apply("--settle", "0")["converged"]
    workspace.new_sample("ada", pitch=700)
    assert workspace.apply("--settle", "0.3")["converged"], "nothing holds it back any more"
    assert workspace.calls() == ["POST /voice"]


@pytest.mark.parametrize("echo", ["yes", "no"])
def test_a_voice_that_shows_up_after_the_run_is_known(workspace: Workspace, echo: str) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000, echo_speaker_id=echo)
    workspace.voice("ada")
    workspace.apply("--settle", "0", code=4)
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    assert workspace.apply()["converged"]
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    workspace.apply("--prune")
    assert len(workspace.there()) == 1, "a voice that we made is ours to delete"
    assert workspace.changes() == []


def test_a_voice_that_is_gone_is_made_again_when_it_is_forced(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000)
    workspace.voice("ada")
    workspace.apply("--settle", "0", code=4)
    workspace.emulator.reset(workspace.key)
    workspace.apply("--settle", "0", code=1)
    assert workspace.apply("--settle", "0.3", "-t", "ada", "--force")["converged"]
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1


def test_no_second_voice_is_sent_while_the_first_does_not_show_up(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000)
    workspace.voice("ada"), workspace.voice("bob")
    report = workspace.apply("--settle", "0.2", code=4)
    assert [outcome["result"] for outcome in report["outcomes"]] == ["failed", "skipped"]
    assert "--settle" in report["outcomes"][1]["error"]
    assert workspace.calls() == ["POST /voice"]
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 2


def test_a_service_that_dies_in_between_is_named_as_the_cause(workspace: Workspace) -> None:
    workspace.voice("ada")
    rule = {"method": "GET", "path": "/voice", "kind": "status", "status": 401, "skip": 1}
    workspace.emulator.faults(workspace.key, [rule])
    report = workspace.apply("--settle", "0.2", code=4)
    assert "could not be asked about it: GET /voice: 401" in report["outcomes"][0]["error"]
    workspace.emulator.faults(workspace.key, [])
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 1


def test_a_pin_of_a_voice_that_is_there_ends_the_search(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    lose(workspace)
    workspace.apply("--settle", "0.3", code=1)
    workspace.voice("ada", ids={"us": "not-there"})
    workspace.apply("--settle", "0.3", code=1)
    journal = workspace.root / ".ddvoices" / "journal.jsonl"
    assert journal.read_text()
    workspace.voice("ada", ids={"us": workspace.there()[0]["id"]})
    workspace.apply("--settle", "0.3")
    assert journal.read_text() == ""
    assert workspace.changes() == []
    assert len(workspace.there()) == 1


def lost_and_hidden(workspace: Workspace, **fields: Any) -> None:
    """Leave a create of which no listing shows what came; the voice is there."""
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True, **fields)
    lose(workspace)
    workspace.apply("--settle", "0.3", code=None)
    workspace.calls()


def is_withheld(workspace: Workspace, *arguments: str) -> None:
    [error] = workspace.plan(code=1)["regions"]["us"]["errors"]
    assert error["reason"] == "open_intent"
    workspace.apply("--settle", "0.3", *arguments, code=1)
    assert workspace.calls() == []


@pytest.mark.parametrize("say_so", [True, False])
def test_a_lost_create_is_not_sent_again_under_another_key(workspace: Workspace, say_so: bool) -> None:
    lost_and_hidden(workspace)
    voice = workspace.voices.pop("ada")
    workspace.voices = {"zoe": {**voice, "moved_from": ["ada"]} if say_so else voice}
    is_withheld(workspace)
    if say_so:
        workspace.new_sample("zoe", pitch=700)
        is_withheld(workspace)


def test_of_several_that_may_be_it_none_is_taken(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id="no", published_hidden=True)
    workspace.voice("ada", publish=True)
    lose(workspace)
    workspace.apply("--settle", "0.3", code=1)
    namesake = {
        "name": "Ada",
        "title": "Ada",
        "locale": "en-US",
        "gender": "FEMALE",
        "speaking_style": "Neutral",
    }
    sample = base64.b64encode((workspace.root / "samples" / "ada.wav").read_bytes()).decode()
    body = {**namesake, "filename": "a.wav", "data": sample}
    assert workspace.emulator.call(workspace.key, "POST", "/voice", body)[0] == 200
    workspace.emulator.settings(workspace.key, published_hidden=False)
    workspace.calls()
    workspace.apply("--settle", "0.3", code=1)
    assert workspace.calls() == []
    [error] = workspace.plan(code=1)["regions"]["us"]["errors"]
    assert error["reason"] == "ambiguous"


def test_force_without_a_target_sends_nothing_again(workspace: Workspace) -> None:
    lost_and_hidden(workspace)
    is_withheld(workspace, "--force")


def test_a_lost_create_of_a_key_that_is_gone_is_said_and_not_waited_for(workspace: Workspace) -> None:
    lost_and_hidden(workspace)
    workspace.voices = {}
    for arguments in (["plan"], ["apply", "--yes", "--settle", "60"]):
        started = time.monotonic()
        assert "ada: it was sent once and never answered" in workspace.run(*arguments).stderr
        assert time.monotonic() - started < 30  # of the 60 that it would be waited for


@pytest.mark.parametrize("echo", ["yes", "no"])
def test_a_pin_of_what_a_lost_replace_has_made_is_the_voice(workspace: Workspace, echo: str) -> None:
    """Its former voice, which the lock knows, comes first otherwise; and plan and apply say the same."""
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo, published_hidden=True)
    workspace.voice("ada", publish=True)
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    lost_and_hidden(workspace)
    made = workspace.there()[-1]["id"]
    workspace.voice("ada", ids={"us": made})
    assert all(action != "replace" for action, *_ in workspace.changes())
    workspace.apply("--settle", "0.3")
    assert workspace.changes() == []
    assert len(workspace.there()) == 2
    assert json.loads(workspace.run("ids").stdout)["ada"]["us"] == made
    [account] = json.loads(workspace.lock.read_text())["regions"]["us"].values()
    origins = {voice["id"]: voice["origin"] for voice in account["ada"]["voices"]}
    assert origins[made] == "found", "whose it is a pin doesn't say"
    workspace.new_sample("ada", pitch=800)
    assert workspace.changes() == [("replace", "ada", "content_differs")]


@pytest.mark.parametrize("fields", [{}, {"name": "Another name"}])
def test_a_pin_that_was_there_before_decides_nothing_about_a_lost_create(
    workspace: Workspace, fields: dict[str, str]
) -> None:
    """It names the voice that the key had all along."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="no", published_hidden=True)
    workspace.voice("ada")
    workspace.apply()
    workspace.voice("ada", ids={"us": workspace.there()[0]["id"]})
    assert workspace.changes() == []
    workspace.new_sample("ada", pitch=700)
    lost_and_hidden(workspace, **fields)
    assert len(workspace.there()) == 2
    is_withheld(workspace)


def test_a_lost_create_holds_nothing_back_at_another_endpoint(workspace: Workspace) -> None:
    """One of an emulator says nothing of the service itself; and the other way round."""
    lost_and_hidden(workspace)
    region = workspace.settings["regions"]["us"]
    here, there = region["base_url"], region["base_url"].replace("127.0.0.1", "localhost")
    region["base_url"] = there
    assert workspace.changes() == [("create", "ada", "not_in_region")]
    workspace.apply("--settle", "0.3")
    assert workspace.calls() == ["POST /voice"]
    region["base_url"] = here
    assert "ada was sent and not answered" in workspace.run("plan").stderr
