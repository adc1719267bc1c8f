"""``ddvoices voices``: the voice API through the real program."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from cli.program import CTRL_C, keyed, on_terminal, run
from service import Emulator
from workspace import write_tone

ADA = ("--name", "Ada", "--gender", "female", "--locale", "en-GB")
NOBODY = "5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11"


class Account:
    """An account of the emulator, a folder to stand in, and the program on them."""

    def __init__(self, folder: Path, emulator: Emulator, key: str) -> None:
        self.folder, self.emulator, self.key = folder, emulator, key
        self.env = keyed(emulator.base_url, key)
        self.sample = write_tone(folder / "ada.wav")

    def run(self, *arguments: str, code: int = 0, **options) -> CompletedProcess[str]:
        done = run("voices", *arguments, **{"env": self.env, "cwd": self.folder, **options})
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        if code:
            assert done.stdout == ""
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done

    def add(self, *arguments: str) -> str:
        return self.run("add", "ada.wav", *(arguments or ADA)).stdout.rstrip("\n")

    def there(self) -> list[dict]:
        return self.emulator.voices(self.key)

    def calls(self) -> list[str]:
        return [f"{entry['method']} {entry['path']}" for entry in self.emulator.requests(self.key)]


@pytest.fixture
def account(tmp_path, emulator, api_key) -> Account:
    return Account(tmp_path, emulator, api_key)


def test_add_prints_the_new_id_alone_and_sends_what_was_said(account):
    voice_id = account.add(
        *ADA,
        *("--age", "34", "--speaking-style", "Warm", "--title", "Ada 1", "--text", "Hällo", "--publish"),
    )
    (voice,) = account.there()
    assert voice["id"] == voice_id
    (sent,) = [e["body"] for e in account.emulator.requests(account.key) if e["method"] == "POST"]
    speaker_id = sent.pop("speaker_id")
    assert speaker_id
    assert sent == {
        "name": "Ada",
        "title": "Ada 1",
        "text": "Hällo",
        "locale": "en-GB",
        "gender": "FEMALE",
        "age": 34,
        "speaking_style": "Warm",
        "publish": True,
        "filename": "ada.wav",
    }


def test_a_voice_is_not_published_and_has_no_age_unless_that_is_said(account):
    account.add()
    (sent,) = [e["body"] for e in account.emulator.requests(account.key) if e["method"] == "POST"]
    assert sent["publish"] is False
    assert "age" not in sent


def test_add_as_json_is_the_services_answer(account):
    answer = json.loads(account.run("add", "ada.wav", *ADA, "--format", "json").stdout)
    assert answer == {"response": {"voice_prompt_id": account.there()[0]["id"]}}


def test_list_as_json_is_the_services_answer(account):
    account.add(), account.add("--name", "Bob", "--gender", "MALE", "--locale", "en-US")
    _, expected = account.emulator.call(account.key, "GET", "/voice")
    assert json.loads(account.run("list", "--format", "json").stdout) == expected


def test_list_as_text_is_sorted_and_folds_nothing_in_a_pipe(account):
    long = "A very long name " * 20
    ids = [
        account.add("--name", name, "--gender", "non_binary", "--locale", "en-US") for name in ("Zoe", long)
    ]
    head, first, second = account.run("list").stdout.splitlines()
    assert head.split() == ["id", "name", "locale", "gender", "style"]
    assert first.startswith(ids[1])
    assert first.split()[-3:] == ["en-US", "NON_BINARY", "Neutral"]
    assert long.strip() in first
    assert second.split() == [ids[0], "Zoe", "en-US", "NON_BINARY", "Neutral"]


def test_a_list_of_more_voices_than_the_services_default_is_whole(account):
    account.emulator.settings(account.key, list_default=2)
    ids = {account.add() for _ in range(3)}
    listed = json.loads(account.run("list", "--format", "json").stdout)["voicePrompts"]
    assert {voice["id"] for voice in listed} == ids


def test_an_empty_account_is_said_to_be_empty(account):
    done = account.run("list")
    assert (done.stdout, done.stderr) == ("", "no voices in us\n")
    assert json.loads(account.run("list", "--format", "json").stdout) == {"voicePrompts": []}
    assert account.run("list", env={**account.env, "DD_EU": "1"}).stderr == "no voices in eu\n"


STEERING = ("\x1b", "\x07", "\x9b", "\u202e")
HOSTILE = "\x1b]0;owned\x07 \u202eevil\x9b2J [red]not markup[/red]"


@pytest.mark.parametrize("command", ["list", "show", "update"])
@pytest.mark.parametrize("output_format", ["text", "json"])
def test_names_that_could_steer_a_terminal_are_shown_as_escapes(account, command, output_format):
    voice_id = account.add("--name", HOSTILE, "--gender", "female", "--locale", "en-US")
    arguments = {"list": [], "show": [voice_id], "update": [voice_id, "--age", "3"]}[command]
    shown = account.run(command, *arguments, "--format", output_format).stdout
    assert not set(STEERING) & set(shown)
    assert "[red]not markup[/red]" in shown
    if output_format == "json":
        answer = json.loads(shown)
        (voice,) = answer["voicePrompts"] if command == "list" else [answer["prompt"]]
        assert voice["name"] == HOSTILE


def test_show_one_voice(account):
    voice_id = account.add()
    _, expected = account.emulator.call(account.key, "GET", f"/voice/{voice_id}")
    assert json.loads(account.run("show", voice_id, "--format", "json").stdout) == expected
    lines = dict(line.split(maxsplit=1) for line in account.run("show", voice_id).stdout.splitlines())
    assert lines["id"].strip() == voice_id
    assert lines["style"].strip() == "Neutral"
    assert "text" not in lines  # nothing is known of it


def test_update_changes_what_is_named_and_nothing_else(account):
    voice_id = account.add(*ADA, "--age", "30")
    before = account.there()[0]
    shown = account.run("update", voice_id, "--name", "Ada II", "--age", "31").stdout
    assert "Ada II" in shown
    assert account.there()[0] == {**before, "name": "Ada II", "age": 31}
    answer = json.loads(account.run("update", voice_id, "--gender", "Male", "--format", "json").stdout)
    assert answer["prompt"]["gender"] == "MALE"


def test_delete_where_nobody_can_be_asked_needs_yes(account):
    voice_id = account.add()
    assert "--yes" in account.run("delete", voice_id, code=64).stderr
    assert len(account.there()) == 1
    done = account.run("delete", voice_id, "--yes")
    assert (done.stdout, done.stderr) == ("", f"deleted {voice_id} from us\n")
    assert account.there() == []


@pytest.mark.parametrize(
    ("typed", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1), (CTRL_C, 130, 1)]
)
def test_delete_asks_on_a_terminal_what_it_is_about_to_delete(account, typed, code, left):
    voice_id = account.add()
    question = f"Delete {voice_id} (Ada, en-GB, FEMALE) from us? [y/N]: "
    ended, shown = on_terminal(
        "voices", "delete", voice_id, asked=question, typed=typed, env=account.env, cwd=account.folder
    )
    assert question in shown
    assert (ended, len(account.there())) == (code, left), shown


@pytest.mark.parametrize("arguments", [["show"], ["update", "--name", "x"], ["delete", "--yes"]])
def test_no_such_voice_is_said_so(account, arguments):
    done = account.run(*arguments, NOBODY, code=1)
    if arguments[0] != "update":  # the service has its own words for it there
        assert done.stderr.startswith(f"error: no voice {NOBODY} in region us")


def test_delete_of_nothing_is_said_before_anything_is_asked(account):
    code, shown = on_terminal("voices", "delete", NOBODY, env=account.env, cwd=account.folder)
    assert code == 1
    assert "?" not in shown
    assert f"no voice {NOBODY}" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["update", NOBODY], "nothing to update: give at least one of --name, --gender, --locale, --age"),
        (["update", NOBODY, "--name", " "], "--name is empty"),
        (["update", NOBODY, "--age", "121"], "--age"),
        (["update", NOBODY, "--gender", "femal"], "femal"),
        (["add", "nowhere.wav", *ADA], "nowhere.wav"),
        (["add", "ada.wav", *ADA, "--name", ""], "--name is empty"),
        (["add", "ada.wav", "--name", "Ada"], "--gender"),
        (["add", ".", *ADA], "directory"),
        (["add", "notes.txt", *ADA], "not audio by its content"),
        (["add", "empty.wav", *ADA], "is an empty file"),
        (["add", "pointer.wav", *ADA], "git lfs pull"),
        (["add", "large.wav", *ADA], "over 20 MB"),
        (["list", "-r", "ap"], "no region 'ap'"),
        (["list", "--limit", "3"], "--limit"),
        (["show", ""], "not the id of a voice"),
        (["show", ".."], "not the id of a voice"),
        (["delete", "--yes"], "ID"),
    ],
)
def test_a_users_mistake_is_64_and_nothing_is_sent(account, arguments, said):
    folder = account.folder
    (folder / "notes.txt").write_text("name: Ada\n", encoding="utf-8")
    (folder / "empty.wav").touch()
    (folder / "pointer.wav").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", encoding="utf-8"
    )
    with (folder / "large.wav").open("wb") as large:
        large.truncate(20 * 2**20 + 1)
    assert said in account.run(*arguments, code=64).stderr
    assert account.calls() == []


def test_a_mistake_is_found_before_a_key_is_looked_for(account):
    account.run("update", NOBODY, code=64, env={})
    account.run("delete", NOBODY, code=64, env={})


@pytest.mark.parametrize(
    ("kind", "extra"), [("reset", {}), ("status", {"status": 502}), ("html", {}), ("cut", {}), ("empty", {})]
)
def test_a_lost_answer_to_add_says_to_look_before_trying_again(account, kind, extra):
    rule = {"kind": kind, "method": "POST", "path": "/voice", "when": "after", **extra}
    account.emulator.faults(account.key, [rule])
    said = account.run("add", "ada.wav", *ADA, code=1).stderr
    assert "`ddvoices voices list -r us`" in said
    assert "'Ada'" in said
    assert account.calls() == ["POST /voice"]  # never blindly again
    assert len(account.there()) == 1


def test_a_full_account_says_the_services_message(account):
    account.emulator.settings(account.key, max_voices=0)
    said = account.run("add", "ada.wav", *ADA, code=1).stderr
    assert "403" in said
    assert "voices list" not in said


def test_no_key_and_a_refused_key_are_7(account):
    assert "DEEPDUB_API_KEY" in account.run("list", code=7, env={}).stderr
    account.run("list", code=7, env={**account.env, "DEEPDUB_API_KEY": "not-a-key"})


def test_another_region_is_refused_while_the_environment_moves_one(account):
    assert "us only" in account.run("list", "-r", "eu", code=7).stderr


class TestCatalog:
    """What a catalog that is found has to do with it."""

    @pytest.fixture
    def env(self, api_key):
        return {"DEEPDUB_API_KEY": api_key}

    def write(self, account, settings, *, voices="voices: {}\n"):
        folder = account.folder / "voices"
        folder.mkdir()
        (folder / "catalog.yaml").write_text(settings, encoding="utf-8")
        (folder / "all.yaml").write_text(voices, encoding="utf-8")

    def settings(self, account, region="us"):
        return f"version: 1\nowner: a-1\nregions: {{{region}: {{base_url: '{account.emulator.base_url}'}}}}\n"

    def test_its_endpoints_are_used(self, account, env):
        self.write(account, self.settings(account))
        assert account.run("list", env=env).stderr == "no voices in us\n"

    def test_its_own_regions_are_known(self, account, env):
        self.write(account, self.settings(account, "studio"))
        assert account.run("list", "-r", "studio", env=env).stderr == "no voices in studio\n"
        assert "studio" in account.run("list", "-r", "studios", env=env, code=64).stderr

    def test_broken_voices_are_in_nobodys_way(self, account, env):
        self.write(account, self.settings(account), voices="voices: {ada: [\n")
        account.run("list", env=env)

    @pytest.mark.parametrize(
        "settings",
        ["version: 1\nregions: {us: {base_ulr: http://127.0.0.1:1}}\nowner: a-1\n", "a: [\n", "x", ""],
    )
    def test_broken_settings_are_3_since_the_endpoints_may_be_meant_otherwise(self, account, settings):
        self.write(account, settings)
        done = run("voices", "list", env=account.env, cwd=account.folder)
        assert (done.returncode, done.stdout) == (3, "")
        assert "voices/catalog.yaml:" in done.stderr
        assert account.calls() == []

    def test_settings_that_lead_out_are_3(self, account):
        (account.folder / "voices").mkdir()
        (account.folder / "other.yaml").write_text(self.settings(account), encoding="utf-8")
        (account.folder / "voices" / "catalog.yaml").symlink_to("../other.yaml")
        assert "leads out" in account.run("list", code=3).stderr

    def test_a_directory_without_settings_is_no_catalog(self, account):
        (account.folder / "voices").mkdir()
        assert account.run("list").stderr == "no voices in us\n"

    @pytest.mark.parametrize("named", [["--catalog", "nowhere"], []])
    def test_a_catalog_that_is_named_and_not_there_is_a_warning(self, account, named):
        env = {**account.env, **({} if named else {"DDVOICES_CATALOG": "nowhere"})}
        done = run(*named, "voices", "list", env=env, cwd=account.folder)
        assert (done.returncode, done.stderr.splitlines()) == (
            0,
            ["warning: nowhere: no catalog here, so this goes on without one", "no voices in us"],
        )

    def test_an_untrusted_endpoint_gets_no_key(self, account, env):
        self.write(account, "version: 1\nowner: a-1\nregions: {us: {base_url: 'https://evil.example/api'}}\n")
        assert "DDVOICES_TRUSTED_HOSTS" in account.run("list", env=env, code=7).stderr


def test_at_80_columns_an_id_can_be_copied_and_a_name_be_read(account):
    long = "Warm, slow and slightly amused, as if by a fire"
    voice_id = account.add(*ADA[:1], "Ada (narrator)", *ADA[2:], "--speaking-style", long)
    _, shown = on_terminal("voices", "list", env={**account.env, "COLUMNS": "80"}, cwd=account.folder)
    assert voice_id in shown
    assert "Ada" in shown
    assert "(narrator)" in shown
