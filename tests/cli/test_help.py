"""Help that costs nothing and shows how it is done, and the edges of the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

import click
import pytest
from cli.program import environment, run

from ddvoices import __version__
from ddvoices.cli.group import COMMANDS, cli

# Each costs some of the time in which help could have been shown.
SLOW = [
    "requests",
    "urllib3",
    "jsonschema",
    "keyring",
    "deepdiff",
    "websockets",
    "yaml",
    "rich",
    "uvicorn",
    "starlette",
    "tinytag",
]
_REPORT = (
    "import sys\nfrom ddvoices.cli import main\n"
    "code = main(sys.argv[2:])\n"
    "print(*sorted(set(sys.argv[1].split(',')) & {name.partition('.')[0] for name in sys.modules}),"
    " file=sys.stderr)\n"
    "sys.exit(code)"
)


def commands() -> dict[tuple[str, ...], click.Command]:
    """Return every command and what is below it, by the words that call it."""
    found: dict[tuple[str, ...], click.Command] = {}
    for name, (module, attribute, _) in COMMANDS.items():
        command = getattr(import_module(module), attribute)
        found[name,] = command
        if isinstance(command, click.Group):
            found.update({(name, below): each for below, each in command.commands.items()})
    return found


ALL = commands()
EVERY = pytest.mark.parametrize("words", ALL, ids=" ".join)


@EVERY
def test_every_command_has_help_with_an_example(words):
    done = run(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"Usage: ddvoices {' '.join(words)}" in done.stdout
    assert re.search(rf"(?m)^  Examples?:\n(    .*\n)*?    .*\bddvoices {' '.join(words)}\b", done.stdout)
    assert run(*words, "-h").stdout == done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_line_of_help_is_the_one_in_the_table(name):
    help_text = ALL[name,].help or ""
    first = help_text.strip().partition("\n\n")[0].replace("\n", " ")
    assert first == COMMANDS[name][2]


@EVERY
def test_every_option_says_what_it_is_for(words):
    silent = [
        parameter.name
        for parameter in ALL[words].params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


def test_the_table_is_what_help_lists():
    listed = run("--help").stdout.partition("Commands:\n")[2]
    assert re.findall(r"(?m)^  (\S+)", listed) == list(COMMANDS)


@pytest.mark.parametrize("words", [(), *ALL], ids=lambda words: " ".join(words) or "ddvoices")
def test_help_imports_nothing_that_is_slow(words):
    with environment() as variables:
        done = subprocess.run(
            [sys.executable, "-c", _REPORT, ",".join(SLOW), *words, "--help"],
            env=variables,
            cwd=variables["HOME"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert (done.returncode, done.stderr.split()) == (0, [])


def test_the_version():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"ddvoices {__version__}\n")


@pytest.mark.parametrize("words", [(), ("voices",)], ids=["ddvoices", "voices"])
def test_no_command_shows_the_help_and_is_a_usage_error(words):
    done = run(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == run(*words, "--help").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plam"], "plam"),
        (["voices", "lst"], "lst"),
        (["plan", "--no-such-option"], "--no-such-option"),
        (["--color", "pink", "plan"], "pink"),
        (["-v", "-q", "plan"], "exclude each other"),
        (["voices", "show"], "ID"),
    ],
)
def test_a_wrong_command_line_is_64_and_one_line(words, said):
    done = run(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["aply"], "apply"),
        (["Plan"], "plan"),
        (["tts-steam"], "tts-stream"),
        (["--quiet", "--catalog", "x", "valdiate", "--format", "json"], "validate"),
        (["voices", "lst"], "list"),
        (["auth", "logn", "-r", "us"], "login"),
    ],
)
def test_a_command_that_is_nearly_one_is_told_which(words, meant):
    done = run(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert re.fullmatch(rf"error: no command '[\w-]+'; did you mean '{meant}'\?\n", done.stderr)


@pytest.mark.parametrize("words", [["zzz"], ["voices", "zzz"], ["auth", "\x1b"]])
def test_a_command_that_is_like_none_is_told_where_they_are_listed(words):
    group = " ".join(["ddvoices", *words[:-1]])
    said = f"error: no command {words[-1]!r}: see `{group} --help`\n"
    assert (run(*words).returncode, run(*words).stderr) == (64, said)


def test_the_group_lists_its_commands_in_the_order_of_work():
    assert cli.list_commands(click.Context(cli)) == list(COMMANDS)


_INTERRUPTED_WHILE_IMPORTING = """\
import os, signal, sys
class Finder:
    def find_spec(name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.Signals[sys.argv.pop()])
sys.meta_path.insert(0, Finder)
from ddvoices.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_while_it_starts_there_is_no_traceback(name):
    with environment() as variables:
        done = subprocess.run(
            [sys.executable, "-c", _INTERRUPTED_WHILE_IMPORTING, name],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@EVERY
def test_what_an_option_says_of_others_is_of_the_same_command(words):
    known = {name for parameter in ALL[words].params for name in (*parameter.opts, *parameter.secondary_opts)}
    said = " ".join(getattr(parameter, "help", None) or "" for parameter in ALL[words].params)
    assert set(re.findall(r"(?<![\w-])--\w[\w-]*", re.sub(r"`[^`]*`", "", said))) <= known
