"""The official command line works with the emulator; where it goes wrong, ours does not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.program import command, environment
from emulator.samples import upload
from peers.driving import MAN, interpreter, variables, warnings_of
from peers.sounds import file_seconds, samples_of, spoken_seconds

pytestmark = pytest.mark.peers

Run = Callable[..., subprocess.CompletedProcess[bytes]]
LONG = "It was the best of times, it was the worst of times. " * 6


@pytest.fixture
def voice(emulator, api_key):
    """A woman's voice in the test's account."""
    return upload(emulator, api_key, gender="female")


def runner(who: str, start: list[str], emulator: Any, key: str, folder: Path) -> Iterator[Run]:
    with environment({**variables(emulator, key), **warnings_of(who)}) as env:

        def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                [*start, *arguments], env=env, cwd=folder, capture_output=True, check=False, timeout=120
            )

        yield run


@pytest.fixture
def deepdub(emulator, api_key, tmp_path) -> Iterator[Run]:
    """Run the official program in an empty folder, ``deepdub``."""
    folder = tmp_path / "deepdub"
    folder.mkdir()
    yield from runner("official", [interpreter("official"), "-m", "deepdub"], emulator, api_key, folder)


@pytest.fixture
def ddvoices(emulator, api_key, tmp_path) -> Iterator[Run]:
    """Run ours in an empty folder, ``ddvoices``."""
    folder = tmp_path / "ddvoices"
    folder.mkdir()
    yield from runner("ours", command(), emulator, api_key, folder)


def new_voice(form: str) -> list[str]:
    """Return the arguments that add a voice, as one of the programs wants them."""
    fields = ["--name", "Ada", "--gender", "female", "--locale", "en-GB"]
    return (
        ["add-voice", "--file", str(MAN), *fields]
        if form == "official"
        else ["voices", "add", str(MAN), *fields]
    )


def test_the_official_commands_work(emulator, api_key, voice, deepdub, tmp_path):
    emulator.settings(api_key, gender_echo=False)
    assert deepdub(*new_voice("official")).returncode == 0
    assert b"'name': 'Ada'" in deepdub("list-voices").stdout
    assert b"'predicted_gender': 'male'" in deepdub("gender-classify", "--file", MAN).stdout
    spoken = ["--text", "Good morning.", "--locale", "en-GB"]
    assert deepdub("tts", *spoken, "--voice-prompt-id", voice).returncode == 0
    assert deepdub("tts-from-ref", *spoken, "--voice-reference", MAN).returncode == 0
    for path in tmp_path.joinpath("deepdub").iterdir():
        assert file_seconds(path.read_bytes(), "mp3") > 0.5
    assert emulator.base_url.encode() in deepdub("tts-retro", *spoken, "--voice-prompt-id", voice).stderr
    sounds = deepdub("tts-async", *spoken, "--voice-prompt-id", voice, "--format", "s16le").stdout
    assert len(sounds) > 48000


def test_nothing_is_published_unless_it_is_asked_for(emulator, api_key, deepdub, ddvoices):
    assert deepdub(*new_voice("official")).returncode == 0
    assert ddvoices(*new_voice("ours")).returncode == 0
    assert [stored["publish"] for stored in emulator.voices(api_key)] == [True, False]


def test_speech_that_was_paid_for_is_saved(emulator, api_key, voice, deepdub, ddvoices, tmp_path):
    asked = ["--voice-prompt-id", voice]
    assert deepdub("tts", "--text", LONG, *asked).returncode == 1
    assert not list(tmp_path.joinpath("deepdub").iterdir())
    assert ddvoices("tts", LONG, *asked).returncode == 0
    (saved,) = tmp_path.joinpath("ddvoices").iterdir()
    assert file_seconds(saved.read_bytes(), "mp3") > 10
    paid = [each["status"] for each in emulator.requests(api_key) if each["path"] == "/tts"]
    assert paid == [200, 200]


def test_results_are_on_stdout(emulator, voice, deepdub, ddvoices):
    asked = ["--voice-prompt-id", voice]
    retro = deepdub("tts-retro", "--text", "Hello.", *asked)
    assert (retro.returncode, retro.stdout) == (0, b"")
    retro = ddvoices("tts-retro", "Hello.", *asked)
    assert retro.returncode == 0
    assert retro.stdout.decode().startswith(emulator.base_url)


def test_a_mistake_is_one_line(voice, deepdub, ddvoices):
    failed = deepdub("tts", "--text", "Hello.", "--voice-prompt-id", "nobody")
    assert b"Traceback" in failed.stderr
    failed = ddvoices("tts", "Hello.", "--voice-prompt-id", "nobody")
    assert failed.returncode == 1
    assert failed.stderr.count(b"\n") == 1
    assert b"nobody" in failed.stderr


def test_pieces_are_written_as_one_file(voice, deepdub, ddvoices, tmp_path):
    asked = ["--voice-prompt-id", voice]
    with pytest.raises(AssertionError):  # its length is that of the first piece
        samples_of(deepdub("tts-async", "--text", "Good morning, Ishmael.", *asked).stdout)
    assert ddvoices("tts-stream", "Good morning, Ishmael.", *asked, "-o", "whole.wav").returncode == 0
    whole = tmp_path.joinpath("ddvoices", "whole.wav").read_bytes()
    assert spoken_seconds(samples_of(whole)[1], 22050) > 1
