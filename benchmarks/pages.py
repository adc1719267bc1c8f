"""How long the page of a plan takes to be made, and to be opened in a browser, where all recordings change.

It is made of few voices and of ten times as many, in turn, by the program as a process; ten times the voices
should take at most ten times as long. It is opened beside a page of the browser's own players for the same
recordings, without scripts: what that takes is the least that any page with so many recordings can take.

    python benchmarks/pages.py --voices 1000 --runs 3
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from library import fill_account, make_catalog, recording
from plan import MANY, Measure, Run, measure_one, tell
from playwright.sync_api import Browser, sync_playwright
from service import emulator

TIMES = 10
GROWTH_GOAL = 1.0  # time for each voice of many, to that of one of few
OPENING_GOAL = 1.5  # of the time that the browser's own players take
KEYSTROKE_GOAL = 0.1  # seconds: what a person takes for at once
PROGRAM = str(Path(sys.executable).parent / "ddvoices")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# as on the page: a player is built for each recording that it has
READY = "document.querySelectorAll('audio').length === document.querySelectorAll('.sound.ready').length"
SEARCH = """() => {
  const search = document.getElementById("search"), began = performance.now();
  search.value = "voice-00001";
  search.dispatchEvent(new Event("input"));
  document.body.offsetHeight;
  return (performance.now() - began) / 1000;
}"""


def main() -> int:
    """Measure, print tables, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--voices", type=int, default=1000, help="voices of the large page")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each")
    arguments = parser.parse_args()
    sizes = (arguments.voices // TIMES, arguments.voices)
    with tempfile.TemporaryDirectory() as folder:
        with emulator(*MANY) as variables:
            runs = [prepare(Path(folder, str(size)), size, variables["DEEPDUB_BASE_URL"]) for size in sizes]
        missed = tell_making(runs, arguments.runs)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            missed += tell_opening(browser, runs[-1].folder, arguments.runs)
            browser.close()
    return 1 if missed else 0


def prepare(home: Path, count: int, url: str) -> Run:
    """Make a catalog of which each recording has changed since it was applied, and its plan."""
    key = f"dd-{count}"
    catalog = make_catalog(home, count)
    fill_account(catalog, base_url=url, key=key)
    for number in range(count):
        (catalog / "samples" / f"voice-{number:05d}.wav").write_bytes(recording(number + count))
    environ = {"DEEPDUB_BASE_URL": url, "DEEPDUB_API_KEY": key, "DDVOICES_CACHE_DIR": str(home / "cache")}
    subprocess.run(
        [PROGRAM, "plan", "-o", "plan.json"], cwd=home, env=environ, check=True, capture_output=True
    )
    line = ("show", "plan.json", "--format", "html", "-o", "page.html", "--embed-limit", "1000")
    return Run(
        name=f"{count:,} voices", command=[PROGRAM, *line], says="saved to", folder=home, environ=environ
    )


def tell_making(runs: Sequence[Run], count: int) -> bool:
    """Print what the pages took to be made; tell whether the goal is missed."""
    found: Mapping[str, list[Measure]] = {run.name: [] for run in runs}
    for number in range(count + 1):
        for run in runs:
            taken = measure_one(run)
            if number:
                found[run.name].append(taken)
    for run in runs:
        wall, memory = (
            statistics.median(getattr(m, name) for m in found[run.name]) for name in ("wall", "memory")
        )
        size = (run.folder / "page.html").stat().st_size / 1e6
        print(f"  made: {run.name:14} {wall:6.2f} s   {memory:5.0f} MB; the page has {size:.1f} MB")
    few, many = (found[run.name] for run in runs)
    return tell("made: a voice of many / of few", many, few, GROWTH_GOAL, TIMES)


def tell_opening(browser: Browser, home: Path, count: int) -> bool:
    """Print what a page takes to be opened, beside the browser's players; tell whether a goal is missed."""
    page, plain = home / "page.html", home / "plain.html"
    sources = re.findall(r'<audio[^>]* src="([^"]*)"', page.read_text(encoding="utf-8"))
    if not sources:
        raise SystemExit("the page has no recordings")
    players = "\n".join(f'<audio controls preload="none" src="{source}"></audio>' for source in sources)
    plain.write_text(f"<!doctype html><title>Players</title>\n{players}\n", encoding="utf-8")
    ours, theirs, keys = [], [], []
    for number in range(count + 1):
        taken, key = opened(browser, page, READY)
        beside, _ = opened(browser, plain, "true")
        if number:
            ours.append(taken), theirs.append(beside), keys.append(key)
    mine, its, key = map(statistics.median, (ours, theirs, keys))
    ratio = mine / its
    print(f"  opened: {len(sources):,} recordings   {mine:.2f} s; the browser's own players {its:.2f} s")
    print(f"  opened: the page / the browser's own players     {ratio:.2f}   goal {OPENING_GOAL:.2f}")
    print(f"  searched: one voice of all     {key:.3f} s   goal {KEYSTROKE_GOAL:.2f}")
    return ratio > OPENING_GOAL or key > KEYSTROKE_GOAL


def opened(browser: Browser, file: Path, ready: str) -> tuple[float, float]:
    """Return the seconds until a page is drawn and ready, and those that a search in it takes."""
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(file.as_uri(), wait_until="load", timeout=300_000)
    while not page.evaluate(ready):
        page.wait_for_timeout(10)
    taken = time.perf_counter() - began
    key = float(page.evaluate(SEARCH)) if page.query_selector("#search") else 0.0
    page.close()
    return taken, key


if __name__ == "__main__":
    sys.exit(main())
