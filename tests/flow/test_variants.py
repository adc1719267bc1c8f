"""What the service may do otherwise: in every variant, apply then plan shows no changes."""

from __future__ import annotations

import json

import pytest
from workspace import Workspace

VARIANTS = [
    {"gender_case": "lower"},
    {"unset": "absent"},
    {"unset": "null"},
    {"list_order": "oldest"},
    {"list_order": "random"},
    {"list_shape": "bare"},
    {"name_on_post": "ignored"},
    {"echo_speaker_id": "no"},
    {"echo_speaker_id": "own"},
    {"published_hidden": True},
    {"visible_after_ms": 700},
    {"list_max_limit": 120},
    {"list_default": 1},
    {"echo_speaker_id": "no", "name_on_post": "ignored", "unset": "absent", "gender_case": "lower"},
]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_apply_then_plan_shows_no_changes(workspace: Workspace, variant: dict[str, object]) -> None:
    workspace.emulator.settings(workspace.key, **variant)
    (
        workspace.voice("ada", title="The title of Ada"),
        workspace.voice("bob"),
        workspace.voice("eve", publish=True),
    )
    report = workspace.apply()
    assert report["converged"], report
    assert workspace.changes() == []
    assert len(workspace.there()) == 3
    names = {voice["id"]: voice["name"] for voice in workspace.there()}
    ids = json.loads(workspace.run("ids").stdout)
    assert {key: names[regions["us"]] for key, regions in ids.items()} == {
        "ada": "Ada",
        "bob": "Bob",
        "eve": "Eve",
    }


@pytest.mark.parametrize("echo", ["no", "own"])
def test_without_an_echo_the_lock_is_named_and_a_replace_works(workspace: Workspace, echo: str) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada")
    done = workspace.run("apply", "--yes")
    assert "known by ddvoices.lock.json alone" in done.stderr
    workspace.new_sample("ada", pitch=600)
    assert workspace.changes() == [("replace", "ada", "content_differs")]
    workspace.apply()
    assert workspace.changes() == []
    assert workspace.changes("--prune") == [("delete", "ada", "superseded")]
    workspace.apply("--prune")
    assert [voice["id"] for voice in workspace.there()] == [
        json.loads(workspace.run("ids").stdout)["ada"]["us"]
    ]


@pytest.mark.parametrize("echo", ["no", "own"])
def test_without_echo_and_lock_a_voice_is_adopted_by_its_name(workspace: Workspace, echo: str) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada")
    workspace.apply()
    workspace.lock.unlink()
    workspace.calls()
    assert workspace.changes() == [("adopt", "ada", "natural_key")]
    workspace.apply()
    assert workspace.calls() == []
    assert workspace.changes() == []


def test_a_silent_cap_of_the_listing_is_noticed_and_nothing_is_planned(workspace: Workspace) -> None:
    for number in range(4):
        workspace.voice(f"voice-{number}")
    workspace.apply()
    workspace.emulator.settings(workspace.key, list_cap=3)
    plan = workspace.plan(code=1)
    assert "not whole" in plan["regions"]["us"]["error"]
    assert not plan["complete"]
    workspace.calls()
    workspace.apply("--prune", code=1)
    assert workspace.calls() == []


@pytest.mark.parametrize("unpublished_too", [True, False])
def test_a_published_voice_that_the_listing_lacks_is_a_gap_where_another_one_is_listed(
    workspace: Workspace, unpublished_too: bool
) -> None:
    """Published ones are not hidden here, then."""
    workspace.voice("ada", publish=True), workspace.voice("bob", publish=True)
    if unpublished_too:
        workspace.voice("cleo")
    workspace.apply()
    workspace.emulator.settings(workspace.key, list_cap=len(workspace.voices) - 1)
    workspace.calls()
    assert "the listing is not whole" in workspace.plan(code=1)["regions"]["us"]["error"]
    workspace.apply(code=1)
    assert workspace.calls() == []


def test_a_library_of_250_voices_is_seen_whole(workspace: Workspace) -> None:
    voice = workspace.voice("voice-000")
    for number in range(1, 250):
        sample = workspace.root / f"samples/{number}.wav"
        # a wave file's sound is its data: other numbers of silent frames at the end are other sounds
        data = (workspace.root / voice["sample"]).read_bytes() + bytes(2 * number)
        size = len(data)
        sample.write_bytes(
            data[:4]
            + (size - 8).to_bytes(4, "little")
            + data[8:40]
            + (size - 44).to_bytes(4, "little")
            + data[44:]
        )
        workspace.voices[f"voice-{number:03}"] = {
            **voice,
            "name": f"Voice {number}",
            "sample": f"samples/{number}.wav",
        }
    workspace.apply()
    assert len(workspace.there()) == 250
    assert workspace.plan()["summary"]["noop"] == 250


@pytest.mark.parametrize("status", [400, 503])
def test_a_correction_that_failed_is_no_refusal_of_the_service(workspace: Workspace, status: int) -> None:
    workspace.emulator.settings(workspace.key, name_on_post="ignored")
    workspace.voice("ada", title="Short")
    rule = {"method": "PUT", "path": "/voice", "kind": "status", "status": status, "retry_after": "0.01"}
    workspace.emulator.faults(workspace.key, [rule])
    report = workspace.apply(code=4)
    assert f"PUT /voice: {status}" in report["outcomes"][0]["error"]
    workspace.emulator.faults(workspace.key, [])
    assert workspace.changes() == [("update", "ada", "fields_differ")]
    assert workspace.apply()["converged"]
    assert [voice["name"] for voice in workspace.there()] == ["Ada"]


def test_a_run_ends_when_one_listing_holds_all_that_it_has_made(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, list_cap=3)
    for number in range(5):
        workspace.voice(f"v{number}")
    report = workspace.apply("--settle", "0.3", code=4)
    assert "the listing is not whole" in json.dumps(report) or "doesn't list it" in json.dumps(report)
    assert not report["converged"]


def test_a_listing_that_is_cut_is_noticed_by_the_first_voice_that_takes_anothers_place(
    workspace: Workspace,
) -> None:
    for number in range(6):
        workspace.voice(f"v{number}")
    workspace.apply()
    workspace.emulator.settings(workspace.key, list_cap=3)
    workspace.lock.unlink()
    report = workspace.apply("--settle", "0.3", code=None)
    assert len(workspace.there()) == 7, "one second copy is all that it takes to notice"
    assert "not whole" in json.dumps(report)


@pytest.mark.parametrize("there", [98, 99])
def test_a_lost_create_is_not_sent_again_where_the_listing_may_be_cut(
    workspace: Workspace, there: int
) -> None:
    """It is cut at 100, of which only the last create is new: whether it was made can't be told then."""
    workspace.emulator.settings(workspace.key, list_cap=100, list_order="oldest")
    for number in range(there):
        workspace.stranger(title=f"Theirs {number}")
    workspace.voice("ada"), workspace.voice("bob")
    rule = {"method": "POST", "path": "/voice", "kind": "status", "status": 503, "when": "after", "skip": 1}
    workspace.emulator.faults(workspace.key, [rule])
    report = workspace.apply("--settle", "0.3", code=None)
    assert len(workspace.there()) == there + 2
    assert report["converged"] is (there == 98)
    workspace.emulator.settings(workspace.key, list_cap=None)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == there + 2


def test_one_voice_that_takes_anothers_place_in_the_listing_has_failed(workspace: Workspace) -> None:
    for number in range(3):
        workspace.voice(f"v{number}")
    workspace.apply()
    workspace.emulator.settings(workspace.key, list_cap=3)
    workspace.voice("new")
    report = workspace.apply("--settle", "0.3", code=4)
    assert "the listing is not whole" in report["outcomes"][0]["error"]


def test_after_a_change_of_owner_the_lock_is_not_what_knows_the_voices(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.settings |= {"owner": "new-owner-1a2b", "former_owners": [workspace.settings["owner"]]}
    assert "alone" not in workspace.run("apply", "--yes").stderr


@pytest.mark.parametrize("hidden", [True, False])
def test_a_voice_is_looked_at_again_after_its_name_was_set(workspace: Workspace, hidden: bool) -> None:
    """A hidden one by its id; else a warning of nothing would be remembered in the lock."""
    workspace.emulator.settings(workspace.key, published_hidden=hidden, name_on_post="ignored")
    workspace.voice("ada", title="Another title", publish=True)
    for name in ("Ada", "Ada Lovelace"):
        workspace.voice("ada", name=name)
        done = workspace.run("apply", "--yes", "--settle", "60")
        assert "the service keeps" not in done.stderr
        assert "reported" not in workspace.lock.read_text()
        assert [voice["name"] for voice in workspace.there()] == [name]
    assert workspace.changes() == []
