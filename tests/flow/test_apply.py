"""From a catalog to the service and back: what is applied, and that it stays so."""

from __future__ import annotations

import hashlib
import json

import pytest
from workspace import Workspace

from ddvoices.identity import read_marker


def test_a_create_sends_everything_that_the_catalog_says(workspace: Workspace) -> None:
    workspace.voice(
        "ada",
        name="Ada (narrator)",
        locale="en-GB",
        age=34,
        speaking_style="Calm",
        publish=True,
        text="What is said.",
        title="Ada",
    )
    report = workspace.apply()
    [voice] = workspace.there()
    sample = (workspace.root / "samples/ada.wav").read_bytes()
    assert {name: voice[name] for name in ("name", "title", "locale", "gender", "age", "text")} == {
        "name": "Ada (narrator)",
        "title": "Ada",
        "locale": "en-GB",
        "gender": "female",
        "age": 34,
        "text": "What is said.",
    }
    assert (voice["speaking_style"], voice["publish"]) == ("Calm", True)
    assert voice["sha256"] == hashlib.sha256(sample).hexdigest()
    assert read_marker(voice["speaker_id"]) is not None
    assert report["outcomes"] == [
        {
            "region": "us",
            "key": "ada",
            "action": "create",
            "result": "applied",
            "id": voice["id"],
            "error": None,
        }
    ]
    assert report["summary"]["applied"] == 1
    assert (report["pending"], report["converged"]) == (0, True)


def test_apply_then_plan_shows_no_changes_and_a_second_apply_writes_nothing(two_regions: Workspace) -> None:
    for key in ("ada", "bob", "cleo"):
        two_regions.voice(key)
    two_regions.apply()
    assert two_regions.run("plan", "--detailed-exitcode").stdout == "No changes. 6 in sync.\n"
    two_regions.calls("us"), two_regions.calls("eu")
    lock = two_regions.lock.read_bytes()
    assert two_regions.apply()["outcomes"] == []
    assert (two_regions.calls("us"), two_regions.calls("eu")) == ([], [])
    assert two_regions.lock.read_bytes() == lock


def test_a_change_of_the_name_is_one_put(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.calls()
    workspace.voice("ada", name="Ada Lovelace")
    assert workspace.changes() == [("update", "ada", "fields_differ")]
    workspace.apply()
    assert workspace.calls() == ["PUT /voice"]
    assert workspace.there()[0]["name"] == "Ada Lovelace"
    assert workspace.changes() == []


def test_another_sample_makes_a_new_voice_and_keeps_the_old_one(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    [old] = workspace.there()
    workspace.new_sample("ada", pitch=500)
    assert workspace.changes() == [("replace", "ada", "content_differs")]
    workspace.apply()
    assert workspace.there()[0]["id"] == old["id"]
    plan = workspace.plan()
    assert plan["regions"]["us"]["observed"] == {
        "total": 2,
        "managed": 1,
        "unmanaged": 0,
        "superseded": 1,
        "duplicate": 0,
        "orphaned": 0,
        "kept": {},
    }
    assert plan["summary"]["noop"] == 1
    new = json.loads(workspace.run("ids").stdout)["ada"]["us"]
    assert new == workspace.there()[1]["id"]


@pytest.mark.parametrize("lock", ["kept", "lost"])
def test_putting_the_old_sample_back_uploads_nothing(workspace: Workspace, lock: str) -> None:
    workspace.voice("ada")
    workspace.apply()
    old = workspace.new_sample("ada", pitch=500)
    workspace.apply()
    (workspace.root / "samples/ada.wav").write_bytes(old)
    if lock == "lost":
        workspace.lock.unlink()
    workspace.calls()
    assert workspace.changes() == ([("adopt", "ada", "rolled_back")] if lock == "kept" else [])
    workspace.apply()
    assert workspace.calls() == []
    assert workspace.changes() == []
    assert json.loads(workspace.run("ids").stdout)["ada"]["us"] == workspace.there()[0]["id"]


def test_a_renamed_key_uploads_nothing(workspace: Workspace) -> None:
    voice = workspace.voice("ada")
    workspace.apply()
    workspace.calls()
    workspace.voices = {"ada-narrator": voice}
    assert workspace.changes() == [("adopt", "ada-narrator", "renamed")]
    workspace.apply()
    assert workspace.calls() == []
    assert workspace.changes() == []


def test_two_keys_that_swap_their_samples_upload_nothing(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    workspace.calls()
    ada, bob = workspace.voices["ada"], workspace.voices["bob"]
    ada["sample"], bob["sample"] = bob["sample"], ada["sample"]
    assert [change[:2] for change in workspace.changes()] == [
        ("adopt", "ada"),
        ("update", "ada"),
        ("adopt", "bob"),
        ("update", "bob"),
    ]
    workspace.apply()
    assert workspace.calls() == ["PUT /voice", "PUT /voice"]
    assert workspace.changes() == []


def test_a_lost_lock_changes_nothing_and_is_written_again(workspace: Workspace) -> None:
    workspace.voice("ada", protect=True), workspace.voice("bob")
    workspace.apply()
    lock = workspace.lock.read_bytes()
    workspace.lock.unlink()
    assert workspace.changes() == []
    workspace.apply()
    assert workspace.lock.read_bytes() == lock


def test_only_the_chosen_keys_are_applied_and_the_rest_stays_pending(workspace: Workspace) -> None:
    workspace.voice("ada-1", labels={"show": "moby"}), workspace.voice("ada-2"), workspace.voice("bob")
    report = workspace.apply("-t", "ada-*", "-l", "show=moby")
    assert [outcome["key"] for outcome in report["outcomes"]] == ["ada-1"]
    assert (report["pending"], report["converged"]) == (2, False)
    assert [change[1] for change in workspace.changes()] == ["ada-2", "bob"]


def test_one_region_is_applied_alone(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    two_regions.apply("-r", "eu")
    assert (len(two_regions.there("us")), len(two_regions.there("eu"))) == (0, 1)


def test_a_voice_of_one_region_is_not_made_in_the_other(two_regions: Workspace) -> None:
    two_regions.voice("ada", regions=["eu"])
    two_regions.apply()
    assert (len(two_regions.there("us")), len(two_regions.there("eu"))) == (0, 1)
    ids = json.loads(two_regions.run("ids").stdout)
    assert ids == {"ada": {"eu": two_regions.there("eu")[0]["id"]}}
    assert two_regions.run("ids", "--format", "env").stdout == f"DDVOICES_ADA_EU={ids['ada']['eu']}\n"


def test_tags_in_a_sample_change_nothing(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    path = workspace.root / "samples/ada.wav"
    data = path.read_bytes()
    chunk = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    path.write_bytes(data[:4] + (len(data) + len(chunk) - 8).to_bytes(4, "little") + data[8:] + chunk)
    assert workspace.changes() == []


def test_an_unset_title_is_not_compared_and_a_set_one_is_content(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.voice("ada", title="Ada, title")
    assert workspace.changes() == [("replace", "ada", "content_differs")]


def test_withdrawing_publish_says_that_the_old_voice_stays_public(workspace: Workspace) -> None:
    workspace.voice("ada", publish=True)
    workspace.apply()
    workspace.voice("ada", publish=False)
    [change] = workspace.plan()["regions"]["us"]["changes"]
    assert change["reason"] == "publish_withdrawn"
    assert "stays public" in change["note"]
    workspace.apply()
    assert "stays public" in workspace.run("plan").stderr
    workspace.apply("--prune")
    assert "public" not in workspace.run("plan").stderr
