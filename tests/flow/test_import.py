"""``import``: an account that is there already becomes a catalog, and nothing of it is changed."""

from __future__ import annotations

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.program import command, environment, run
from odd_service import NASTY, OddService
from rights import needs_modes
from workspace import Workspace, write_tone

FACTS = {"gender": "FEMALE", "locale": "en-GB", "speaking_style": "Reading"}


def imported(workspace: Workspace, name: str = "imported.yaml") -> dict[str, Any]:
    return yaml.safe_load((workspace.root / name).read_text(encoding="utf-8"))["voices"]


def files(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.root.iterdir())


def pin(voice_id: str) -> dict[str, Any]:
    return {"sample": None, "ids": {"us": voice_id}}


def test_from_an_account_to_a_catalog_and_on(workspace: Workspace) -> None:
    theirs = workspace.stranger(name="Zoë", **FACTS)
    workspace.calls()
    done = workspace.run("import", "--all")
    assert done.stdout == f"voices/imported.yaml: 1 entry\n  <= zoe  us  {theirs}\n"
    assert imported(workspace) == {
        "zoe": {
            "name": "Zoë",
            "gender": "female",
            "locale": "en-GB",
            "speaking_style": "Reading",
            "regions": ["us"],
            "ids": {"us": theirs},
        }
    }
    planned = workspace.run("plan").stdout
    assert "<= zoe  adopt    there already, named by its id; nothing is uploaded" in planned
    assert "known by its id, under ids: Zoë, en-GB, female, Reading" in planned
    workspace.apply()
    workspace.run("plan", "--detailed-exitcode")
    _give_a_sample(workspace, pitch=300)
    assert workspace.changes() == [("adopt", "zoe", "baseline")]
    workspace.apply()
    assert workspace.calls() == []
    _give_a_sample(workspace, pitch=400)
    assert workspace.changes() == [("replace", "zoe", "content_differs")]
    (workspace.root / "imported.yaml").unlink()
    workspace.apply("--prune", "--force")
    assert [voice["id"] for voice in workspace.there()] == [theirs]


def _give_a_sample(workspace: Workspace, *, pitch: float) -> None:
    voices = imported(workspace)
    voices["zoe"]["sample"] = "samples/zoe.wav"
    write_tone(workspace.root / "samples" / "zoe.wav", pitch=pitch)
    (workspace.root / "imported.yaml").write_text(json.dumps({"voices": voices}), encoding="utf-8")


def test_named_voices_go_where_they_are_wanted_and_a_dry_run_shows_it(workspace: Workspace) -> None:
    """A published voice that no listing has is named by its id, too."""
    workspace.emulator.settings(workspace.key, published_hidden=True, gender_case="lower", unset="absent")
    hidden = workspace.stranger(name="Zoe", publish=True, gender="MALE")
    other, left = (workspace.stranger(name="Other", **FACTS) for _ in range(2))
    workspace.save()
    (workspace.root / "mine.yaml").write_text("voices:\n", encoding="utf-8")
    arguments = ("import", hidden, other, hidden, "--into", "mine.yaml")
    tried = workspace.run(*arguments, "--dry-run")
    shown, said = tried.stdout, tried.stderr.splitlines()
    assert said[-2:] == ["2 entries", "nothing is written: without --dry-run this goes to voices/mine.yaml"]
    assert (workspace.root / "mine.yaml").read_text() == "voices:\n"
    workspace.run(*arguments)
    assert (workspace.root / "mine.yaml").read_text() == f"voices:\n{shown}"
    assert {key: entry["ids"]["us"] for key, entry in imported(workspace, "mine.yaml").items()} == {
        "other": other,
        "zoe": hidden,
    }
    assert workspace.changes() == [("adopt", "other", "pinned"), ("adopt", "zoe", "pinned")]
    assert left in workspace.run("import", "--all").stdout


def test_what_can_not_be_imported_is_named_and_nothing_is_written(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    bob = next(voice["id"] for voice in workspace.there() if voice["name"] == "Bob")
    workspace.settings["owner"] = "somebody-else"
    workspace.voices = {}
    workspace.voice("eve")
    workspace.lock.unlink()
    workspace.apply()
    eve = next(voice["id"] for voice in workspace.there() if voice["name"] == "Eve")
    pinned, good = workspace.stranger(name="Pia", **FACTS), workspace.stranger(name="Good", **FACTS)
    no_gender = workspace.stranger(name="No gender")
    workspace.voice("pia", **pin(pinned))
    before, update = files(workspace), f"`ddvoices voices update {no_gender} -r us"
    done = workspace.run("import", "nobody", "../x", good[:8], bob, eve, pinned, no_gender, good, code=1)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "error: no voice nobody in us: `ddvoices voices list` shows those of a region",
        "error: no voice ../x in us: `ddvoices voices list` shows those of a region",
        f"error: no voice {good[:8]} in us: ids are written whole: {good}",
        f"error: us: {bob} carries another catalog's marker",
        f"error: us: {eve} is in the catalog: eve means it",
        f"error: us: {pinned} is in the catalog: pia pins it",
        f"error: us: {no_gender} has no gender: set it by {update} --gender GENDER`",
    ]
    assert files(workspace) == before
    done = workspace.run("import", "--all")
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["good"]
    assert "1 entry, 3 left out; 2 warnings above" in done.stderr.splitlines()
    told = [line for line in done.stderr.splitlines() if line.startswith("warning: left out: ")]
    assert [("marker" in line, no_gender in line) for line in told] == [(True, False), (False, True)]
    done = workspace.run("--log-format", "json", "import", "--all")
    assert done.stdout == ""
    assert json.loads(done.stderr.splitlines()[-1])["message"].startswith("nothing to import (us: 6 ")
    assert files(workspace) == sorted([*before, "imported.yaml"])


def test_a_locale_that_the_defaults_would_change_is_told(workspace: Workspace) -> None:
    workspace.voice("ada")
    theirs = workspace.stranger(name="Zoe", gender="MALE", locale="english")
    done = workspace.run("import", "--all", "--dry-run")
    assert "locale" not in yaml.safe_load(done.stdout)["voices"]["zoe"]
    assert f"{theirs} has a locale that no catalog can hold, 'english': zoe says nothing of it" in done.stderr
    workspace.settings["defaults"]["locale"] = "en-US"
    done = workspace.run("import", theirs, code=1)
    assert done.stderr == (
        f"error: us: {theirs} has the locale 'english', and the catalog would say 'en-US': "
        f"set it by `ddvoices voices update {theirs} -r us --locale LOCALE`\n"
    )


def test_two_regions_and_one_of_them(two_regions: Workspace) -> None:
    workspace = two_regions
    for key in workspace.keys.values():
        _stranger_of(workspace, key)
    [theirs] = workspace.there("eu")
    elsewhere = workspace.run("import", theirs["id"], "-r", "us", code=1).stderr
    assert elsewhere.splitlines()[-1] == (f"error: no voice {theirs['id']} in us: it is in eu: choose -r eu")
    workspace.run("import", "--all", "-r", "us", "--into", "us.yaml")
    assert imported(workspace, "us.yaml")["ada"]["regions"] == ["us"]
    (workspace.root / "us.yaml").unlink()
    done = workspace.run("import", "--all")
    assert [line.split()[1:3] for line in done.stdout.splitlines()[1:]] == [["ada", "eu"], ["ada", "us"]]
    del workspace.env["DEEPDUB_API_KEY_EU"]
    before = files(workspace)
    assert "no API key for region eu" in workspace.run("import", "--all", code=7).stderr
    assert files(workspace) == before


def _stranger_of(workspace: Workspace, key: str) -> None:
    workspace.env["DEEPDUB_API_KEY"] = key
    keys, workspace.keys = workspace.keys, {"us": key}
    workspace.stranger(name="Ada", **FACTS)
    workspace.keys = keys
    del workspace.env["DEEPDUB_API_KEY"]


def test_a_listing_that_is_not_whole_imports_nothing(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    workspace.stranger(name="Zoe", **FACTS)
    workspace.emulator.settings(workspace.key, list_cap=1)
    before = files(workspace)
    done = workspace.run("import", "--all", code=1)
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert "not whole" in done.stderr
    assert files(workspace) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("import",), 64, "name voices by their ids, or take all with --all"),
        (("import", "--all", "x"), 64, "not both"),
        (("import", "--all", "-r", "mars"), 64, "no region 'mars'"),
        (("import", "--all", "--into", "../x.yaml"), 1, "not below the catalog"),
        (("--catalog", "nowhere", "import", "--all"), 3, "no catalog here"),
    ],
)
def test_what_can_not_be_asked_is_one_line(
    workspace: Workspace, arguments: tuple[str, ...], code: int, said: str
) -> None:
    workspace.voice("ada")
    done = workspace.run(*arguments, code=code)
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert said in done.stderr
    assert workspace.emulator.requests(workspace.key) == []


def test_anything_that_a_service_may_say_is_written_safely(workspace: Workspace, odd: OddService) -> None:
    workspace.voice("ada")
    for number, text in enumerate(NASTY.values()):
        said = {"title": text, "locale": text, "speakingStyle": text, "createdAt": text}
        odd.add(f"id-{number}", **said, name=f"{number}: {text}", gender="MALE")
        odd.add(text, **said, name=f"id {number}", gender="FEMALE")
        odd.add(f"gender-{number}", name="A", gender=text)
    for number in range(200):
        odd.add(f"more-{number}", name="Of many", gender="male", locale="en-US")
    done = workspace.run("import", "--all")
    for text in (done.stdout, done.stderr, (workspace.root / "imported.yaml").read_text(encoding="utf-8")):
        assert all(char.isprintable() or char == "\n" for char in text)
    keys = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert len(keys) > 200
    assert len(keys) + done.stderr.count("warning: left out: us: ") == len(odd.voices)
    assert workspace.run("validate").stderr == ""
    changes = [("adopt", key, "pinned") for key in keys]
    assert workspace.changes() == sorted([*changes, ("create", "ada", "not_in_region")], key=lambda c: c[1])


def test_two_at_once_import_each_voice_once(workspace: Workspace) -> None:
    workspace.stranger(name="Zoe", **FACTS)
    workspace.save()
    with environment(workspace.env) as variables:
        both = [
            subprocess.Popen(
                command("import", "--all"),
                env=variables,
                cwd=workspace.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        said = [process.communicate(timeout=60) for process in both]
    written = [out for out, _ in said if out]
    assert len(written) == 1
    assert all(out or "nothing to import" in err or "changed meanwhile" in err for out, err in said)
    assert workspace.changes() == [("adopt", "zoe", "pinned")]


def test_a_full_disk_leaves_nothing_behind(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.stranger(name="Zoe", **FACTS)
    workspace.save()
    before = files(workspace)
    with environment(workspace.env) as variables:
        # coverage writes a file of its own, which has no room either, and says so
        unmeasured = {name: value for name, value in variables.items() if not name.startswith("COVERAGE_")}
        done = subprocess.run(
            command("import", "--all"),
            env=unmeasured,
            cwd=workspace.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert "imported.yaml: can't be written: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert files(workspace) == before


@needs_modes
def test_a_folder_that_may_not_be_written_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    workspace.voice("ada")
    workspace.stranger(name="Zoe", **FACTS)
    workspace.save()
    workspace.root.chmod(0o555)
    try:
        done = run("import", "--all", cwd=tmp_path, env=workspace.env)
    finally:
        workspace.root.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be written: Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
