"""The key is in nothing that a command says, writes, or hands on, whatever the service answers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import pytest
from cli.test_help import ALL
from leaks.gossip import ANSWERS, SLOW, TALKS, Gossip
from leaks.place import Place

TEXT = "Call me Ishmael."
ID = "5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A command line; ``{id}`` is a voice's. ``asks`` names what it asks: nothing, rest, open, ws.

    ``lists``: it fails after the voices were listed; ``code`` is that of a success.
    """

    line: tuple[str, ...]
    asks: str = "rest"
    input: str = ""
    lists: bool = False
    code: int = 0


def row(line: str, *more: str, **fields: object) -> Row:
    return Row(line=(*line.split(), *more), **fields)  # type: ignore[arg-type]


# In the order in which they can be run one after the other.
ROWS = [
    row("init elsewhere --ci github --pre-commit --lfs", asks=""),
    row("validate", asks=""),
    row("validate --format json", asks=""),
    row("validate --format github", asks=""),
    row("schema plan", asks=""),
    row("completion bash", asks=""),
    row("new stranger.wav --gender female --key newcomer -r eu --dry-run", asks=""),
    row("plan"),
    row("plan --format json"),
    row("plan --format html"),
    row("plan -o plan.json --page written.html --embed-limit 0", lists=True),
    row("show plan.json", asks=""),
    row("show plan.json --format html -o page.html --embed-limit 0", asks=""),
    row("plan --format markdown"),
    row("show plan.json --format markdown", asks=""),
    row("apply plan.json --settle 0.1 --format json", lists=True),
    row("apply --yes --settle 0.1", lists=True),
    row("apply --yes"),
    row("status"),
    row("status --format json"),
    row("ids"),
    row("ids --format env"),
    row("import --all --dry-run"),
    row("import --all"),
    row("auth login --no-check --stdin", input="{key}", asks="", code=7),  # no keyring here: see below
    row("auth login --stdin", input="{key}", asks="", code=7),
    row("auth logout", asks=""),
    row("auth status"),
    row("auth status -r us --check --format json"),
    row("voices list"),
    row("voices list --format json"),
    row("voices add stranger.wav --name Eve --gender female --locale en-GB"),
    row("voices show {id}"),
    row("voices update {id} --name Eva"),
    row("tts --voice-prompt-id {id} -o a.mp3", TEXT),
    row("tts --voice ada", TEXT),
    row("tts --reference stranger.wav", TEXT),
    row("tts-stream --voice-prompt-id {id} -o b.wav", TEXT, asks="open"),
    row("tts-live --voice-prompt-id {id} -o c.wav", input=f"{TEXT}\n", asks="ws"),
    row("tts-retro --voice-prompt-id {id} -o d.mp3 --wait", TEXT),
    row("tts-retro --voice-prompt-id {id}", TEXT),
    row("tts-batch script.yaml --dry-run", asks=""),
    row("tts-batch script.yaml"),
    row("tts-batch lines.jsonl -o other --voice-prompt-id {id} --output-format json", asks="open"),
    row("audition -r us -t ada", TEXT),
    row("gender stranger.wav", asks="open"),
    row("voices delete {id} --yes"),
]
WAYS_TO_TELL = [("-v",), pytest.param(("-v", "--log-format", "json"), marks=pytest.mark.proof)]
APART = {("emulator",), ("demo",)}


def run(place: Place, each: Row, *shared: str, **options: object) -> subprocess.CompletedProcess[str]:
    line = [word.replace("{id}", place.stranger) for word in each.line]
    given = each.input.replace("{key}", place.key)
    return place.run(*shared, *line, input=given, **options)  # type: ignore[arg-type]


def test_every_command_is_in_the_table():
    groups = {words[:1] for words in ALL if len(words) > 1}
    tried = {words for words in ALL for each in ROWS if each.line[: len(words)] == words}
    assert tried | APART | groups == set(ALL)


@pytest.mark.parametrize("shared", WAYS_TO_TELL, ids=" ".join)
def test_nothing_of_what_goes_well_holds_the_key(place: Place, shared: tuple[str, ...]) -> None:
    subprocess.run(["git", "init", "-q", place.folder], check=True)
    for each in ROWS:
        done = run(place, each, *shared)
        assert done.returncode == each.code, f"{each.line}\n{done.stdout}\n{done.stderr}"
        assert place.said_in(done) == [], each.line
    assert place.leaks() == {}


# Each command fails in one way here, in turn, and each socket in all of its own; all in all ways: see below.
ASKING = [each for each in ROWS if each.asks]
TURNS = [(list(ANSWERS)[at % len(ANSWERS)], each) for at, each in enumerate(ASKING)]
TURNS += [
    (slow, each) for slow in SLOW for each in ASKING if each.line[:3] == ("tts", "--voice-prompt-id", "{id}")
]
TURNS += [
    (talk, each) for talk in TALKS for each in ASKING if each.line[0] in {"tts-stream", "tts-live", "gender"}
]


def assert_tells_nothing(place: Place, telling: Gossip, each: Row, failure: str, *shared: str) -> None:
    telling.failure, telling.lists = failure, each.lists
    done = run(place, each, *shared, env=telling.variables())
    assert place.said_in(done) == [], f"{failure}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("failure", [*ANSWERS, *SLOW, *TALKS])
def test_no_way_to_tell_the_key_back_is_heard(place: Place, telling: Gossip, failure: str) -> None:
    """The commands take their turns at it, so that each meets some."""
    for each in [each for its, each in TURNS if its == failure]:
        assert_tells_nothing(place, telling, each, failure)
    assert place.leaks() == {}


# what clears a screen, sets its title, colours it or goes back, in seven bits and in eight
STEERING = "a\x1b[2J\x1b]0;b\x07\x9b31mc\x08\x7f\x85d"


@pytest.mark.proof
@pytest.mark.parametrize("failure", [*ANSWERS, *TALKS])
def test_no_way_to_steer_a_terminal_is_taken(place: Place, telling: Gossip, failure: str) -> None:
    telling.text = STEERING
    for each in [each for its, each in TURNS if its == failure]:
        telling.failure, telling.lists = failure, each.lists
        done = run(place, each, env=telling.variables())
        said = done.stdout + done.stderr
        assert [char for char in said if not char.isprintable() and char != "\n"] == [], ascii(said)


@pytest.mark.proof
@pytest.mark.parametrize("at", range(len(ASKING)), ids=lambda at: " ".join(ASKING[at].line))
def test_nor_is_any_by_any_command(place: Place, telling: Gossip, at: int) -> None:
    """What is asked again and again, and takes its time, is tried in turn."""
    each, slow = ASKING[at], list(SLOW)[at % len(SLOW)]
    for failure in [*ANSWERS, slow, *(TALKS if each.asks in {"open", "ws"} else ())]:
        assert_tells_nothing(place, telling, each, failure, "-v")
    assert place.leaks() == {}
