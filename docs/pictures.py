"""Take the pictures in docs/images, of the example catalog on an emulator: ``python docs/pictures.py``.

Chromium takes them; they differ with its fonts, so nobody checks them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from quoting.running import PROGRAM, ROOT, emulator, environment

IMAGES = ROOT / "docs" / "images"
READY = ".sound.ready[data-loudness] .wave, .sound.ready"
# name → width and height, and what the reader's system prefers
PICTURES = {"review-wide": (1000, 760, "light"), "review-phone": (420, 760, "dark")}


def main() -> int:
    """Make a page of a plan, and take its pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, emulator() as base_url, sync_playwright() as playwright:
        page = page_of_a_plan(Path(folder), base_url)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in PICTURES:
            take(browser, page, name)
        browser.close()
    return 0


def page_of_a_plan(folder: Path, base_url: str) -> Path:
    """Apply the example catalog, edit it, and return the page of the plan."""
    catalog = folder / "voices"
    shutil.copytree(ROOT / "voices", catalog, ignore=shutil.ignore_patterns(".ddvoices", "*.lock.json"))
    variables = environment(folder) | {"DEEPDUB_BASE_URL": base_url, "DEEPDUB_API_KEY": "dd-pictures"}

    def run(*command: str) -> None:
        subprocess.run(command, cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL)

    settings = catalog / "catalog.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("[us, eu]", "[us]").replace("  eu: {}\n", "")
    )
    announcers, narrators = catalog / "announcers.yaml", catalog / "narrators.yaml"
    later = announcers.read_text(encoding="utf-8")
    announcers.write_text(later.partition("  operator-ru:")[0], encoding="utf-8")
    run("git", "init", "--quiet")
    run(*PROGRAM, "--quiet", "apply", "--yes")
    run("git", "add", "voices")
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "x")
    announcers.write_text(later, encoding="utf-8")
    shutil.copyfile(
        catalog / "samples" / "centralino-it-take2.wav", catalog / "samples" / "centralino-it.wav"
    )
    renamed = narrators.read_text(encoding="utf-8").replace("name: Austen", "name: Jane Austen,")
    narrators.write_text(renamed, encoding="utf-8")
    run(*PROGRAM, "plan", "-o", "plan.json")
    run(*PROGRAM, "show", "plan.json", "--format", "html", "-o", "review.html")
    return folder / "review.html"


def take(browser: Browser, path: Path, name: str) -> None:
    """Take a picture of a page, once its waveforms are drawn."""
    width, height, scheme = PICTURES[name]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
