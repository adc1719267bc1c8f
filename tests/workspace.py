"""A catalog in a temporary repository, and the real program to use on it."""

from __future__ import annotations

import base64
import json
import math
import struct
import uuid
import wave
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from cli.program import run
from service import Emulator

RATE = 16000


def write_tone(path: Path, *, pitch: float = 220.0, seconds: float = 3.2, rate: int = RATE) -> Path:
    """Write a WAV with one soft tone: as good as speech where nobody listens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(_tone(pitch, int(seconds * rate), rate))
    return path


def held(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder and below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@cache  # every test has the same few
def _tone(pitch: float, count: int, rate: int) -> bytes:
    samples = (int(8000 * math.sin(2 * math.pi * pitch * number / rate)) for number in range(count))
    return b"".join(struct.pack("<h", sample) for sample in samples)


class Workspace:
    """A catalog of which every change is one call; each region has an account of its own.

    Nothing is written until ``save`` (``run`` saves too), and JSON is YAML.
    """

    def __init__(self, folder: Path, emulator: Emulator, *, regions: tuple[str, ...] = ("us",)) -> None:
        self.folder = folder
        self.root = folder / "voices"
        self.emulator = emulator
        self.keys = {region: f"dd-{uuid.uuid4().hex}" for region in regions}
        self.settings: dict[str, Any] = {
            "version": 1,
            "owner": "tests-4mq7",
            "regions": {region: {"base_url": emulator.base_url} for region in regions},
            "defaults": {"regions": list(regions)},
        }
        self.voices: dict[str, dict[str, Any]] = {}
        self._made = 0
        self.env: dict[str, str] = {f"DEEPDUB_API_KEY_{r.upper()}": key for r, key in self.keys.items()}

    @property
    def key(self) -> str:
        """The API key of the first region."""
        return next(iter(self.keys.values()))

    @property
    def lock(self) -> Path:
        return self.root / "ddvoices.lock.json"

    def voice(self, key: str, **fields: Any) -> dict[str, Any]:
        """Add a voice, or change fields of one; None removes a field. A new one gets a sample of its own."""
        if key not in self.voices:
            self._made += 1
            pitch = 150.0 + 13 * self._made
            sample = write_tone(self.root / "samples" / f"{key}.wav", pitch=pitch)
            relative = sample.relative_to(self.root).as_posix()
            self.voices[key] = {"name": key.title(), "sample": relative, "gender": "female"}
        voice = self.voices[key]
        voice.update(fields)
        for name in [name for name, value in voice.items() if value is None]:
            del voice[name]
        return voice

    def new_sample(self, key: str, *, pitch: float) -> bytes:
        """Overwrite a voice's sample by another sound and return the old file."""
        path = self.root / self.voices[key]["sample"]
        old = path.read_bytes()
        write_tone(path, pitch=pitch)
        return old

    def save(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "catalog.yaml").write_text(json.dumps(self.settings), encoding="utf-8")
        (self.root / "all.yaml").write_text(json.dumps({"voices": self.voices}), encoding="utf-8")

    def run(self, *arguments: str, code: int | None = 0, **options: Any) -> CompletedProcess[str]:
        """Save, run ``ddvoices`` with ``arguments``, and hold its exit code against ``code``."""
        self.save()
        environment = {**self.env, **options.pop("env", {})}
        done = run(*arguments, cwd=self.folder, env=environment, **options)
        assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def plan(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Return the plan made now, held against its schema."""
        from ddvoices.plan import read_document

        done = self.run("plan", "--format", "json", *arguments, code=code)
        return read_document(done.stdout, name="stdout")

    def changes(self, *arguments: str, region: str = "us") -> list[tuple[str, str | None, str]]:
        """Return (action, key, reason) of what is pending in a region."""
        changes = self.plan(*arguments)["regions"][region]["changes"]
        return [(change["action"], change["key"], change["reason"]) for change in changes]

    def apply(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> dict[str, Any]:
        """Apply without asking and return the report."""
        done = self.run("apply", "--yes", "--format", "json", *arguments, code=code, env=env or {})
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def calls(self, region: str = "us") -> list[str]:
        """Return the writes that the service was asked for since the last time, such as ``POST /voice``."""
        key = self.keys[region]
        log = self.emulator.requests(key)
        self.emulator.clear_requests(key)
        return [f"{entry['method']} {entry['path']}" for entry in log if entry["method"] != "GET"]

    def there(self, region: str = "us") -> list[dict[str, Any]]:
        """Return what the service holds, oldest first."""
        return self.emulator.voices(self.keys[region])

    def stranger(self, **fields: Any) -> str:
        """Make a voice by hand, as somebody else would, and return its id."""
        sample = write_tone(self.folder / "stranger.wav", pitch=333)
        body = {"filename": "s.wav", "data": base64.b64encode(sample.read_bytes()).decode(), **fields}
        status, answer = self.emulator.call(self.key, "POST", "/voice", body)
        assert status == 200, answer
        voice_id: str = answer["response"]["voice_prompt_id"]
        return voice_id

    def others(self, region: str = "us") -> list[tuple[str, str | None]]:
        """Return (standing, key) of what no key means."""
        document = json.loads(self.run("status", "--format", "json").stdout)
        return [(other["standing"], other["key"]) for other in document["regions"][region]["others"]]
