"""The emulator against a description of the service: schemathesis makes up requests, right and wrong.

It looks at the status, content type, headers and body of each answer; that what is right is taken and what is
wrong is refused, that a key is needed, that other methods are refused, and that what was deleted is gone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cli.program import environment
from emulator.samples import WAV_BASE64, upload
from service import Emulator

from ddvoices.emulator.rest import ROUTES

HERE = Path(__file__).parent / "described"


def check(emulator: Emulator, key: str, folder: Path, *options: str) -> tuple[int, str]:
    """Run schemathesis in a folder, and return its exit code and what it says."""
    voices = [upload(emulator, key) for _ in range(3)]
    spoken = {"model": "m", "targetText": "A", "locale": "en-US", "voiceReference": WAV_BASE64}
    status, answer = emulator.call(key, "POST", "/tts/retroactive", spoken)
    assert status == 200, answer
    ids = {"VOICES": " ".join(voices), "ORDERS": answer["url"].rpartition("/")[2]}
    paths = {"PYTHONPATH": f"{HERE}:{HERE.parents[1]}", "PYTHONWARNINGS": ""}
    where = ["--config-file", str(HERE / "schemathesis.toml"), "run", str(HERE / "service.yaml")]
    what = ["--url", emulator.base_url, "--header", f"x-api-key: {key}", "--continue-on-failure", *options]
    with environment({**ids, **paths}) as env:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *where, *what],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("phase", "options", "least"),
    [
        # The edges of each field, and each way to be wrong; the body of an order is that of speech.
        ("coverage", ["--exclude-operation-id", "order"], 400),
        pytest.param("coverage", [], 600, marks=pytest.mark.proof),
        ("fuzzing", ["-n", "10"], 80),
        pytest.param("fuzzing", ["-n", "500"], 4000, marks=pytest.mark.proof),
        # With the listing all chains begin with it and no voice is ever made; both draw on true randomness.
        pytest.param("stateful", ["-n", "100"], 200, marks=pytest.mark.proof),
        pytest.param(
            "stateful", ["-n", "100", "--exclude-operation-id", "listVoices"], 100, marks=pytest.mark.proof
        ),
    ],
)
def test_the_emulator_is_as_described(emulator, api_key, tmp_path, phase, options, least):
    code, said = check(emulator, api_key, tmp_path, "--phases", phase, *options)
    assert code == 0, said
    passed = re.search(r"(\d+) generated, (\d+) passed", said)
    assert passed, said
    assert int(passed[1]) == int(passed[2]) > least


FAULTS = [
    {"method": "GET", "path": "/voice", "kind": "html", "status": 400},
    {"method": "GET", "path": "/voice/*", "kind": "status", "status": 500},
    {"method": "DELETE", "path": "/voice/*", "kind": "status", "status": 418},
    {"method": "POST", "path": "/voice", "kind": "status", "status": 400, "skip": 3},
]
FOUND = {
    "GET /voice": "Undocumented Content-Type",
    "GET /voice/{id}": "Server error",
    "DELETE /voice/{id}": "Undocumented status code",
    "POST /voice": "Schema-valid request rejected",
    "PUT /voice": "Response violates schema",
}


def test_an_emulator_that_is_otherwise_is_found_out(emulator, api_key, tmp_path):
    emulator.settings(api_key, unset="null")
    emulator.faults(api_key, FAULTS)
    code, said = check(emulator, api_key, tmp_path, "--phases", "coverage", "--include-path-regex", "^/voice")
    assert code == 1, said
    parts = re.split(r"^_+ ([A-Z]+ /\S+) _+$", said, flags=re.MULTILINE)[1:]
    failures = dict(zip(parts[::2], parts[1::2], strict=True))
    assert {name: text for name, text in FOUND.items() if text not in failures.get(name, "")} == {}, said


def test_the_description_has_every_call_of_the_emulator():
    paths = yaml.safe_load((HERE / "service.yaml").read_text(encoding="utf-8"))["paths"]
    described = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert described - {("PARAMETERS", "/voice/{id}")} == {(route.method, route.path) for route in ROUTES}
