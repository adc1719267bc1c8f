"""The emulator's document: its example runs, and it has every option and route that there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import cast

import pytest
from cli.program import environment
from service import Emulator
from workspace import Workspace

from ddvoices.emulator.command import emulator as command
from ddvoices.emulator.control import CONTROL_ROOT, Control
from ddvoices.emulator.service import Service
from ddvoices.emulator.settings import describe

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = (DOCS / "emulator.md").read_text(encoding="utf-8")
FAULTS = (DOCS / "howto" / "faults.md").read_text(encoding="utf-8")
RUNNABLE = re.compile(r"<!-- runnable: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_every_option_is_told() -> None:
    table = DOCUMENT.split("| option | what |")[1].split("\n\n")[0]
    told = set(re.findall(r"`(-[\w-]+)", table))
    settings = {"--" + kind.name.replace("_", "-") for kind in describe()}
    there = {option for parameter in command.params for option in parameter.opts} - settings
    assert told == there - {"--help", "--verbose"}


def test_every_control_route_is_told() -> None:
    told = {
        (method, path)
        for methods, path in re.findall(rf"^\| `([A-Z`, ]+) {CONTROL_ROOT}(/\w+)` \|", DOCUMENT, re.MULTILINE)
        for method in re.findall("[A-Z]+", methods)
    }
    routes = Control(cast(Service, None)).routes()
    there = {(method, route.path) for route in routes for method in (route.methods or ()) if method != "HEAD"}
    assert told == there


@pytest.mark.proof
@pytest.mark.skipif(shutil.which("curl") is None, reason="the example asks with curl")
def test_the_pipeline_under_faults_runs_as_it_stands(tmp_path: Path, emulator: Emulator) -> None:
    """Every scripted fault strikes, nothing is left to do, and each voice is there once.

    What an earlier run has left, or the caller's environment holds, leads it nowhere else.
    """
    workspace = Workspace(tmp_path, emulator)
    workspace.settings["regions"] = {"us": {}, "eu": {}}
    for key in ("ada", "bob", "cleo"):
        workspace.voice(key)
    workspace.save()
    files = dict(RUNNABLE.findall(FAULTS))
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "emulator.env").write_text("# of an earlier run\n" * 3, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with environment({"PATH": path, "SEED": "7", "DEEPDUB_API_KEY_US": "another"}) as variables:
        done = subprocess.run(
            ["bash", "try.sh"], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    said = {
        name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("faults", "voices", "requests")
    }
    assert all(rule["struck"] for rule in said["faults"] if rule["count"])
    assert Counter(voice["name"] for voice in said["voices"]["voices"]) == {"Ada": 1, "Bob": 1, "Cleo": 1}
    assert {"reset", "status", "html"} <= {entry["fault"] for entry in said["requests"]["requests"]}
    assert said["requests"]["peak_concurrency"] >= 1
