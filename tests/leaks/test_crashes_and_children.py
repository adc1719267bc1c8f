"""Where the program breaks down, or starts others: neither a traceback nor a child gets the key."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from auth.secret_service import SecretService, need, secret_service
from cli.program import command, environment
from leaks.gossip import Gossip
from leaks.place import Place
from leaks.spellings import found_in

# A library that breaks down and says with what: a mistake of ours, or of theirs, would look like this.
_BREAK = """\
import http.client

def putheader(self, name, *values):
    if name.lower() == "x-api-key":
        raise ValueError(f"{name}: {values!r}")
    return before(self, name, *values)

before, http.client.HTTPConnection.putheader = http.client.HTTPConnection.putheader, putheader
"""
_BREAK_SOCKETS = """\
import websockets.asyncio.client as client

async def handshake(self, additional_headers=None, *_):
    raise ValueError(f"headers: {additional_headers!r}")

client.ClientConnection.handshake = handshake
"""
SPEAK = ("tts-stream", "Call me Ishmael.", "--voice-prompt-id", "v", "-o", "a.wav")


@pytest.fixture
def service() -> Iterator[SecretService]:
    need()
    with secret_service() as running:
        yield running


CRASHES = {
    "voices": (_BREAK, ("voices", "list")),
    "plan": (_BREAK, ("plan",)),
    "apply": (_BREAK, ("apply", "--yes")),
    "tts-stream": (_BREAK_SOCKETS, SPEAK),
}
LINES = {"plan": ("plan",), "apply": ("apply", "--yes", "--settle", "0.1"), "tts-stream": SPEAK}


@pytest.mark.parametrize(("broken", "line"), CRASHES.values(), ids=CRASHES)
def test_a_crash_says_where_and_not_the_key(place: Place, broken: str, line: tuple[str, ...]) -> None:
    (place.folder / "watch" / "sitecustomize.py").write_text(broken)
    done = place.run("-v", *line)
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    assert "***" in done.stderr
    assert place.said_in(done) == []
    assert place.leaks() == {}


def test_a_crash_steers_no_terminal(place: Place) -> None:
    """What a service has sent may be in the message of whatever breaks down."""
    broken = _BREAK.replace('f"{name}: {values!r}"', '"a\\x1b]0;b\\x07\\x9b31m\\u202ec\\rd"')
    (place.folder / "watch" / "sitecustomize.py").write_text(broken)
    done = place.run("voices", "list")
    assert "ValueError: a" in done.stderr
    assert [char for char in done.stderr if not char.isprintable() and char != "\n"] == []


@pytest.mark.parametrize(
    ("name", "failure"), [("plan", ""), ("apply", "a broken header"), ("tts-stream", "an error")]
)
def test_nor_does_pythons_development_mode(place: Place, telling: Gossip, name: str, failure: str) -> None:
    """It logs what takes long, and what is left open."""
    telling.failure, telling.lists = failure, True
    there = telling.variables() if failure else {}
    python = {"PYTHONWARNINGS": "default", "PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1"}
    done = place.run("-v", *LINES[name], env={**there, **python}, python=("-X", "dev"))
    assert done.returncode == (1 if failure else 0), done.stderr
    assert place.said_in(done) == []
    assert place.leaks() == {}


def test_nor_is_it_in_what_a_fatal_signal_leaves(place: Place) -> None:
    place.emulator.faults(place.key, [{"kind": "hang", "method": "GET"}])
    pipe = subprocess.PIPE
    with environment() as plain:
        variables = {**place.variables(plain), "PYTHONFAULTHANDLER": "1"}
        line = command("-v", "plan")
        with subprocess.Popen(line, env=variables, cwd=place.folder, stdout=pipe, stderr=pipe) as process:
            while not place.emulator.fault_counts(place.key)[0]["struck"]:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGABRT)
            out, err = process.communicate(timeout=60)
    assert b"Fatal Python error: Aborted" in err
    assert found_in(out + err, place.key) == []
    assert place.leaks() == {}


def test_a_key_that_is_stored_is_as_silent(place: Place, service: SecretService) -> None:
    env = {"DEEPDUB_API_KEY": "", **service.variables}
    said = [place.run("-v", "auth", "login", "--stdin", env=env, input=place.key)]
    assert service.stored() == {"us": place.key}
    said += [place.run("-v", *line.split(), env=env) for line in ("plan", "auth status -r us --check")]
    (place.folder / "watch" / "sitecustomize.py").write_text(_BREAK)
    crash = place.run("-v", "plan", env=env)
    assert [done.returncode for done in said] == [0, 0, 0]
    assert "ValueError" in crash.stderr
    assert [place.said_in(done) for done in (*said, crash)] == [[], [], [], []]
    assert place.leaks() == {}


def test_an_emulator_neither_keeps_nor_says_the_keys_that_it_is_asked_with(place: Place) -> None:
    """It has one in its environment, too, which its own children do not."""
    pipe = subprocess.PIPE
    with environment() as plain:
        process = subprocess.Popen(
            command("-v", "emulator", "--port", "0", "--data", "data"),
            env=place.variables(plain),
            cwd=place.folder,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        with process:
            there = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
            made = place.run("apply", "--yes", env=there)
            spoken = place.run("tts", "Hello.", "--voice", "ada", "-o", "a.mp3", env=there)
            process.terminate()
            out, err = process.communicate(timeout=60)
    assert (made.returncode, spoken.returncode) == (0, 0), made.stderr + spoken.stderr
    assert found_in((out + err).encode(), place.key) == []
    assert (place.folder / "data" / "emulator.sqlite3").exists()
    assert place.leaks() == {}


@pytest.mark.proof
def test_the_demo_gives_none_of_its_many_programs_the_key(place: Place) -> None:
    done = place.run("demo", "-o", "tour")
    assert done.returncode == 0, done.stderr
    started = [path for path in place.seen.iterdir() if path.name.startswith("python")]
    assert len(started) > 10
    assert place.said_in(done) == []
    assert place.leaks() == {}
