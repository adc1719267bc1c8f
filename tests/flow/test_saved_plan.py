"""What was reviewed is what is applied."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from workspace import Workspace, write_tone


def saved(workspace: Workspace, *arguments: str) -> None:
    workspace.run("plan", "-o", "plan.json", *arguments)


def results(workspace: Workspace, *, code: int) -> list[tuple[str, str]]:
    done = workspace.run("apply", "plan.json", "--format", "json", code=code)
    return [(outcome["key"], outcome["result"]) for outcome in json.loads(done.stdout)["outcomes"]]


def test_it_is_run_and_the_second_time_it_is_already_so(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    saved(workspace)
    assert results(workspace, code=0) == [("ada", "applied"), ("bob", "applied")]
    assert results(workspace, code=0) == [("ada", "already"), ("bob", "already")]
    assert len(workspace.there()) == 2


def test_it_holds_no_more_than_was_reviewed(workspace: Workspace) -> None:
    workspace.voice("ada")
    saved(workspace)
    workspace.voice("bob")
    done = workspace.run("apply", "plan.json", "--format", "json")
    report = json.loads(done.stdout)
    assert [outcome["key"] for outcome in report["outcomes"]] == ["ada"]
    assert (report["pending"], report["converged"]) == (1, False)


def new_sound(workspace: Workspace) -> None:
    workspace.new_sample("ada", pitch=800)


def new_tags(workspace: Workspace) -> None:
    path = workspace.root / "samples/ada.wav"
    data = path.read_bytes() + b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])


def new_name(workspace: Workspace) -> None:
    workspace.voice("ada", name="Somebody else")


def new_age(workspace: Workspace) -> None:
    workspace.voice("ada", age=70)


def gone(workspace: Workspace) -> None:
    del workspace.voices["ada"]
    workspace.voice("bob")


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (new_sound, "its sample changed since"),
        (new_tags, "its sample changed since"),
        (new_name, "edited in the catalog since: name"),
        (new_age, "edited in the catalog since: age"),
        (gone, "the catalog has no such key here any more"),
    ],
)
def test_what_changed_since_is_stale_and_not_run(
    workspace: Workspace, edit: Callable[[Workspace], None], why: str
) -> None:
    workspace.voice("ada")
    saved(workspace)
    edit(workspace)
    workspace.calls()
    shown = workspace.run("apply", "plan.json", code=5).stdout
    assert shown.startswith(f"stale    us  create   ada\n         {why}: plan again\n")
    assert workspace.calls() == []


def test_a_part_that_is_stale_does_not_stop_the_others(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    saved(workspace)
    new_name(workspace)
    workspace.voice("cleo")
    shown = workspace.run("apply", "plan.json", code=4).stdout
    assert [line.split()[::3] for line in shown.splitlines()[:2]] == [["applied", "bob"], ["stale", "ada"]]
    assert "\nApply: 1 applied, 1 stale. 2 still to be done: also create cleo (us).\n" in shown


def test_a_delete_of_what_lives_again_is_stale(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    old = workspace.new_sample("ada", pitch=900)
    workspace.apply()
    saved(workspace, "--prune")
    (workspace.root / "samples/ada.wav").write_bytes(old)
    assert results(workspace, code=5) == [("ada", "stale")]
    assert len(workspace.there()) == 2


def test_a_delete_that_somebody_else_has_done_is_already_so(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=900)
    workspace.apply()
    saved(workspace, "--prune")
    workspace.apply("--prune")
    assert results(workspace, code=0) == [("ada", "already")]


def another_owner(document: dict) -> None:
    document["catalog"]["owner"] = "somebody"


def another_account(document: dict) -> None:
    document["regions"]["us"]["account"] = "0" * 12


def no_account(document: dict) -> None:
    document["regions"]["us"]["account"] = ""


def another_endpoint(document: dict) -> None:
    document["regions"]["us"]["endpoint"] = "http://127.0.0.1:9/api/v1"


def another_format(document: dict) -> None:
    document["format_version"] = "9.0"


def another_region(document: dict) -> None:
    document["regions"]["mars"] = document["regions"]["us"]
    document["summary"] = {action: 2 * count for action, count in document["summary"].items()}


@pytest.mark.parametrize(
    "edit",
    [another_owner, another_account, no_account, another_endpoint, another_format, another_region],
)
def test_a_plan_of_other_circumstances_runs_nothing(
    workspace: Workspace, edit: Callable[[dict], None]
) -> None:
    workspace.voice("ada")
    saved(workspace)
    path = workspace.folder / "plan.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    workspace.calls()
    done = workspace.run("apply", "plan.json", code=5)
    assert len(done.stderr.splitlines()) == 1
    assert "plan again" in done.stderr
    assert workspace.calls() == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format_version": "1.0"}', "\x00", "[" * 100_000])
def test_what_is_no_plan_is_one_line(workspace: Workspace, text: str) -> None:
    workspace.voice("ada")
    (workspace.folder / "plan.json").write_text(text)
    for command in ("apply", "show"):
        done = workspace.run(command, "plan.json", code=1)
        assert done.stderr.startswith("error: plan.json: not a")
        assert len(done.stderr.splitlines()) == 1


def test_show_prints_what_plan_printed(workspace: Workspace) -> None:
    workspace.voice("ada")
    done = workspace.run("plan", "-o", "plan.json")
    assert workspace.run("show", "plan.json").stdout == done.stdout
    shown = workspace.run("show", "plan.json", "--format", "json").stdout
    assert json.loads(shown) == json.loads((workspace.folder / "plan.json").read_text())


def pinned(workspace: Workspace) -> None:
    """A voice that somebody else has made, and a pin of it."""
    sample = write_tone(workspace.folder / "theirs.wav", pitch=333).read_bytes()
    body = {"filename": "s.wav", "data": base64.b64encode(sample).decode(), "title": "Theirs"}
    status, answer = workspace.emulator.call(workspace.key, "POST", "/voice", body)
    assert status == 200
    workspace.voice("ada", ids={"us": answer["response"]["voice_prompt_id"]})


@pytest.mark.parametrize("edit", [new_sound, new_age])
def test_a_baseline_is_the_one_that_was_reviewed(
    workspace: Workspace, edit: Callable[[Workspace], None]
) -> None:
    pinned(workspace)
    saved(workspace)
    edit(workspace)
    assert results(workspace, code=4) == [("ada", "applied"), ("ada", "stale")]
    [change] = workspace.plan()["regions"]["us"]["changes"]
    assert (change["action"], change["reason"]) == ("adopt", "baseline")


def test_an_adopt_and_an_update_of_one_voice_are_one_step(workspace: Workspace) -> None:
    pinned(workspace)
    saved(workspace)
    assert results(workspace, code=0) == [("ada", "adopted"), ("ada", "applied")]
    assert workspace.changes() == []
    new_sound(workspace)
    assert workspace.changes() == [("replace", "ada", "content_differs")]


@pytest.mark.proof
def test_a_plan_of_an_empty_catalog_is_run_once_and_then_already_so(workspace: Workspace) -> None:
    """Whatever came in between stays: it was never reviewed."""
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    voices, workspace.voices = workspace.voices, {}
    saved(workspace, "--prune")
    assert results(workspace, code=0) == [("ada", "applied"), ("bob", "applied")]
    assert results(workspace, code=0) == [("ada", "already"), ("bob", "already")]
    assert workspace.there() == []
    workspace.voices = {"cleo": voices["ada"]}
    workspace.apply()
    workspace.voices = {}
    workspace.calls()
    assert results(workspace, code=0) == [("ada", "already"), ("bob", "already")]
    assert workspace.calls() == []
    assert len(workspace.there()) == 1


@pytest.mark.proof
def test_an_empty_plan_of_an_empty_account_does_nothing_ever(workspace: Workspace) -> None:
    saved(workspace)
    for _ in range(2):
        assert results(workspace, code=0) == []
    workspace.voice("ada")
    assert results(workspace, code=0) == []
    assert workspace.there() == []


@pytest.mark.proof
def test_a_plan_for_another_key_runs_nothing(workspace: Workspace) -> None:
    """Another key is another account, as far as anybody can tell."""
    workspace.voice("ada")
    saved(workspace)
    other = f"{workspace.key}-other"
    workspace.env = dict.fromkeys(workspace.env, other)
    done = workspace.run("apply", "plan.json", code=5)
    assert "plan again" in done.stderr
    assert (workspace.there(), workspace.emulator.voices(other)) == ([], [])


@pytest.mark.proof
def test_a_replace_that_was_taken_back_since_is_stale_and_a_create_of_what_lives_already_so(
    workspace: Workspace,
) -> None:
    workspace.voice("ada")
    workspace.apply()
    old = workspace.new_sample("ada", pitch=900)
    workspace.voice("bob")
    saved(workspace)
    workspace.apply("-t", "bob")
    (workspace.root / "samples/ada.wav").write_bytes(old)
    workspace.calls()
    assert results(workspace, code=5) == [("ada", "stale"), ("bob", "already")]
    assert workspace.calls() == []


def test_a_service_that_can_not_be_asked_makes_no_plan_stale(workspace: Workspace) -> None:
    """It is as good as before, once the service answers."""
    workspace.voice("ada")
    workspace.run("plan", "-o", "plan.json")
    workspace.emulator.faults(workspace.key, [{"method": "GET", "kind": "status", "status": 403}])
    done = workspace.run("apply", "plan.json", "--format", "json", code=1)
    assert [outcome["result"] for outcome in json.loads(done.stdout)["outcomes"]] == ["skipped"]
    workspace.emulator.faults(workspace.key, [])
    workspace.run("apply", "plan.json")
    assert len(workspace.there()) == 1
