"""A recording of the size that is taken costs about as much to check, whatever it is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attack_audio import ATTACKS, PLAIN, SIZE
from cli.program import run

# What a process has come to at its end: seconds of work, and the most memory that it has held, in kB.
_MEASURE = """\
import atexit, os, time

@atexit.register
def measure():
    with open("/proc/self/status") as file:
        memory = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    with open(os.environ["MEASURED"], "w") as file:
        print(time.process_time(), memory, file=file)
"""
_ALWAYS = {"wav: samples", "m4a: boxes", "opus: packets"}
_EACH = [pytest.param(name, marks=() if name in _ALWAYS else pytest.mark.proof) for name in ATTACKS]


def validated(folder: Path, sample: bytes) -> tuple[float, int, str]:
    """Return what it cost to validate a catalog of one voice, and what was said."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_MEASURE)
    (folder / "sample").write_bytes(sample)
    voice = {"name": "Ada", "sample": "sample", "gender": "female"}
    settings = {"version": 1, "owner": "tests-4mq7", "regions": {"us": {}}}
    (folder / "catalog.yaml").write_text(json.dumps(settings))
    (folder / "all.yaml").write_text(json.dumps({"voices": {"ada": voice}}))
    path = f"{folder}:{Path(__file__).parents[2]}"
    env = {"PYTHONPATH": path, "MEASURED": str(folder / "measured")}
    done = run("--catalog", folder, "validate", env=env)
    assert done.returncode in {0, 3}, done.stderr
    assert "Traceback" not in done.stderr
    (folder / "sample").unlink()
    seconds, memory = (folder / "measured").read_text().split()
    return float(seconds), int(memory), done.stdout + done.stderr


@pytest.mark.parametrize("name", _EACH)
def test_a_file_that_is_all_pieces_costs_little_more_than_a_recording(tmp_path: Path, name: str) -> None:
    attack = ATTACKS[name]()
    assert SIZE * 0.99 < len(attack) <= SIZE
    plain_seconds, plain_memory, _ = validated(tmp_path / "plain", PLAIN)
    seconds, memory, said = validated(tmp_path / "attack", attack)
    assert seconds < 10 * plain_seconds, said
    assert memory < 1.5 * plain_memory, said
