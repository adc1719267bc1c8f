"""How long ``ddvoices apply`` takes to make many voices, and how much memory large samples take.

The service is the emulator. A create takes a time L, which is measured first, by a client that does nothing
else: N creates, of which the service takes C at once, can't be done in less than N·L/C. The wall time of the
whole program (its start, the plan, the listings and the lock included) is told as a ratio to that. It is run
with as many requests at once as the service takes, and with more, where it must find the limit itself. Memory
is the peak of the program's resident set with six samples of 18 MB, beside six of a few kB, all else equal.

    make bench
    python benchmarks/apply.py --creates 240 --milliseconds 60
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import wave
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from service import emulator

LIMIT = 3
# parallelism → goal of the ratio
GOALS = {LIMIT: 1.25, 2 * LIMIT: 1.5}
RUNS = 3
LARGE, SMALL, VOICES = 18 * 2**20, 8 * 2**10, 6
MEMORY_GOAL = 4 * 2**20
RATE = 44100
PROGRAM = [sys.executable, "-m", "ddvoices"]


def main() -> int:
    """Measure, print two tables, and return 1 if a goal is missed."""
    arguments = parse()
    with emulator() as variables:
        environment = {**os.environ, **variables}
        missed = time_creates(environment, arguments.creates, arguments.milliseconds)
        missed += compare_memory(environment)
    return 1 if missed else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--creates", type=int, default=240, help="voices to make")
    parser.add_argument("--milliseconds", type=int, default=60, help="latency of each request")
    return parser.parse_args()


def time_creates(environment: dict[str, str], count: int, milliseconds: int) -> int:
    """Print how long the creates take beside the ideal; return how many goals are missed."""
    seconds = measure_create(environment, milliseconds)
    best = count * seconds / LIMIT
    missed = 0
    print(f"{count} creates of {seconds * 1000:.1f} ms, {LIMIT} at once: {best:.1f} s at best")
    for parallelism, goal in GOALS.items():
        options = {"latency_ms": milliseconds, "max_concurrent": LIMIT}
        walls = [
            run_apply(environment, f"dd-time-{parallelism}-{run}", count, SMALL, parallelism, options)[0]
            for run in range(RUNS)
        ]
        ratio = statistics.median(walls) / best
        missed += ratio > goal
        verdict = "met" if ratio <= goal else "missed"
        name = f"--parallelism {parallelism}"
        print(f"  {name:16} {ratio * best:6.1f} s   it/best {ratio:.2f}   goal {goal:.2f} {verdict}")
    return missed


def measure_create(environment: dict[str, str], milliseconds: int, runs: int = 15) -> float:
    """Return the median seconds of one create, over a connection that is open already."""
    key = "dd-measure"
    change_settings({**environment, "DEEPDUB_API_KEY": key}, {"latency_ms": milliseconds})
    url = urlsplit(environment["DEEPDUB_BASE_URL"])
    connection = HTTPConnection(str(url.hostname), url.port)
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        write_noise(Path(folder) / "sample.wav", SMALL)
        data = base64.b64encode((Path(folder) / "sample.wav").read_bytes()).decode()
    named = {"name": "Voice", "title": "Voice", "gender": "FEMALE", "locale": "en-US", "publish": False}
    body = json.dumps({**named, "speaking_style": "Neutral", "filename": "sample.wav", "data": data})
    for _ in range(runs):
        began = time.perf_counter()
        connection.request("POST", f"{url.path}/voice", body, {"x-api-key": key})
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"the service made no voice: {answer.status}")
    connection.close()
    return statistics.median(seconds)


def compare_memory(environment: dict[str, str]) -> int:
    """Print the peak of memory with large and with small samples; return 1 if the goal is missed."""
    peaks = {
        size: statistics.median(
            run_apply(environment, f"dd-memory-{size}-{run}", VOICES, size, LIMIT, {})[1]
            for run in range(RUNS)
        )
        for size in (SMALL, LARGE)
    }
    more = peaks[LARGE] - peaks[SMALL]
    verdict = "met" if more <= MEMORY_GOAL else "missed"
    print(f"peak memory with {VOICES} samples of {LARGE / 2**20:.0f} MiB, beside {VOICES} small ones")
    print(f"  {peaks[LARGE] / 2**20:.1f} MiB beside {peaks[SMALL] / 2**20:.1f} MiB", end="")
    print(f"   {more / 2**20:+.1f} MiB   goal +{MEMORY_GOAL / 2**20:.0f} MiB {verdict}")
    return int(more > MEMORY_GOAL)


def run_apply(
    environment: dict[str, str], key: str, count: int, size: int, parallelism: int, options: dict[str, int]
) -> tuple[float, int]:
    """Apply a new catalog to an empty account; return the seconds and the peak of memory in bytes."""
    environment = {**environment, "DEEPDUB_API_KEY": key}
    if options:
        change_settings(environment, options)
    with tempfile.TemporaryDirectory() as folder:
        write_catalog(Path(folder), count, size)
        command = [*PROGRAM, "--catalog", folder, "apply", "--yes", "--format", "json"]
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--parallelism", str(parallelism)],
            env={**environment, "XDG_CACHE_HOME": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        report = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    if status or json.loads(report)["summary"]["applied"] != count:
        raise SystemExit(f"not all voices were made: {report.decode()[-500:]}")
    return wall, usage.ru_maxrss * 1024


def change_settings(environment: dict[str, str], options: dict[str, int]) -> None:
    """Set the latency and limit of an account."""
    origin = environment["DEEPDUB_BASE_URL"].removesuffix("/api/v1")
    request = urllib.request.Request(  # noqa: S310 - loopback, http
        f"{origin}/_emulator/settings",
        method="PUT",
        data=json.dumps(options).encode(),
        headers={"content-type": "application/json", "x-api-key": environment["DEEPDUB_API_KEY"]},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30):
        pass


def write_catalog(folder: Path, count: int, size: int) -> None:
    """Write a catalog of voices, each with a sample of its own."""
    settings = {"version": 1, "owner": "bench-4mq7"}
    (folder / "catalog.yaml").write_text(json.dumps(settings), encoding="utf-8")
    voices = {}
    for number in range(count):
        write_noise(folder / f"{number}.wav", size)
        voices[f"voice-{number}"] = {"name": f"Voice {number}", "sample": f"{number}.wav", "gender": "female"}
    (folder / "voices.yaml").write_text(json.dumps({"voices": voices}), encoding="utf-8")


def write_noise(path: Path, size: int) -> None:
    """Write a WAV of soft noise, block by block: this program is to stay small, too."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE if size > SMALL else RATE // 32)
        left = size - 44
        while left:
            block = min(left, 2**16)
            file.writeframes(os.urandom(block))
            left -= block


if __name__ == "__main__":
    sys.exit(main())
