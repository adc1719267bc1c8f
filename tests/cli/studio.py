"""A folder to stand in, an account with one voice, and the program that speaks with it."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from cli.program import command, environment, keyed, run
from service import Emulator
from workspace import write_tone

TEXT = "Call me Ishmael."


class Studio:
    """``voice`` is the id of the voice, ``sample`` the recording that it was made of."""

    def __init__(self, folder: Path, emulator: Emulator, key: str) -> None:
        self.folder, self.emulator, self.key = folder / "here", emulator, key
        self.folder.mkdir()
        self.env = keyed(
            emulator.base_url,
            key,
            DEEPDUB_BASE_WEBSOCKET_URL=emulator.websocket_url,
            DEEPDUB_BASE_WEBSOCKET_STREAMING_URL=emulator.streaming_url,
        )
        self.sample = write_tone(folder / "ada.wav")
        self.voice = self._add_voice()
        emulator.clear_requests(key)

    def _add_voice(self) -> str:
        data = base64.b64encode(self.sample.read_bytes()).decode()
        voice = {"filename": "ada.wav", "data": data, "title": "Ada", "gender": "FEMALE", "locale": "en-GB"}
        _, answer = self.emulator.call(self.key, "POST", "/voice", voice)
        return str(answer["response"]["voice_prompt_id"])

    def run(
        self, name: str, *arguments: str, code: int = 0, voice: bool = True, **options: Any
    ) -> CompletedProcess[str]:
        """Run a command, with the voice unless it isn't wanted; what fails prints one line, no more."""
        line = [name, *self.chosen(voice=voice), *arguments]
        done = run(*line, **{"env": self.env, "cwd": self.folder, **options})
        assert done.returncode == code, f"{done.returncode}\n{done.stdout[:999]}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        if code:
            assert done.stdout == ""
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done

    @contextmanager
    def running(self, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command in the background; it is killed at the end of the block."""
        with environment(self.env) as variables:
            line = command(name, *self.chosen(voice=True), *arguments)
            pipe = subprocess.PIPE
            with subprocess.Popen(
                line, cwd=self.folder, env=variables, stdin=pipe, stdout=pipe, stderr=pipe
            ) as process:
                try:
                    yield process
                finally:
                    process.kill()

    def chosen(self, *, voice: bool) -> list[str]:
        return ["--voice-prompt-id", self.voice] if voice else []

    def asked(self, path: str = "/tts") -> list[dict[str, Any]]:
        """Return the bodies of the requests to a path."""
        return [entry["body"] for entry in self.emulator.requests(self.key) if entry["path"] == path]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def binary(done: CompletedProcess[str]) -> bytes:
    """Return stdout as the bytes that it was."""
    return done.stdout.encode("utf-8", "surrogateescape")
