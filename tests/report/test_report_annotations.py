"""Annotations, read as GitHub's runner reads a log: each line is one command, and says what was meant."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli.program import run
from hypothesis import given
from hypothesis import strategies as st
from workspace import write_tone

from ddvoices.errors import Problem
from ddvoices.report.annotations import annotation
from ddvoices.report.terminal import printable

nasty = st.lists(
    st.sampled_from(
        ["%", "%0A", "\n", "\r\n", "::", ":", ",", "##[error]", "::stop-commands::x", "=", "\x1b[0K"]
    )
    | st.text(max_size=5)
).map("".join)


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Return command, properties and data of a line, as the runner takes them apart and unescapes them."""
    match = re.fullmatch(r"\s*::(\w[\w-]*)(?: (.*?))?::(.*)", line)
    assert match, line
    pairs = (pair.partition("=") for pair in (match[2] or "").split(","))
    properties = {name: undone(value, {"%3A": ":", "%2C": ","}) for name, _, value in pairs}
    return match[1], properties, undone(match[3], {})


def undone(text: str, more: dict[str, str]) -> str:
    for escape, meant in {"%0D": "\r", "%0A": "\n", **more, "%25": "%"}.items():
        text = text.replace(escape, meant)
    return text


@given(nasty, st.integers(0, 5), nasty, nasty)
def test_an_annotation_is_one_command_that_says_what_was_meant(
    file: str, line: int, path: str, message: str
) -> None:
    said = annotation("error", Problem(file, line, line, path, message))
    assert said.splitlines() == [said]
    command, properties, data = read(said)
    title = f"ddvoices: {printable(path)}" if path else "ddvoices"
    place = {"line": str(line), "col": str(line)} if line else {}
    named = {"file": printable(file)} if file else {}
    assert (command, properties) == ("error", {**named, **place, "title": title})
    assert data == printable(message)


def a_catalog(root: Path, voices: dict[str, object]) -> None:
    write_tone(root / "short.wav", seconds=1)
    (root / "catalog.yaml").write_text("{version: 1, owner: tests-4mq7, regions: {us: {}}}")
    (root / "all.yaml").write_text(json.dumps({"voices": voices}))


def validated(folder: Path, code: int, **env: str) -> list[str]:
    done = run("validate", "--format", "github", cwd=folder, env=env)
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    return done.stdout.splitlines()


GOOD = {"name": "Ada", "sample": "short.wav", "gender": "female"}


def test_warnings_of_a_valid_catalog_stand_beside_their_lines(tmp_path: Path) -> None:
    a_catalog(tmp_path / "voices", {"ada": GOOD})
    *lines, last = validated(tmp_path, 0)
    assert [read(line)[0] for line in lines] == ["warning"]
    assert read(lines[0])[1]["file"] == "voices/all.yaml"
    assert last == "0 errors, 1 warning"


def test_a_file_is_named_from_the_root_of_the_repository(tmp_path: Path) -> None:
    a_catalog(tmp_path / "deep" / "voices", {"ada": GOOD | {"gender": "x"}})
    inside, outside = str(tmp_path), str(tmp_path / "other")
    for workspace, file in ((inside, "deep/voices/all.yaml"), (outside, "voices/all.yaml")):
        lines = validated(tmp_path / "deep", 3, GITHUB_WORKSPACE=workspace)
        command, properties, data = read(lines[0])
        assert (command, properties["file"], properties["line"]) == ("error", file, "1")
        assert "'female'" in data


def test_all_are_there_and_said_how_many_github_shows(tmp_path: Path) -> None:
    a_catalog(tmp_path / "voices", {f"v{number}": GOOD | {"gender": "x"} for number in range(11)})
    *lines, last = validated(tmp_path, 3)
    assert [read(line)[0] for line in lines] == ["error"] * 11
    assert last == "11 errors, 0 warnings; GitHub shows 10 of each beside the files, all of them are above"


def test_names_that_look_like_commands_are_none(tmp_path: Path) -> None:
    """Of files, keys and values, with the catalog where one stands, so that lines could begin with a name."""
    a_catalog(tmp_path, {"::error::x\n::error::y": GOOD, "##[error]x": GOOD | {"gender": "\n::error::z"}})
    (tmp_path / "::add-mask::x\n::error::w.yaml").write_text("voices: {ada: {}}")
    *lines, last = validated(tmp_path, 3, DDVOICES_CATALOG=".")
    assert lines
    assert {read(line)[1]["title"].partition(":")[0] for line in lines} == {"ddvoices"}
    assert re.fullmatch(r"\d+ errors, 0 warnings", last)


def test_a_lock_that_cannot_be_used_is_an_error_too(tmp_path: Path) -> None:
    a_catalog(tmp_path / "voices", {"ada": GOOD})
    (tmp_path / "voices" / "ddvoices.lock.json").write_text("<<<<<<< ours")
    lines = validated(tmp_path, 1)
    assert [read(line)[0] for line in lines[:-1]] == ["error", "warning"]
    assert lines[-1] == "1 error, 1 warning"
