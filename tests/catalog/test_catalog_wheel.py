"""A wheel carries what a checkout has beside the package."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from ddvoices import resources
from ddvoices.catalog import load_catalog
print(resources.schema_path("voices"), *resources.schema_names())
print(len(load_catalog(resources.example_catalog_path(), read_git=False).voices) > 0)
"""


def test_a_wheel_has_schemas_and_the_example_catalog(here):
    pytest.importorskip("hatchling", reason="needs the build backend")
    build = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(here)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    with zipfile.ZipFile(here / done.stdout.split()[-1]) as wheel:
        wheel.extractall(here / "site")
    seen = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=here / "site",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    templates = Path("ddvoices", "cli", "templates")
    there, here_too = ({p.name for p in (root / templates).rglob("*")} for root in (ROOT, here / "site"))
    assert there == here_too
    path, *names = seen.stdout.split()
    assert path == str(here / "site" / "ddvoices" / "share" / "schemas" / "voices.schema.json")
    assert {"catalog", "voices"} <= set(names)
    assert names[-1] == "True"
