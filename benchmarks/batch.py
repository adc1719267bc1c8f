"""How long ``ddvoices tts-batch`` takes for many short lines, beside what the service's limit allows at best.

The service is the emulator, with a limit of C generations at once. Each takes a time L, which is measured
first, by a client that does nothing else: N lines can't be done in less than N·L/C. The wall time of the
whole program is told as a ratio to that. It is run with as many generations at once as the service allows,
and with more, where it must find the limit itself.

    make bench
    python benchmarks/batch.py --lines 500 --milliseconds 300
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from service import emulator
from websockets.asyncio.client import connect

LIMIT = 3
KEY = "dd-bench"
RATE = 8000
# parallelism → goal of the ratio
GOALS = {LIMIT: 1.25, 2 * LIMIT: 1.5}
PROGRAM = [sys.executable, "-m", "ddvoices"]
SAMPLE = Path(__file__).resolve().parent.parent / "voices" / "samples" / "austen-narrator.wav"


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed."""
    arguments = parse()
    missed = 0
    limits = ("--max-concurrent", str(LIMIT), "--first-audio-ms", str(arguments.milliseconds))
    with tempfile.TemporaryDirectory() as folder, emulator(*limits) as variables:
        environment = {**os.environ, **variables, "DEEPDUB_API_KEY": KEY}
        voice = add_voice(environment)
        seconds = asyncio.run(measure_generation(environment, voice))
        ideal = arguments.lines * seconds / LIMIT
        print(f"{arguments.lines} lines of {seconds * 1000:.0f} ms, {LIMIT} at once: {ideal:.1f} s at best")
        for parallelism, goal in GOALS.items():
            wall = measure(Path(folder), environment, voice, arguments.lines, parallelism)
            missed += wall / ideal > goal
            verdict = "met" if wall / ideal <= goal else "missed"
            name = f"--parallelism {parallelism}"
            print(f"  {name:16} {wall:6.1f} s   it/best {wall / ideal:.2f}   goal {goal:.2f} {verdict}")
    return 1 if missed else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=500, help="lines of the script")
    parser.add_argument("--milliseconds", type=int, default=300, help="what the service waits first")
    return parser.parse_args()


def add_voice(environment: dict[str, str]) -> str:
    """Put a voice into the account and return its id."""
    named = ["--name", "Narrator", "--gender", "male", "--locale", "en-US", "--age", "34"]
    command = [*PROGRAM, "voices", "add", str(SAMPLE), *named]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


async def measure_generation(environment: dict[str, str], voice: str, runs: int = 15) -> float:
    """Return the median seconds of one generation, alone and without anything around it."""
    url, seconds = environment["DEEPDUB_BASE_WEBSOCKET_URL"], []
    asked = {"action": "text-to-speech", "model": "dd-etts-2.5", "locale": "en-US", "sampleRate": RATE}
    async with connect(url, additional_headers={"x-api-key": KEY}, compression=None) as socket:
        for number in range(runs):
            message = {
                **asked,
                "targetText": text(number),
                "voicePromptId": voice,
                "generationId": str(uuid4()),
            }
            began = time.perf_counter()
            await socket.send(json.dumps(message))
            while not json.loads(await socket.recv()).get("isFinished"):
                pass
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def text(number: int) -> str:
    return f"Line {number}."


def measure(folder: Path, environment: dict[str, str], voice: str, count: int, parallelism: int) -> float:
    """Return the seconds of one run over a script that was never spoken before."""
    script = folder / f"{parallelism}.jsonl"
    lines = [json.dumps({"text": text(number), "voice_prompt_id": voice}) for number in range(count)]
    script.write_text("\n".join(lines), encoding="utf-8")
    command = [*PROGRAM, "tts-batch", str(script), "-o", str(folder / str(parallelism))]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--sample-rate", str(RATE), "--parallelism", str(parallelism), "--output-format", "json"],
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
    )
    wall = time.perf_counter() - began
    if done.returncode or json.loads(done.stdout)["summary"]["spoken"] != count:
        raise SystemExit(f"not all lines were spoken: exit code {done.returncode}")
    return wall


if __name__ == "__main__":
    sys.exit(main())
