"""``completion``: real shells complete what is typed, and nothing is ever printed into the line."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.program import environment, open_terminal, run
from cli.test_help import SLOW
from workspace import write_tone

SHELLS: Mapping[str, tuple[str, ...]] = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "--interactive"),
}
OTHERS = tuple(name for name in SHELLS if name != "bash")  # with the long proofs: a shell takes seconds
TAKE: Mapping[str, str] = {
    "bash": 'eval "$(ddvoices completion bash)"',
    "zsh": 'autoload -Uz compinit && compinit -u -D && eval "$(ddvoices completion zsh)"',
    "fish": "ddvoices completion fish | source",
}
# what is typed before the tab key, and what the program is called with then
LINES: Mapping[str, list[str]] = {
    "pla": ["plan"],
    "voices li": ["voices", "list"],
    "plan --detai": ["plan", "--detailed-exitcode"],
    "plan --format js": ["plan", "--format", "json"],
    "new x.wav --gender non": ["new", "x.wav", "--gender", "non_binary"],
    "plan -t ada": ["plan", "-t", "ada-narrator"],
    "apply --target bo": ["apply", "--target", "bob"],
    "tts Hello. --voice bo": ["tts", "Hello.", "--voice", "bob"],
    "plan -r la": ["plan", "-r", "lab"],
    "tts Hello. -r e": ["tts", "Hello.", "-r", "eu"],
    "new x.wav --into narr": ["new", "x.wav", "--into", "narrators.yaml"],
    "gender record": ["gender", "recording.wav"],
    "schema batch-": ["schema", "batch-report"],
    "completion fi": ["completion", "fish"],
    "--catalog voices plan -t ada": ["--catalog", "voices", "plan", "-t", "ada-narrator"],
    "--catalog broken plan -t ada": ["--catalog", "broken", "plan", "-t", "ada"],
    "--catalog nowhere plan -t ada": ["--catalog", "nowhere", "plan", "-t", "ada"],
}
PROGRAM = """\
#!/bin/sh
if [ -n "$LISTENING" ] && [ -z "$_DDVOICES_COMPLETE" ]; then
    for word; do printf '%s\\n' "$word"; done > called.part; mv called.part called
else
    exec "{python}" -m ddvoices "$@"
fi
"""
_PATIENCE_SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to stand in, with a good catalog and a broken one."""
    for name in ("voices", "broken"):
        root = tmp_path / name
        write_tone(root / "a.wav")
        regions = {"us": {}, "lab": {"base_url": "https://lab.deepdub.ai"}}
        settings = {"version": 1, "owner": "tests-4mq7", "regions": regions}
        (root / "catalog.yaml").write_text(json.dumps(settings))
        voice = {"name": "A", "sample": "a.wav", "gender": "male"}
        (root / "narrators.yaml").write_text(json.dumps({"voices": {"ada-narrator": voice, "bob": voice}}))
    (tmp_path / "broken" / "narrators.yaml").write_text("voices: {ada-narrator: [")
    (tmp_path / "recording.wav").touch()
    return tmp_path


@contextmanager
def shell_on_terminal(name: str, folder: Path) -> Iterator[int]:
    """Start a shell in a folder, whose ddvoices writes down what it is called with; yield its terminal."""
    program = folder / "bin" / "ddvoices"
    program.parent.mkdir()
    program.write_text(PROGRAM.replace("{python}", sys.executable))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with environment({"PATH": path, "TERM": "xterm", "COLUMNS": "200", "PS1": "> "}) as variables:
        line = [shutil.which(name) or name, *SHELLS[name]]
        with open_terminal(line, variables, folder) as (_, ours):
            yield ours


def typed(terminal: int, text: str, *, until: Path) -> str:
    """Type, wait until a file is there, and return what was shown meanwhile; the file is removed."""
    os.write(terminal, text.encode())
    shown, end = b"", time.monotonic() + _PATIENCE_SECONDS
    while not until.exists():
        assert time.monotonic() < end, shown.decode()
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError as error:
                raise AssertionError(shown.decode()) from error
    return shown.decode()


def shell_or_skip(name: str) -> None:
    if shutil.which(name) is None:
        assert not os.environ.get("CI"), f"{name} is missing: make packages"
        pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("name", ["bash", *(pytest.param(name, marks=pytest.mark.proof) for name in OTHERS)])
def test_a_shell_completes_what_is_typed(folder: Path, name: str) -> None:
    shell_or_skip(name)
    ready, called = folder / "ready", folder / "called"
    with shell_on_terminal(name, folder) as terminal:
        typed(terminal, f"{TAKE[name]}\nexport LISTENING=1; touch ready\n", until=ready)
        found = {}
        for line in LINES:
            shown = typed(terminal, f"ddvoices {line}\t\n", until=called)
            found[line] = called.read_text().split("\n")[:-1]
            called.unlink()
            assert "Traceback" not in shown
            assert "rror" not in shown
    assert found == LINES


def asked(folder: Path, line: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Ask as bash does, for the word behind a line."""
    words = line.split()
    variables = {"_DDVOICES_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    return run(cwd=folder, env={**variables, **extra})


def words(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.split("\n") if line]


def test_what_is_not_right_completes_to_nothing_in_silence(folder: Path) -> None:
    assert words(asked(folder, "ddvoices plan -t")) == ["ada-narrator", "bob"]
    assert words(asked(folder, "ddvoices plan -t", DDVOICES_CATALOG="broken")) == []
    assert words(asked(folder, "ddvoices --catalog nowhere plan -t")) == []
    assert words(asked(folder, "ddvoices --catalog recording.wav plan -t")) == []
    assert words(asked(folder, "ddvoices --catalog ~/voices plan -t")) == []
    assert words(asked(folder, "ddvoices no-such-command -t")) == words(asked(folder, "ddvoices"))
    for odd in ({"COMP_CWORD": "many"}, {"_DDVOICES_COMPLETE": "tcsh_complete"}, {"_DDVOICES_COMPLETE": "x"}):
        done = asked(folder, "ddvoices plan", **odd)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_regions_are_the_catalogs_and_the_built_in_ones(folder: Path) -> None:
    assert words(asked(folder, "ddvoices tts -r")) == ["eu", "lab", "us"]
    assert words(asked(folder, "ddvoices --catalog nowhere tts -r")) == ["eu", "us"]


def test_a_home_is_known_by_its_short_name(folder: Path) -> None:
    done = asked(folder, "ddvoices --catalog ~/voices plan -t", HOME=str(folder))
    assert words(done) == ["ada-narrator", "bob"]


ODD = (
    "zed$(touch sprung);.yaml",
    "zed`touch sprung`.yaml",
    "zed;touch sprung;.yaml",
    "zed&touch sprung&.yaml",
    "zed|touch sprung|.yaml",
    "zed 'x.yaml",
    "zed>sprung.yaml",
    "zed\n.yaml",
    "zed\x1b[2J.yaml",
    "zed\u202e.yaml",
    "~root.yaml",
    "-zed.yaml",
)


@pytest.mark.parametrize("name", ["bash", *(pytest.param(name, marks=pytest.mark.proof) for name in OTHERS)])
def test_a_files_name_is_no_command(folder: Path, name: str) -> None:
    """Bash puts what it is told into the line as it is; the next key that is pressed may run it."""
    shell_or_skip(name)
    (folder / "voices" / ODD[0]).write_text("voices: {}")
    ready, called = folder / "ready", folder / "called"
    with shell_on_terminal(name, folder) as terminal:
        typed(terminal, f"{TAKE[name]}\nexport LISTENING=1; touch ready\n", until=ready)
        typed(terminal, "ddvoices new x.wav --into zed\t\n", until=called)
        called.unlink()
        typed(terminal, "ddvoices new x.wav --into narr\t\n", until=called)
    assert not (folder / "sprung").exists()


def test_only_plain_names_of_files_are_completed(folder: Path) -> None:
    for odd in ODD:
        (folder / "voices" / odd).write_text("voices: {}")
    (folder / "voices" / "zoë-2.b,c+d.yaml").write_text("voices: {}")
    assert words(asked(folder, "ddvoices new x.wav --into")) == ["narrators.yaml", "zoë-2.b,c+d.yaml"]


_MODULES = """\
import sys
from ddvoices.cli import main
main()
open("modules", "w").write(" ".join({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    ("line", "allowed"), [("ddvoices", set()), ("ddvoices plan", set()), ("ddvoices plan -t", {"yaml"})]
)
def test_completing_imports_nothing_that_is_slow(folder: Path, line: str, allowed: set[str]) -> None:
    """Nor anything that could ask for a key or a service."""
    count = str(len(line.split()))
    asking = {"_DDVOICES_COMPLETE": "bash_complete", "COMP_WORDS": f"{line} -", "COMP_CWORD": count}
    with environment(asking) as variables:
        subprocess.run([sys.executable, "-c", _MODULES], cwd=folder, env=variables, check=True)
    assert {*SLOW} & {*(folder / "modules").read_text().split()} <= allowed


def test_the_script_is_printed_without_any_shell(folder: Path) -> None:
    for name in SHELLS:
        done = run("completion", name, cwd=folder, env={"PATH": "/nowhere"})
        assert (done.returncode, done.stderr) == (0, "")
        assert "_DDVOICES_COMPLETE" in done.stdout
    assert run("completion", "tcsh").returncode == 64
