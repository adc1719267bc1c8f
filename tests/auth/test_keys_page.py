"""docs/keys.md: its session is what the program prints, and its table of errors has every error once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cli.program import command, environment, run
from secret_service import SecretService
from service import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
KEYS = {"us": "dd-a-key-for-us-94ac", "eu": "dd-a-key-for-eu-7d1e"}
PASS = f"case $2 in *us) echo {KEYS['us']};; *eu) echo {KEYS['eu']};; esac\n"
ENDPOINTS = {
    "127.0.0.1": "https://restapi.deepdub.ai/api/v1",
    "localhost": "https://restapi.eu.deepdub.ai/api/v1",
}
BACKEND = "PYTHON_KEYRING_BACKEND"
DEAD = "http://127.0.0.1:9/api/v1"

# arguments, the environment beside a keyring that holds a key which the emulator refuses, and stdin
ERRORS: list[tuple[str, Mapping[str, str], str]] = [
    ("auth status -r eu", {}, ""),
    ("auth login --stdin", {}, "not-one-of-the-emulators"),
    ("auth login --stdin", {"DEEPDUB_BASE_URL": DEAD}, "dd-key"),
    ("auth status -r us --check", {}, ""),
    ("voices list", {"DEEPDUB_API_KEY": "not-one-of-the-emulators"}, ""),
    ("auth login --stdin", {}, "two words"),
    ("auth login --stdin", {BACKEND: "keyring.backends.fail.Keyring"}, "dd-key"),
    ("auth login --stdin", {BACKEND: "keyrings.alt.file.PlaintextKeyring"}, "dd-key"),
    ("auth logout", {BACKEND: ""}, ""),
    ("auth logout", {BACKEND: "no.such.Backend"}, ""),
    ("--catalog foreign auth login --stdin", {"DEEPDUB_BASE_URL": ""}, "dd-key"),
    ("auth login", {}, "dd-key"),
    ("auth login --stdin", {}, ""),
    ("auth logout", {"LOCK": "1"}, ""),  # the last: it stays locked
]


@pytest.fixture
def env(service: SecretService, emulator: Emulator) -> dict[str, str]:
    return {**service.variables, "DEEPDUB_BASE_URL": emulator.base_url}


def write_catalog(folder: Path, regions: Mapping[str, Any]) -> None:
    folder.mkdir()
    document = {"version": 1, "owner": "a-1", "regions": regions}
    (folder / "catalog.yaml").write_text(json.dumps(document))


def session() -> Iterator[tuple[str, str]]:
    """Yield each command and what the page shows that it prints."""
    text = PAGE.partition("<!-- session -->\n```console\n")[2].partition("```\n<!-- /session -->")[0]
    for block in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, printed = block.partition("\n")
        yield line, printed.strip()


def test_the_session_is_what_is_printed(service: SecretService, emulator: Emulator, tmp_path: Path):
    port = emulator.base_url.partition("127.0.0.1")[2]
    hosts = {"us": "127.0.0.1", "eu": "localhost"}
    regions = {name: {"base_url": f"http://{host}{port}"} for name, host in hosts.items()}
    write_catalog(tmp_path / "voices", regions)
    write_program(tmp_path / "pass", PASS)
    write_program(tmp_path / "ddvoices", f'exec {" ".join(map(str, command()))} "$@"\n')
    with environment({**service.variables, "DDVOICES_TRUSTED_HOSTS": ",".join(ENDPOINTS)}) as variables:
        variables["PATH"] = f"{tmp_path}:{variables['PATH']}"
        shown = [(line, in_a_shell(line, variables, tmp_path)) for line, _ in session()]
    for host, real in ENDPOINTS.items():
        shown = [(line, said.replace(f"http://{host}{port}", real)) for line, said in shown]
    assert shown == list(session()) != []


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


def in_a_shell(line: str, variables: Mapping[str, str], folder: Path) -> str:
    """Return what a command prints, on either stream."""
    done = subprocess.run(
        ["sh", "-c", line],
        env=variables,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=True,
    )
    return "\n".join(part.rstrip() for part in done.stdout.splitlines())


def rows() -> dict[tuple[str, int], re.Pattern[str]]:
    """Return the table's errors, with what each of them matches."""
    found = re.findall(r"^\| `(.+?)` \| (\d+) \|", PAGE.partition("\n## Errors\n")[2], re.MULTILINE)
    return {
        (said, int(code)): re.compile(".+".join(map(re.escape, said.split("…"))).removesuffix(".+"))
        for said, code in found
    }


@pytest.mark.proof
def test_the_table_has_every_error(env, service: SecretService, tmp_path: Path):
    run("auth", "login", "--no-check", "--stdin", env=env, input="not-one-of-the-emulators")
    write_catalog(tmp_path / "foreign", {"us": {"base_url": env["DEEPDUB_BASE_URL"]}})
    seen = set()
    for arguments, more, typed in ERRORS:
        if "LOCK" in more:
            service.lock()
        done = run(*arguments.split(), env={**env, **more}, input=typed, cwd=tmp_path)
        said = done.stderr.strip().removeprefix("error: ")
        matching = {
            row for row, pattern in rows().items() if row[1] == done.returncode and pattern.match(said)
        }
        assert matching, (arguments, done.returncode, said)
        seen |= matching
    assert seen == set(rows())
