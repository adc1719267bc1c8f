"""How long ``ddvoices --help`` takes beside the official SDK's command line and a bare ``import click``.

All three are run in turn, in one go, on one machine, and compared as ratios of medians: an absolute time
says more about the machine than about the program.

    make bench
    python benchmarks/startup.py --deepdub PATH/TO/deepdub --runs 15
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

OURS = "ddvoices --help"
PEER = "deepdub --help"
FLOOR = 'python -c "import click"'
GOALS = {PEER: 0.45, FLOOR: 1.6}


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed."""
    arguments = parse()
    here = Path(sys.executable).parent
    commands = {
        OURS: [str(here / "ddvoices"), "--help"],
        FLOOR: [sys.executable, "-c", "import click"],
    }
    if arguments.deepdub.exists():
        commands[PEER] = [str(arguments.deepdub), "--help"]
    else:
        print(f"{arguments.deepdub} isn't there: measured without it", file=sys.stderr)
    medians = measure(commands, arguments.runs)
    return report(medians, arguments.runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deepdub", type=Path, default=Path(".peers/bin/deepdub"), help="the SDK's program")
    parser.add_argument("--runs", type=int, default=15, help="counted runs of each command")
    return parser.parse_args()


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """Return the median seconds of each command; one run of each first isn't counted."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if number:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}


def report(medians: dict[str, float], runs: int) -> int:
    """Print the ratios of ours to each other, and whether each meets its goal."""
    print(f"median of {runs} runs each, in turn")
    print(f"  {OURS:28} {medians[OURS] * 1000:6.0f} ms")
    missed = 0
    for name, goal in GOALS.items():
        if name not in medians:
            continue
        ratio = medians[OURS] / medians[name]
        missed += ratio > goal
        verdict = "met" if ratio <= goal else "missed"
        print(f"  {name:28} {medians[name] * 1000:6.0f} ms   ours/it {ratio:.2f}   goal {goal:.2f} {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
