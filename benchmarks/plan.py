"""How long ``ddvoices plan`` takes for a library in sync, beside octoDNS planning as many records in sync.

Whole programs are run in turn, on one machine, and compared as ratios. Ours reads a catalog in git and a
recording for each voice, and asks an emulator over a socket what is there. A first run knows nothing of the
recordings, a second one finds their hashes in the cache. octoDNS reads a zone from YAML and holds it against
the same one, in YAML or, the fastest that there can be, in JSON; it has no network and no recordings.

    make bench
    python benchmarks/plan.py --voices 10000 --runs 5
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from service import emulator

GOAL = 0.25  # of the time that octoDNS takes
GROWTH_GOAL = 1.0  # time for each voice of a large library, to that of one of a tenth
MANY = ("--max-voices", "1000000", "--max-concurrent", "100")
HERE = Path(__file__).resolve().parent
PEERS = ("octoDNS, target in YAML", "octoDNS, target in JSON")
RECORDS = (
    {"ttl": 300, "type": "A", "value": "192.0.2.1"},
    {"ttl": 300, "type": "CNAME", "value": "www.example.com."},
    {"ttl": 300, "type": "A", "values": ["192.0.2.1", "192.0.2.2"]},
    {"ttl": 300, "type": "TXT", "value": "v=spf1 include:example.com -all"},
)
_YAML_PROVIDER = {
    "class": "octodns.provider.yaml.YamlProvider",
    "enforce_order": False,  # the fastest setting
    "escaped_semicolons": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A program to measure: how to start it, what to do before that, and what it must say."""

    name: str
    command: list[str]
    says: str
    folder: Path
    environ: Mapping[str, str]
    prepare: Callable[[], object] = lambda: None
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one run took: seconds by the clock, seconds of CPU in its process, and MB at most."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder, emulator(*MANY) as variables:
        url = variables["DEEPDUB_BASE_URL"]
        runs = [
            *ours(Path(folder), arguments.voices // 10, url),
            *ours(Path(folder), arguments.voices, url),
            *theirs(Path(folder), arguments.voices, arguments.octodns),
        ]
        return report(measure(runs, arguments.runs), arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    octodns = Path(".peers/bin/octodns-sync")
    parser.add_argument("--octodns", type=Path, default=octodns, help="octoDNS's program")
    parser.add_argument("--voices", type=int, default=10_000, help="voices, and records")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each")
    return parser.parse_args()


def ours(folder: Path, count: int, url: str) -> list[Run]:
    """Return the first and the second run of a plan over a catalog that its account holds."""
    home = folder / str(count)
    cache, key = folder / f"cache-{count}", f"dd-bench-{count}"
    subprocess.run([sys.executable, str(HERE / "library.py"), str(home), str(count), url, key], check=True)
    environ = {
        **os.environ,
        "DEEPDUB_BASE_URL": url,
        "DEEPDUB_API_KEY": key,
        "DDVOICES_CACHE_DIR": str(cache),
    }
    command = [str(Path(sys.executable).parent / "ddvoices"), "plan"]
    says = f"No changes. {count} in sync."

    def forget() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    both = {"command": command, "says": says, "folder": home, "environ": environ}
    return [
        Run(name=name_of(count, "first"), **both, prepare=forget),
        Run(name=name_of(count, "second"), **both),
    ]


def name_of(count: int, which: str) -> str:
    return f"ddvoices, {count:,} voices, {which} run"


def theirs(folder: Path, count: int, program: Path) -> list[Run]:
    """Return octoDNS's plans of a zone in sync; none where it isn't there."""
    if not program.exists():
        print(f"{program} isn't there: measured without it", file=sys.stderr)
        return []
    home = folder / "octodns"
    write_zones(home, count)
    environ = {**os.environ, "PYTHONPATH": str(HERE)}
    return [
        Run(
            name=name,
            command=[str(program.absolute()), "--quiet", "--config-file", f"{kind}.yaml"],
            says="No changes were planned",
            folder=home,
            environ=environ,
        )
        for name, kind in zip(PEERS, ("yaml", "json"), strict=True)
    ]


def write_zones(home: Path, count: int) -> None:
    """Write a zone, what is there in YAML and in JSON, and a configuration for each. JSON is YAML, too."""
    records = {f"host-{number:06d}": RECORDS[number % len(RECORDS)] for number in range(count)}
    text = "---\n" + "".join(map(record_lines, records, records.values()))
    targets = {
        "yaml": {**_YAML_PROVIDER, "directory": "./yaml"},
        "json": {"class": "octodns_json.JsonTarget", "file": "records.json"},
    }
    for name in ("wanted", "yaml"):
        (home / name).mkdir(parents=True)
        (home / name / "example.com.yaml").write_text(text, encoding="utf-8")
    (home / "records.json").write_text(json.dumps(records), encoding="utf-8")
    for kind, target in targets.items():
        config = {
            "providers": {"wanted": {**_YAML_PROVIDER, "directory": "./wanted"}, "there": target},
            "zones": {"example.com.": {"sources": ["wanted"], "targets": ["there"]}},
        }
        (home / f"{kind}.yaml").write_text(json.dumps(config), encoding="utf-8")


def record_lines(name: str, record: Mapping[str, object]) -> str:
    """Return a record as people write it."""
    fields = "".join(f"  {field}: {json.dumps(value)}\n" for field, value in record.items())
    return f"{name}:\n{fields}"


def measure(runs: list[Run], count: int) -> dict[str, list[Measure]]:
    """Return what each took, in turn; one round of each isn't counted."""
    time.sleep(3)  # what is known of files younger than two seconds isn't kept
    found: dict[str, list[Measure]] = {run.name: [] for run in runs}
    for number in range(count + 1):
        for run in runs:
            run.prepare()
            taken = measure_one(run)
            if number:
                found[run.name].append(taken)
    return found


def measure_one(run: Run) -> Measure:
    """Run a program and return what it took, by the kernel's own books."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        began = time.perf_counter()
        process = subprocess.Popen(run.command, cwd=run.folder, env=run.environ, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode != run.code or run.says not in said:
        raise SystemExit(f"{run.name}: exit code {process.returncode}: {said[-2000:]}")
    return Measure(wall=wall, cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss / 1024)


def report(found: Mapping[str, list[Measure]], arguments: argparse.Namespace) -> int:
    """Print medians, the ratios to octoDNS, and the growth; return 1 if a goal is missed."""
    print(f"{arguments.runs} runs each, in turn; medians. CPU is the process's own, without the emulator's")
    for name, taken in found.items():
        cpu, memory = (statistics.median(getattr(m, field) for m in taken) for field in ("cpu", "memory"))
        wall = statistics.median(m.wall for m in taken)
        print(f"  {name:38} {wall:6.2f} s   {cpu:6.2f} s CPU   {memory:5.0f} MB")
    missed = 0
    for which in ("first", "second"):
        large, small = (name_of(count, which) for count in (arguments.voices, arguments.voices // 10))
        for peer in filter(found.get, PEERS):
            missed += tell(f"{which} run / {peer}", found[large], found[peer], GOAL)
        missed += tell(f"{which} run, a voice of many / of few", found[large], found[small], GROWTH_GOAL, 10)
    return 1 if missed else 0


def tell(what: str, ours: list[Measure], others: list[Measure], goal: float, size: int = 1) -> bool:
    """Print the ratio of the medians, that of the CPU too, and whether the goal is missed."""
    wall, cpu = (
        statistics.median(getattr(m, field) for m in ours)
        / statistics.median(getattr(m, field) for m in others)
        / size
        for field in ("wall", "cpu")
    )
    verdict = "met" if wall <= goal else "missed"
    print(f"  {what:48} {wall:.2f} (CPU {cpu:.2f})   goal {goal:.2f} {verdict}")
    return wall > goal


if __name__ == "__main__":
    sys.exit(main())
