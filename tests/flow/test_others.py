"""Voices that no key means: what they are called, what a prune deletes, what it never touches."""

from __future__ import annotations

import json

import pytest
from killing import kill_at
from workspace import Workspace


def test_a_strangers_voice_is_counted_and_never_touched(workspace: Workspace) -> None:
    theirs = workspace.stranger(title="Theirs")
    hint = "`ddvoices import --all` takes in what no catalog has made.\n"
    assert workspace.run("plan").stdout.endswith(f"\nUnmanaged: 1 voice. {hint}")
    assert workspace.run("status").stderr.endswith(f"\n{hint}")
    workspace.voice("ada")
    workspace.apply()
    assert workspace.run("plan").stdout == "No changes. 1 in sync.\nUnmanaged: 1 voice.\n"
    assert workspace.others() == [("unmanaged", None)]
    workspace.voices = {}
    workspace.apply("--prune", "--force")
    assert [voice["id"] for voice in workspace.there()] == [theirs]


def test_a_voice_of_the_same_name_is_adopted_and_updated_without_an_upload(workspace: Workspace) -> None:
    theirs = workspace.stranger(title="Ada", locale="en-US", gender="FEMALE", speaking_style="Neutral")
    workspace.voice("ada")
    workspace.calls()
    assert workspace.changes() == [("adopt", "ada", "natural_key")]
    report = workspace.apply()
    assert [(o["result"], o["id"]) for o in report["outcomes"]] == [("adopted", theirs)]
    workspace.voice("ada", name="Ada Lovelace")
    workspace.apply()
    assert workspace.calls() == ["PUT /voice"]
    assert workspace.changes() == []


def test_a_strangers_voice_is_replaced_but_never_deleted(workspace: Workspace) -> None:
    theirs = workspace.stranger(title="Ada", locale="en-US", gender="FEMALE", speaking_style="Neutral")
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=444)
    assert workspace.changes() == [("replace", "ada", "content_differs")]
    workspace.apply()
    assert (
        "Left over: 1 superseded. --prune deletes none.\n1 stays: 1 adopted; " in workspace.run("plan").stdout
    )
    workspace.voices = {}
    done = workspace.run("apply", "--yes", "--prune", "--force")
    assert "1 stays: 1 adopted; " in done.stdout
    assert [voice["id"] for voice in workspace.there()] == [theirs]


@pytest.mark.parametrize(
    "listings", [2, *(pytest.param(at, marks=pytest.mark.proof) for at in (None, 1, 3))], ids=str
)
def test_what_was_taken_for_a_lost_create_by_its_name_is_never_deleted(
    workspace: Workspace, listings: int | None
) -> None:
    """Where no marker comes back it may be a stranger's, also if a run is killed soon after finding it."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="own")
    workspace.voice("ada")
    workspace.apply()
    former = workspace.new_sample("ada", pitch=444)
    workspace.save()
    kill_at(workspace, {"method": "POST", "path": "/voice"}, "before")
    theirs = workspace.stranger(title="Ada", locale="en-US", gender="FEMALE", speaking_style="Neutral")
    if listings is not None:
        kill_at(workspace, {"method": "GET", "path": "/voice", "skip": listings}, "before")
    workspace.apply()
    (workspace.root / workspace.voices["ada"]["sample"]).write_bytes(former)
    workspace.apply()
    workspace.voices = {}
    workspace.apply("--prune", "--force")
    assert [voice["id"] for voice in workspace.there()] == [theirs]


def test_two_that_look_alike_ask_for_a_pin_and_the_pin_decides(workspace: Workspace) -> None:
    first, second = (workspace.stranger(title="Ada", gender="FEMALE") for _ in range(2))
    workspace.voice("ada"), workspace.voice("bob")
    plan = workspace.plan(code=1)
    [error] = plan["regions"]["us"]["errors"]
    assert (error["key"], error["reason"]) == ("ada", "ambiguous")
    assert first in error["message"]
    assert [change["key"] for change in plan["regions"]["us"]["changes"]] == ["bob"]
    workspace.voice("ada", ids={"us": second})
    assert workspace.changes()[0] == ("adopt", "ada", "pinned")
    workspace.apply()
    assert json.loads(workspace.run("ids").stdout)["ada"]["us"] == second


def test_a_pin_that_is_not_there_is_an_error_and_never_a_create(workspace: Workspace) -> None:
    workspace.voice("ada", ids={"us": "00000000-0000-4000-8000-000000000000"})
    plan = workspace.plan(code=1)
    assert [error["reason"] for error in plan["regions"]["us"]["errors"]] == ["pin_not_found"]
    workspace.apply(code=1)
    assert workspace.there() == []


def test_a_former_voice_stays_if_its_successor_fails(workspace: Workspace) -> None:
    for pitch in (500, 600):
        workspace.voice("ada")
        workspace.apply()
        workspace.new_sample("ada", pitch=pitch)
    assert ("delete", "ada", "superseded") in workspace.changes("--prune")
    refuse = {"method": "POST", "path": "/voice", "kind": "status", "status": 402}
    workspace.emulator.faults(workspace.key, [refuse])
    workspace.calls()
    report = workspace.apply("--prune", code=1)
    assert "DELETE" not in " ".join(workspace.calls())
    assert [outcome["result"] for outcome in report["outcomes"]] == ["failed", "skipped"]
    assert report["outcomes"][1]["error"] == "its successor isn't there: apply with --prune again once it is"
    workspace.emulator.faults(workspace.key, [])
    workspace.calls()
    report = workspace.apply("--prune")
    assert [outcome["result"] for outcome in report["outcomes"]] == ["applied", "applied"]
    assert [call.split()[0] for call in workspace.calls()] == ["POST", "DELETE"]


def test_orphans_stay_until_they_are_pruned(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    del workspace.voices["bob"]
    assert workspace.changes() == []
    assert workspace.others() == [("orphaned", "bob")]
    assert workspace.changes("--prune") == [("delete", "bob", "orphaned")]
    workspace.voice("cleo")
    workspace.calls()
    workspace.apply("--prune")
    asked = {f"{entry['method']} {entry['path']}" for entry in workspace.emulator.requests(workspace.key)}
    assert [call for call in asked if call.startswith("GET /voice/")] == [], "what is deleted isn't missed"
    assert {voice["name"] for voice in workspace.there()} == {"Ada", "Cleo"}
    assert "bob" not in workspace.lock.read_text()


def test_with_a_target_no_orphan_is_deleted(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    del workspace.voices["bob"]
    assert workspace.changes("--prune", "-t", "*") == []


def test_copies_of_one_voice_are_called_duplicate_and_the_oldest_stays(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    [mine] = workspace.there()
    workspace.stranger(title="Ada", speaker_id=mine["speaker_id"])
    assert workspace.others() == [("duplicate", "ada")]
    workspace.apply("--prune")
    assert [voice["id"] for voice in workspace.there()] == [mine["id"]]


@pytest.mark.parametrize("listed", [True, False], ids=["in the catalog", "removed from it"])
def test_a_protected_voice_is_never_deleted(workspace: Workspace, listed: bool) -> None:
    workspace.voice("ada", protect=True), workspace.voice("bob")
    workspace.apply()
    if not listed:
        del workspace.voices["ada"]
        status = json.loads(workspace.run("status", "--format", "json").stdout)
        assert [other["kept"] for other in status["regions"]["us"]["others"]] == ["protected"]
    assert workspace.changes("--prune") == []


def test_a_protected_voice_is_not_replaced_and_the_run_is_refused(workspace: Workspace) -> None:
    workspace.voice("ada", protect=True), workspace.voice("bob")
    workspace.apply()
    workspace.new_sample("ada", pitch=444)
    workspace.voice("bob", name="Robert")
    workspace.calls()
    workspace.run("plan", code=0)
    workspace.run("plan", "--detailed-exitcode", code=6)
    for force in ([], ["--force"]):
        done = workspace.run("apply", "--yes", *force, code=6)
        assert "ada is protected" in done.stderr
    assert workspace.calls() == []
    workspace.apply("-t", "bob")
    assert workspace.calls() == ["PUT /voice"]


def test_too_many_deletes_are_refused_before_the_first_write(workspace: Workspace) -> None:
    for number in range(5):
        workspace.voice(f"voice-{number}")
    workspace.apply()
    workspace.voices = {}
    workspace.voice("new")
    workspace.calls()
    done = workspace.run("apply", "--yes", "--prune", code=6)
    assert "5 of 5 voices would be deleted" in done.stderr
    assert workspace.calls() == []
    assert not workspace.plan("--prune")["applyable"]
    workspace.apply("--prune", "--force")
    assert len(workspace.there()) == 1


def test_no_voices_at_all_delete_nothing_without_prune(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.voices = {}
    workspace.apply()
    assert len(workspace.there()) == 1


def test_a_former_owners_voices_are_adopted_and_its_orphans_stay(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    workspace.settings.update(owner="another-9k2d", former_owners=["tests-4mq7"])
    workspace.lock.unlink()
    del workspace.voices["bob"]
    workspace.calls()
    assert workspace.changes() == [("adopt", "ada", "former_owner")]
    workspace.apply("--prune")
    assert workspace.calls() == []
    assert workspace.changes("--prune") == []


def test_another_catalogs_voices_are_unmanaged(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.settings["owner"] = "somebody-else"
    workspace.lock.unlink()
    assert workspace.changes("--prune") == [("create", "ada", "not_in_region")]
    assert workspace.others() == [("unmanaged", None)]


def test_a_moved_key_finds_its_voice_even_with_another_sample(workspace: Workspace) -> None:
    voice = workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=999)
    workspace.voices = {"countess": {**voice, "moved_from": ["ada"]}}
    [change] = workspace.plan()["regions"]["us"]["changes"]
    assert (change["action"], change["id"]) == ("replace", workspace.there()[0]["id"])
    workspace.apply()
    assert workspace.others() == [("superseded", "countess")]


def test_a_rotated_key_of_the_same_account_changes_nothing(workspace: Workspace) -> None:
    """The lock is written under the key's hash, and its ids are found under the new key."""
    theirs = workspace.stranger(title="Ada", gender="FEMALE")
    workspace.voice("ada", ids={"us": theirs})
    workspace.apply()
    lock = json.loads(workspace.lock.read_text())
    accounts = lock["regions"]["us"]
    accounts["000000000000"] = accounts.pop(next(iter(accounts)))
    workspace.lock.write_text(json.dumps(lock))
    assert workspace.changes() == []


def test_a_pinned_voice_that_is_published_and_hidden_stays_in_sync(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    theirs = workspace.stranger(title="Ada", publish=True)
    workspace.voice("ada", ids={"us": theirs})
    workspace.apply()
    assert workspace.changes() == []
    workspace.apply()
    assert workspace.changes() == []


def test_a_pin_of_another_catalogs_voice_is_an_error_and_nothing_is_written(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.settings["owner"] = "somebody-else"
    workspace.lock.unlink()
    workspace.voice("ada", name="Mine now", ids={"us": workspace.there()[0]["id"]})
    workspace.calls()
    [error] = workspace.plan(code=1)["regions"]["us"]["errors"]
    assert error["reason"] == "foreign"
    workspace.apply(code=1)
    assert workspace.calls() == []


def test_a_400_for_a_locked_voice_is_not_taken_for_gone(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    workspace.apply()
    rule = {"method": "GET", "path": "/voice/*", "kind": "status", "status": 400}
    workspace.emulator.faults(workspace.key, [rule])
    assert "400" in workspace.plan(code=1)["regions"]["us"]["error"]
    workspace.apply(code=1)
    workspace.emulator.faults(workspace.key, [])
    assert workspace.changes() == []
    assert len(workspace.there()) == 1


def test_what_is_left_over_is_counted_without_a_prune_too(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    del workspace.voices["bob"]
    left = "Left over: 1 superseded, 1 orphaned. --prune deletes them.\n"
    assert workspace.run("plan").stdout.endswith(left)
    assert "Left over" not in workspace.run("plan", "--prune").stdout


def test_the_lock_is_to_be_committed_only_when_it_has_changed(workspace: Workspace) -> None:
    """And not for the sake of a voice of which it knows no more than its pin does."""
    pinned, _ = workspace.stranger(title="Theirs"), workspace.stranger(title="Ada", gender="FEMALE")
    workspace.voice("pinned", ids={"us": pinned}, sample=None)
    assert workspace.run("apply", "--yes").stderr == ""
    workspace.voice("ada")
    known = "1 voice is known by ddvoices.lock.json alone (ada)"
    assert known in workspace.run("apply", "--yes").stderr
    assert workspace.run("apply", "--yes").stderr == ""
    workspace.voice("bob"), workspace.voice("cleo"), workspace.stranger(title="Cleo", gender="FEMALE")
    assert known in workspace.run("apply", "--yes", "-t", "bob").stderr, "cleo isn't adopted yet"
    workspace.new_sample("ada", pitch=700)
    assert "alone (cleo)" in workspace.run("apply", "--yes").stderr, "ada's new voice carries a marker"


def test_a_voice_that_is_gone_is_said_to_be(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.emulator.reset(workspace.key)
    assert workspace.changes() == [("create", "ada", "gone")]


def test_what_was_sent_under_a_former_key_is_remembered(workspace: Workspace) -> None:
    workspace.voice("ada", age=30)
    workspace.apply()
    voice = workspace.voices.pop("ada")
    workspace.voices = {"countess": {**voice, "age": 31, "moved_from": ["ada"]}}
    [change] = workspace.plan()["regions"]["us"]["changes"]
    assert {"path": "age", "before": 30, "after": 31} in change["fields"]
    assert "note" not in change


def test_a_former_owner_that_is_forgotten_uploads_nothing(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.settings |= {"owner": "new-owner-1a2b", "former_owners": [workspace.settings["owner"]]}
    workspace.apply()
    del workspace.settings["former_owners"]
    workspace.calls()
    [error] = workspace.plan(code=1)["regions"]["us"]["errors"]
    assert (error["reason"], "former_owners" in error["message"]) == ("foreign", True)
    workspace.apply(code=1)
    assert workspace.calls() == []


@pytest.mark.parametrize("echo", ["yes", "no"])
@pytest.mark.parametrize("how", ["withdrawn", "removed"])
def test_a_public_voice_that_nobody_needs_is_said_until_it_is_gone(
    workspace: Workspace, how: str, echo: str
) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada", publish=True)
    workspace.apply()
    workspace.voices = {} if how == "removed" else workspace.voices
    if how == "withdrawn":
        workspace.voice("ada", publish=False)
    workspace.apply()
    assert "stays public until it is deleted" in workspace.run("plan").stderr
    workspace.apply("--prune")
    assert "public" not in workspace.run("plan").stderr


@pytest.mark.proof
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_what_no_key_means_is_named_and_a_prune_deletes_all_that_was_ours(
    workspace: Workspace, echo: str
) -> None:
    """A copy is known by its marker, where the service shows it; without, it is a stranger's."""
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    for key in ("ada", "bob", "cleo"):
        workspace.voice(key)
    workspace.apply()
    made = {voice["name"]: voice for voice in workspace.there()}
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    del workspace.voices["bob"]
    workspace.stranger(title="Cleo's copy", speaker_id=made["Cleo"]["speaker_id"])
    theirs = workspace.stranger(title="Theirs")
    copy = ("duplicate", "cleo") if echo == "yes" else ("unmanaged", None)
    left = [("superseded", "ada"), ("orphaned", "bob"), ("unmanaged", None)]
    assert sorted(workspace.others(), key=str) == sorted([*left, copy], key=str)
    text = workspace.run("status").stdout
    assert all(word in text for word, _ in (*left, copy))
    workspace.apply("--prune")
    assert [standing for standing, _ in workspace.others()] == ["unmanaged"] * (2 if echo == "no" else 1)
    assert theirs in {voice["id"] for voice in workspace.there()}
    assert workspace.changes("--prune") == []


@pytest.mark.proof
def test_a_refusal_in_one_region_is_one_before_the_first_write_in_any(two_regions: Workspace) -> None:
    for number in range(5):
        two_regions.voice(f"voice-{number}")
    two_regions.apply()
    for number in range(4):
        two_regions.voice(f"voice-{number}", regions=["us"])
    two_regions.voice("new")
    two_regions.calls("us"), two_regions.calls("eu")
    done = two_regions.run("apply", "--yes", "--prune", code=6)
    assert "eu: 4 of 5 voices would be deleted" in done.stderr
    assert (two_regions.calls("us"), two_regions.calls("eu")) == ([], [])
    two_regions.apply("--prune", "--force")
    assert (len(two_regions.there("us")), len(two_regions.there("eu"))) == (6, 2)


@pytest.mark.proof
def test_a_listing_that_is_not_whole_deletes_nothing_there(two_regions: Workspace) -> None:
    """The other region is pruned all the same."""
    for key in ("ada", "bob", "cleo"):
        two_regions.voice(key)
    two_regions.apply()
    del two_regions.voices["bob"]
    two_regions.emulator.settings(two_regions.key, list_cap=2)
    two_regions.calls("us")
    report = two_regions.apply("--prune", code=4)
    assert [(o["region"], o["action"]) for o in report["outcomes"]] == [("eu", "delete")]
    assert two_regions.calls("us") == []
