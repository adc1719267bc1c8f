"""How ``ddvoices plan`` grows from some voices to ten times as many, where everything is wrong at once.

Each case is planned with few and with many voices, in turn. Ten times the voices should take at most ten
times as long: nothing is compared with everything else.

    python benchmarks/growth.py --voices 10000 --runs 3
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from library import fill_account, make_catalog
from plan import MANY, Run, measure_one
from service import emulator

from ddvoices.errors import ExitCode

GOAL = 10.0
TIMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is done to a catalog before its account is filled, and after that; and what a plan says."""

    name: str
    says: str
    before: Callable[[Path], object] = lambda _: None
    after: Callable[[Path], object] = lambda _: None
    filled: bool = True
    marked: bool = True
    code: int = ExitCode.OK
    options: tuple[str, ...] = ()


def edit(pattern: str, text: str, catalog: Path) -> None:
    """Change all voice files of a catalog."""
    for file in catalog.glob("part-*.yaml"):
        file.write_text(re.sub(pattern, text, file.read_text(encoding="utf-8")), encoding="utf-8")


def remove_voices(catalog: Path) -> None:
    for file in catalog.glob("part-*.yaml"):
        file.unlink()


def share_one_sample(catalog: Path) -> None:
    edit("sample: .*", "sample: samples/voice-00000.wav", catalog)
    edit("age: .*", "age: 30", catalog)


def share_one_name(catalog: Path) -> None:
    edit("name: .*", "name: Same", catalog)
    edit("gender: .*", "gender: female", catalog)


rename = partial(edit, "  voice-", "  other-")
misspell_gender = partial(edit, "gender: ", "gender: x")
name_other_files = partial(edit, r"\.wav", ".flac")
INVALID = ExitCode.CATALOG
CASES = (
    Case(name="in sync", says="{n} in sync"),
    Case(name="all to create", says="{n} to create", filled=False),
    Case(name="all orphaned, to prune", says="{n} to delete", after=remove_voices, options=("--prune",)),
    Case(name="all renamed", says="{n} to adopt", after=rename),
    Case(name="all of one sample, renamed", says="{n} to adopt", before=share_one_sample, after=rename),
    Case(
        name="all of one name, made by others",
        says="more than 10 voices look like it",
        before=share_one_name,
        marked=False,
        code=ExitCode.ERROR,
    ),
    Case(
        name="a mistake in each voice",
        says="is not one of",
        after=misspell_gender,
        filled=False,
        code=INVALID,
    ),
    Case(name="all samples missing", says="no file", after=name_other_files, filled=False, code=INVALID),
)


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--voices", type=int, default=10_000, help="voices of the large catalog")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each")
    arguments = parser.parse_args()
    missed = 0
    print(f"{arguments.runs} second runs each, in turn; medians")
    with tempfile.TemporaryDirectory() as folder, emulator(*MANY) as variables:
        url = variables["DEEPDUB_BASE_URL"]
        for number, case in enumerate(CASES):
            sizes = (arguments.voices // TIMES, arguments.voices)
            runs = [prepare(Path(folder, f"{number}-{size}"), case, size, url) for size in sizes]
            missed += tell(case.name, runs, arguments.runs)
    return 1 if missed else 0


def prepare(home: Path, case: Case, count: int, url: str) -> Run:
    """Make a catalog and an account as a case has them."""
    key = f"dd-{home.name}"
    catalog = make_catalog(home, count)
    case.before(catalog)
    if case.filled:
        fill_account(catalog, base_url=url, key=key, marked=case.marked)
    case.after(catalog)
    known = {"DEEPDUB_BASE_URL": url, "DEEPDUB_API_KEY": key, "DDVOICES_CACHE_DIR": str(home / "cache")}
    return Run(
        name=f"{case.name}, {count}",
        command=[str(Path(sys.executable).parent / "ddvoices"), "plan", *case.options],
        says=case.says.format(n=count),
        folder=home,
        environ={**os.environ, **known},
        code=case.code,
    )


def tell(name: str, runs: list[Run], count: int) -> bool:
    """Measure few and many in turn, print what they took, and whether the goal is missed."""
    taken = [[measure_one(run) for run in runs] for _ in range(count + 1)][1:]
    few, many = (statistics.median(measure.wall for measure in column) for column in zip(*taken, strict=True))
    verdict = "met" if many / few <= GOAL else "missed"
    print(f"  {name:34} {few:6.2f} s {many:6.2f} s {many / few:5.1f} times   goal {GOAL:.0f} {verdict}")
    return many / few > GOAL


if __name__ == "__main__":
    sys.exit(main())
