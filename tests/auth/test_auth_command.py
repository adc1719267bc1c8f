"""``ddvoices auth`` as a process, on a real Secret Service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli.program import CTRL_C, on_terminal, run
from secret_service import SecretService
from service import Emulator

KEY = "dd-abcdefghijklm"
OTHER = "dd-nopqrstuvwxyz"


@pytest.fixture
def env(service: SecretService, emulator: Emulator) -> dict[str, str]:
    """A keyring, and region us at an emulator."""
    return {**service.variables, "DEEPDUB_BASE_URL": emulator.base_url}


def login(*arguments: str, key: str = KEY, code: int = 0, **options: Any) -> str:
    done = run("auth", "login", "--stdin", *arguments, input=key + "\n", **options)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert key not in done.stderr
    return done.stderr


def status(env: dict[str, str], *arguments: str, code: int = 0) -> dict[str, Any]:
    done = run("auth", "status", "-r", "us", "--format", "json", *arguments, env=env)
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["format_version"] == "1.0"
    entry: dict[str, Any] = document["regions"]["us"]
    return entry


def test_a_key_is_checked_stored_shown_used_and_deleted(env, service, emulator):
    assert login(env=env) == f"the key for us is in the keyring (accepted by {emulator.base_url})\n"
    assert service.stored() == {"us": KEY}
    assert status(env) == {"ends_with": "jklm", "source": "keyring", "accepted": None, "error": None}
    assert status(env, "--check")["accepted"] is True
    assert run("voices", "list", env=env).returncode == 0
    done = run("auth", "logout", env=env)
    assert (done.returncode, done.stderr) == (0, "the key for us is deleted from the keyring\n")
    assert service.stored() == {}
    assert run("auth", "logout", env=env).stderr == "the keyring has no key for us\n"
    assert status(env, code=7)["error"].startswith("no API key for region us: set DEEPDUB_API_KEY_US or ")


def test_status_is_a_line_for_each_region_and_no_key_is_said_once(env):
    login("--no-check", env=env)
    done = run("auth", "status", env={**env, "DEEPDUB_API_KEY_EU": "dd-short"})
    assert done.stdout.splitlines() == [
        "region  key    from",
        "eu      …      DEEPDUB_API_KEY_EU",
        "us      …jklm  keyring",
    ]
    assert (done.returncode, done.stderr) == (0, "")
    done = run("auth", "status", "-r", "us", "-r", "eu", env=env)
    assert (done.returncode, done.stderr.count("error: no API key for region eu: set ")) == (7, 1)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (None, []),
        ({}, []),
        ({"regions": {"us": {}, "eu": {}}}, ["eu"]),
        ({"defaults": {"regions": ["eu"]}}, ["eu"]),
    ],
    ids=["no-catalog", "us", "both", "eu-by-default"],
)
def test_only_a_region_that_is_wanted_needs_a_key(settings, missing, env, tmp_path):
    login("--no-check", env=env)
    if settings is not None:
        (tmp_path / "voices").mkdir()
        document = {"version": 1, "owner": "a-1", **settings}
        (tmp_path / "voices" / "catalog.yaml").write_text(json.dumps(document))
    done = run("auth", "status", env=env, cwd=tmp_path)
    assert done.stdout.splitlines()[1:] == ["eu      -      -", "us      …jklm  keyring"]
    assert re.findall(r"no API key for region (\w+)", done.stderr) == missing
    assert done.returncode == (7 if missing else 0)


def test_what_can_be_no_key_is_told_of_any_region(env):
    login("--no-check", env=env)
    done = run("auth", "status", env={**env, "DEEPDUB_API_KEY_EU": "two words"})
    assert (done.returncode, done.stderr.startswith("error: DEEPDUB_API_KEY_EU holds a blank")) == (7, True)


def test_without_any_key_every_region_is_told(env):
    done = run("auth", "status", env=env)
    assert re.findall(r"no API key for region (\w+)", done.stderr) == ["eu", "us"]
    assert done.returncode == 7


def test_what_the_service_says_of_a_key_is_shown(env, emulator, api_key):
    login("--no-check", key=api_key, env=env)
    checked = ["auth", "status", "-r", "us", "--check"]
    row = f"us      …{api_key[-4:]}  keyring"
    done = run(*checked, env=env)
    assert done.stdout.splitlines() == ["region  key    from     accepted", f"{row}  yes"]
    emulator.faults(api_key, [{"method": "GET", "path": "/voice", "kind": "status", "status": 401}])
    done = run(*checked, env=env)
    assert done.stdout.splitlines()[1] == f"{row}  no"
    what_next = ": the key is from the keyring: store another with `ddvoices auth login -r us`\n"
    assert done.stderr.endswith(what_next)
    assert run("voices", "list", env=env).stderr.endswith(what_next)
    emulator.faults(api_key, [])


def test_a_hidden_prompt_shows_nothing_of_what_is_typed(env, service):
    asked = "API key for us (not shown): "
    code, shown = on_terminal("auth", "login", asked=asked, typed=f"{KEY}\n", env=env)
    assert (code, KEY in shown) == (0, False)
    assert service.stored() == {"us": KEY}


def test_130_at_the_prompt(env, service):
    code, shown = on_terminal("auth", "login", asked="API key for us", typed=CTRL_C, env=env)
    assert (code, service.stored()) == (130, {})
    assert "Traceback" not in shown


def test_nobody_types_where_it_would_be_seen(env):
    code, shown = on_terminal("auth", "login", "--stdin", env=env)
    assert code == 64
    assert "--stdin on a terminal would show the key" in shown


def test_without_a_terminal_it_wants_to_be_piped(env):
    done = run("auth", "login", env=env, input=KEY)
    assert (done.returncode, done.stderr) == (
        64,
        "error: stdin is not a terminal: pipe the key in, with --stdin\n",
    )


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("", 64, "no key was given"),
        (" \n\n", 64, "no key was given"),
        ("dd-1\ndd-2", 64, "more than one line was given"),
        ("x" * 5000, 64, "stdin holds more than 4096 bytes"),
        (
            "dd-\x00abc",
            7,
            "what was given holds a control character, which no API key has: give the",
        ),
        ("dd-ключ", 7, "what was given holds a character beyond ASCII, which no API key has: give the key"),
        ("dd-two words", 7, "what was given holds a blank, which no API key has: give the key alone"),
    ],
    ids=["nothing", "blank", "two", "long", "nul", "letters", "words"],
)
def test_what_is_no_key_is_not_stored(typed, code, said, env, service):
    done = run("auth", "login", "--stdin", env=env, input=typed)
    assert (done.returncode, service.stored()) == (code, {})
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"kind": "status", "status": 401}, 7, "error: us refuses this key, and nothing is stored: "),
        ({"kind": "status", "status": 403}, 7, "error: us refuses this key, and nothing is stored: "),
        ({"kind": "html"}, 1, "error: us can't be asked, and nothing is stored: "),
        ({"kind": "status", "status": 402}, 0, "the key for us is in the keyring"),
    ],
)
def test_only_what_the_service_accepts_is_stored(fault, code, said, env, service, emulator, api_key):
    emulator.faults(api_key, [{"method": "GET", "path": "/voice", **fault}])
    assert login(key=api_key, code=code, env=env).startswith(said)
    assert service.stored() == ({} if code else {"us": api_key})
    emulator.faults(api_key, [])


def test_a_dead_service_says_how_to_store_it_all_the_same(env, service):
    dead = {**env, "DEEPDUB_BASE_URL": "http://127.0.0.1:9/api/v1"}
    assert "or store it with --no-check" in login(code=1, env=dead)
    assert service.stored() == {}
    assert login("--no-check", env=dead) == "the key for us is in the keyring (unchecked)\n"
    assert service.stored() == {"us": KEY}
    assert status(dead, "--check", code=1)["accepted"] is None


def test_a_variable_goes_before_the_keyring_and_that_is_said(env, service):
    with_variable = {**env, "DEEPDUB_API_KEY": OTHER}
    assert login(env=with_variable).endswith("warning: DEEPDUB_API_KEY is set, and goes before the keyring\n")
    assert status(with_variable) == {
        "ends_with": "wxyz",
        "source": "DEEPDUB_API_KEY",
        "accepted": None,
        "error": None,
    }
    done = run("auth", "logout", env=with_variable)
    assert done.stderr.endswith("warning: DEEPDUB_API_KEY is still set, and goes on being used\n")
    assert service.stored() == {}


def test_a_region_that_is_not_there(env, service):
    for command in ("login", "logout", "status"):
        done = run("auth", command, "-r", "moon", env=env, input=KEY)
        assert (done.returncode, done.stderr.startswith("error: no region 'moon': ")) == (64, True)
    assert service.stored() == {}


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ("-r us -r eu", "one region at a time, not us and eu"),
        ("-r eu --region us --region eu", "one region at a time, not eu, us and eu"),
        ("--region=", "-r names no region"),
    ],
)
def test_one_region_is_one(regions, said, env, service):
    login("--no-check", env=env)
    for command in ("login --stdin", "login", "logout"):
        done = run("auth", *command.split(), *regions.split(), env=env, input=OTHER)
        assert (done.returncode, done.stderr) == (64, f"error: {said}\n")
    assert service.stored() == {"us": KEY}


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("", "PYTHON_KEYRING_BACKEND is empty: unset it, or name a backend"),
        (
            "no.such.Backend",
            "PYTHON_KEYRING_BACKEND=no.such.Backend can't be loaded: No module named 'no': unset it, or",
        ),
        ("keyring.backends.fail.Keyring", "there is no keyring here: a key can be in the environment only"),
        ("keyring.backends.null.Keyring", "the keyring (null Keyring) keeps nothing"),
        ("keyrings.alt.file.PlaintextKeyring", "the keyring (file PlaintextKeyring) would keep the key in a"),
    ],
)
def test_where_no_keyring_can_keep_it(backend, said, tmp_path):
    env = {"PYTHON_KEYRING_BACKEND": backend, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    assert login("--no-check", code=7, env=env).startswith(f"error: {said}")
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("fail", "there is no keyring here: a key can be in the environment only"),
        ("null", "the keyring (null Keyring) keeps nothing: choose another by PYTHON_KEYRING_BACKEND"),
    ],
)
def test_nobody_types_a_key_that_cannot_be_kept(emulator, api_key, backend, said):
    name = f"keyring.backends.{backend}.Keyring"
    env = {"PYTHON_KEYRING_BACKEND": name, "DEEPDUB_BASE_URL": emulator.base_url}
    code, shown = on_terminal("auth", "login", env=env)
    assert (code, "API key for us" in shown) == (7, False)
    assert said in " ".join(shown.split())
    login(key=api_key, code=7, env=env)
    assert emulator.requests(api_key) == []


def test_a_locked_keyring_is_said_and_a_variable_does_without(env, service):
    login("--no-check", env=env)
    service.lock()
    locked = "the keyring is locked, and nobody answered its prompt"
    assert locked in login("--no-check", code=7, env=env)
    assert locked in run("auth", "logout", env=env).stderr
    done = run("voices", "list", env=env)
    assert (done.returncode, f"({locked}" in done.stderr) == (7, True)
    assert run("voices", "list", env={**env, "DEEPDUB_API_KEY_US": OTHER}).returncode == 0


@pytest.fixture
def foreign(tmp_path: Path, emulator: Emulator) -> Path:
    """A catalog of somebody else that names a port of this machine, where anybody may listen."""
    voices = tmp_path / "voices"
    voices.mkdir()
    catalog = {"version": 1, "owner": "a-1", "regions": {"us": {"base_url": emulator.base_url}}}
    (voices / "catalog.yaml").write_text(json.dumps(catalog))
    (voices / "all.yaml").write_text("voices: {}\n")
    return tmp_path


@pytest.mark.parametrize("arguments", ["plan", "voices list", "auth status --check -r us"])
def test_a_stored_key_does_not_go_there(arguments, foreign, service, emulator, api_key):
    env = {**service.variables}
    login("--no-check", key=api_key, env=env)
    done = run(*arguments.split(), env=env, cwd=foreign)
    assert (done.returncode, "a stored key goes to Deepdub, and where" in done.stderr) == (7, True)
    assert emulator.requests(api_key) == []
    trusting = {**env, "DDVOICES_TRUSTED_HOSTS": "127.0.0.1"}
    assert run(*arguments.split(), env=trusting, cwd=foreign).returncode == 0
    assert run(*arguments.split(), env={**env, "DEEPDUB_API_KEY": api_key}, cwd=foreign).returncode == 0


def test_a_new_key_is_not_checked_there(foreign, service, emulator, api_key):
    assert "goes to Deepdub" in login(key=api_key, code=7, env=service.variables, cwd=foreign)
    assert emulator.requests(api_key) == []
    assert service.stored() == {}


def test_a_catalog_does_not_send_one_regions_key_to_another(tmp_path):
    voices = tmp_path / "voices"
    voices.mkdir()
    regions = {"eu": {"base_url": "https://restapi.deepdub.ai/api/v1"}}
    (voices / "catalog.yaml").write_text(json.dumps({"version": 1, "owner": "a-1", "regions": regions}))
    (voices / "all.yaml").write_text("voices: {}\n")
    done = run("plan", env={"DEEPDUB_API_KEY_EU": KEY}, cwd=tmp_path)
    assert done.returncode == 7
    assert "endpoints of two regions: base_url is of us, but the region is eu" in done.stderr


@pytest.mark.parametrize("arguments", ["login --stdin", "status --check"])
def test_a_catalog_that_is_not_there_is_said_once(arguments, env, tmp_path):
    login("--no-check", env=env)
    done = run("--catalog", tmp_path / "nowhere", "auth", *arguments.split(), env=env, input=KEY)
    assert done.stderr.count("no catalog here, so this goes on without one") == 1


def test_a_key_that_was_not_sent_is_not_called_refused(foreign, service, api_key):
    login("--no-check", key=api_key, env=service.variables)
    done = run(
        *["auth", "status", "--check", "-r", "us", "--format", "json"],
        env=dict(service.variables),
        cwd=foreign,
    )
    assert done.returncode == 7
    assert json.loads(done.stdout)["regions"]["us"]["accepted"] is None
