"""A process that is forked (`warm`) is to whoever runs it what one is that was started anew."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli.program import command, environment
from cli.warm import run_warm
from service import Emulator


@pytest.mark.parametrize(
    ("arguments", "data", "extra"),
    [
        (["--help"], b"", {}),
        (["--version"], b"", {}),
        (["nonsense"], b"", {"FORCE_COLOR": "1"}),
        (["plan"], b"", {}),
        (["--catalog", "\N{SNOWMAN}", "validate"], b"", {}),
        (["auth", "login", "--stdin"], b"dd-key\n", {}),
        (
            ["tts", "--voice-prompt-id", "x", "-o", "-"],
            "Wo l\xe4uft's?\r\n\ud800".encode("utf-8", "surrogatepass"),
            {},
        ),
        (["tts", "-o", "a.mp3"], b"word " * 60_000, {}),  # which nobody reads
        (["schema", "plan"], b"", {}),
        (["apply", "--color", "always", "--yes"], b"", {}),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value)[:40],
)
def test_it_says_and_ends_with_the_same(
    arguments: list[str], data: bytes, extra: dict[str, str], emulator: Emulator, api_key: str, tmp_path: Path
) -> None:
    known = {"DEEPDUB_BASE_URL": emulator.base_url, "DEEPDUB_API_KEY": api_key, "TZ": "Asia/Kolkata", **extra}
    with environment(known) as variables:
        cold = subprocess.run(
            command(*arguments), env=variables, cwd=tmp_path, input=data, capture_output=True, check=False
        )
        warm = run_warm(arguments, env=uncounted(variables), cwd=tmp_path, data=data, timeout=60)
    assert warm is not None
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_what_lasts_too_long_is_killed(tmp_path: Path) -> None:
    with environment() as variables, pytest.raises(subprocess.TimeoutExpired):
        run_warm(["emulator", "--port", "0"], env=uncounted(variables), cwd=tmp_path, data=b"", timeout=0.5)


@pytest.mark.parametrize(
    "name", ["COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONUTF8", "LC_ALL"]
)
def test_what_python_reads_at_its_start_is_read_at_one(name: str, tmp_path: Path) -> None:
    with environment({name: "0"}) as variables:
        assert run_warm(["--version"], env=variables, cwd=tmp_path, data=b"", timeout=60) is None


def uncounted(variables: dict[str, str]) -> dict[str, str]:
    """Leave out what would have coverage counted."""
    return {name: value for name, value in variables.items() if not name.startswith("COVERAGE")}
