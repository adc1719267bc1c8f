"""Voices by regions at a glance: whether each is the same everywhere, and how many are."""

from __future__ import annotations

import json
from pathlib import Path

from cli.program import shown_at
from service import Emulator
from workspace import Workspace

DOWN = {"method": "GET", "path": "/voice", "kind": "status", "status": 400}


def behind_our_back(workspace: Workspace, region: str, called: str, method: str, **fields: str) -> None:
    """Change or delete one voice of one region, as somebody else would."""
    [voice] = [voice for voice in workspace.there(region) if voice["name"] == called]
    path, body = ("/voice", {"id": voice["id"], **fields}) if fields else (f"/voice/{voice['id']}", None)
    status, _ = workspace.emulator.call(workspace.keys[region], method, path, body)
    assert status in (200, 204)


def uneven(workspace: Workspace) -> Workspace:
    """Make one voice of each parity."""
    for key in ("differing", "missing", "same", "unknown"):
        workspace.voice(key)
    workspace.voice("us-only", regions=["us"])
    workspace.apply()
    behind_our_back(workspace, "eu", "Missing", "DELETE")
    behind_our_back(workspace, "eu", "Differing", "PUT", name="Another")
    workspace.voice("adopted")
    workspace.apply("-r", "eu", "-t", "adopted")
    workspace.stranger(title="Adopted", locale="en-US", gender="FEMALE", speaking_style="Neutral")
    workspace.voice("unknown", ids={"eu": "3f0e5b2a-0000-4000-8000-000000000000"})
    workspace.lock.unlink()
    behind_our_back(workspace, "eu", "Unknown", "DELETE")
    return workspace


MATRIX = """\
   voice      eu        us
<= adopted    ok        to adopt
≠  differing  differs   ok
+  missing    missing   ok
=  same       ok        ok
?  unknown    error     ok
=  us-only    -         ok

Status: = 2 in sync in all their regions; ≠ 1 differs; + 1 missing somewhere; <= 1 to adopt; ? 1 not known.
"""


def test_a_mark_says_whether_a_voice_is_the_same_in_all_its_regions(two_regions: Workspace) -> None:
    assert uneven(two_regions).run("status", code=1).stdout == MATRIX


def test_only_differing_leaves_out_what_is_in_sync_and_counts_it(two_regions: Workspace) -> None:
    uneven(two_regions)
    shown = "".join(line for line in MATRIX.splitlines(keepends=True) if not line.startswith("= "))
    assert two_regions.run("status", "--only-differing", code=1).stdout == shown
    document = json.loads(two_regions.run("status", "--only-differing", "--format", "json", code=1).stdout)
    parity = {"adopted": "to_adopt", "differing": "differs", "missing": "missing", "unknown": "unknown"}
    assert document["parity"] == parity
    assert document["voices"].keys() == parity.keys()
    counts = {"to_adopt": 1, "differs": 1, "missing": 1, "unknown": 1, "in_sync": 2, "not_wanted": 0}
    assert document["summary"] == counts


def test_a_region_that_is_down_is_told_first_and_its_voices_are_not_known(two_regions: Workspace) -> None:
    two_regions.voice("ada"), two_regions.voice("bob")
    two_regions.apply()
    two_regions.emulator.faults(two_regions.keys["eu"], [DOWN])
    done = two_regions.run("status", code=1)
    assert done.stderr.startswith("error: eu: ")
    assert done.stdout.endswith("\nStatus: ? 2 not known.\n")


def test_where_all_is_well_one_region_has_no_marks(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    assert workspace.run("status").stdout == ("voice  us\nada    ok\nbob    ok\n\nStatus: 2 in sync in us.\n")
    assert workspace.run("status", "--only-differing").stdout == "Status: 2 in sync in us.\n"


def test_an_empty_catalog_and_what_is_beside_it(workspace: Workspace) -> None:
    assert workspace.run("status").stdout == "Status: no voices in the catalog.\n"
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    workspace.stranger(title="Theirs")
    workspace.voices = {}
    last = workspace.run("status").stdout.splitlines()[-1]
    assert last == "Status: no voices in the catalog. Also there: 2 orphaned, 1 unmanaged."


def test_many_regions_that_have_no_room_side_by_side_are_named(tmp_path: Path, emulator: Emulator) -> None:
    regions = tuple(f"region-{number}" for number in range(7))
    workspace = Workspace(tmp_path, emulator, regions=regions)
    workspace.env = {f"DEEPDUB_API_KEY_REGION_{n}": key for n, key in enumerate(workspace.keys.values())}
    workspace.voice("ada"), workspace.voice("bob", regions=regions[:2])
    wide = workspace.run("status").stdout.splitlines()
    assert wide[0].split() == ["voice", *regions]
    lines = shown_at(60, "--color", "never", "status", env=workspace.env, cwd=workspace.folder)
    assert lines[:3] == [
        "+  ada  missing: region-0, region-1, region-2, region-3,",
        "     region-4, region-5, region-6",
        "+  bob  missing: region-0, region-1",
    ]
