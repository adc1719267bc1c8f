"""Settings: each has its effect, and its flag, its route and its documentation agree."""

from __future__ import annotations

import enum
import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from emulator.samples import listing, upload, wait_until
from service import Emulator

from ddvoices.emulator.command import emulator as command
from ddvoices.emulator.settings import Settings, SettingsError, describe

DOCS = Path(__file__).parents[2] / "docs" / "emulator.md"
KINDS = {kind.name: kind for kind in describe()}


@pytest.mark.parametrize(
    ("value", "shown"),
    [("yes", {"speakerId": "mine"}), ("no", {}), ("own", {"speakerId": "a UUID"})],
)
def test_speaker_id_comes_back_as_it_is_set(emulator, api_key, value, shown):
    emulator.settings(api_key, echo_speaker_id=value)
    voice_id = upload(emulator, api_key, speaker_id="mine")
    (voice,) = listing(emulator, api_key)
    got = {name: voice[name] for name in voice if name == "speakerId"}
    if value == "own":
        assert uuid.UUID(got["speakerId"]) != uuid.UUID(voice_id)
        assert listing(emulator, api_key) == [voice]
    else:
        assert got == shown


def test_published_voices_can_be_hidden_from_the_listing(emulator, api_key):
    emulator.settings(api_key, published_hidden=True)
    hidden, shown = upload(emulator, api_key, publish=True), upload(emulator, api_key)
    assert [voice["id"] for voice in listing(emulator, api_key)] == [shown]
    assert emulator.call(api_key, "GET", f"/voice/{hidden}")[0] == 200


@pytest.mark.parametrize(("value", "name"), [("kept", "Ada"), ("ignored", "Title")])
def test_the_name_of_an_upload_can_be_ignored(emulator, api_key, value, name):
    emulator.settings(api_key, name_on_post=value)
    upload(emulator, api_key, name="Ada", title="Title")
    assert listing(emulator, api_key)[0]["name"] == name


def test_a_new_voice_can_be_late_for_reads_but_not_for_writes(emulator, api_key):
    emulator.settings(api_key, visible_after_ms=3_600_000)
    voice_id = upload(emulator, api_key)
    assert listing(emulator, api_key) == []
    assert emulator.call(api_key, "GET", f"/voice/{voice_id}")[0] == 404
    assert emulator.call(api_key, "PUT", "/voice", {"id": voice_id, "name": "Eve"})[0] == 200
    emulator.settings(api_key, visible_after_ms=1)
    wait_until(lambda: listing(emulator, api_key))
    assert emulator.call(api_key, "DELETE", f"/voice/{voice_id}")[0] == 200


def test_a_listing_can_be_capped_in_silence_or_refused_aloud(emulator, api_key):
    ids = [upload(emulator, api_key) for _ in range(4)]
    emulator.settings(api_key, list_cap=2, list_default=3)
    assert [voice["id"] for voice in listing(emulator, api_key, "?limit=100")] == ids[:1:-1]
    emulator.settings(api_key, list_cap=None, list_max_limit=3)
    assert len(listing(emulator, api_key)) == 3
    assert len(listing(emulator, api_key, "?limit=3")) == 3
    status, answer = emulator.call(api_key, "GET", "/voice?limit=4")
    assert (status, "limit" in answer["message"]) == (400, True)


@pytest.mark.parametrize("order", ["newest", "oldest", "random"])
def test_a_listing_comes_in_the_order_that_is_set(emulator, api_key, order):
    emulator.settings(api_key, list_order=order)
    ids = [upload(emulator, api_key) for _ in range(3)]
    got = [voice["id"] for voice in listing(emulator, api_key)]
    expected = {"newest": ids[::-1], "oldest": ids, "random": got}
    assert got == expected[order]
    assert sorted(got) == sorted(ids)


@pytest.mark.parametrize(("case", "gender"), [("upper", "NON_BINARY"), ("lower", "non_binary")])
def test_genders_come_in_the_case_that_is_set(emulator, api_key, case, gender):
    emulator.settings(api_key, gender_case=case)
    upload(emulator, api_key, gender="Non_Binary")
    assert listing(emulator, api_key)[0]["gender"] == gender


@pytest.mark.parametrize(
    ("unset", "shown"), [("empty", {"text": ""}), ("absent", {}), ("null", {"text": None})]
)
def test_unset_strings_appear_as_they_are_set(emulator, api_key, unset, shown):
    emulator.settings(api_key, unset=unset)
    upload(emulator, api_key, title="Ada")
    (voice,) = listing(emulator, api_key)
    assert {name: voice[name] for name in voice if name == "text"} == shown
    assert voice["title"] == "Ada"


def test_answers_can_be_bare(emulator, api_key):
    emulator.settings(api_key, list_shape="bare")
    body = {"filename": "a.wav", "data": "UklGRiQAAABXQVZFZm10IA=="}
    voice_id = emulator.call(api_key, "POST", "/voice", body)[1]["voice_prompt_id"]
    (voice,) = emulator.call(api_key, "GET", "/voice")[1]
    assert voice["id"] == voice_id
    assert emulator.call(api_key, "GET", f"/voice/{voice_id}")[1] == voice
    assert emulator.call(api_key, "PUT", "/voice", {"id": voice_id, "name": "Eve"})[1]["name"] == "Eve"


def test_settings_are_added_to_each_other_and_stay_in_their_account(emulator, api_key):
    emulator.settings(api_key, list_cap=2)
    emulator.settings(api_key, unset="null")
    assert emulator.settings(api_key) == {**Settings().as_json(), "list_cap": 2, "unset": "null"}
    assert emulator.settings(api_key + "-other") == Settings().as_json()
    emulator.reset(api_key)
    assert emulator.settings(api_key) == Settings().as_json()


BAD = [
    ("no_such", 1),
    ("max_voices", -1),
    ("max_voices", None),
    ("max_voices", 1.5),
    ("max_concurrent", 0),
    ("list_cap", "many"),
    ("published_hidden", "yes"),
    ("published_hidden", 1),
    ("list_default", True),
    ("unset", "nothing"),
    ("unset", None),
    ("unset", ["empty"]),
    ("chunk_ms", 0),
    ("first_audio_ms", None),
    ("wav_header", 68),
    ("is_final", "no"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_named_and_changes_nothing(emulator, api_key, name, value):
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings().merged({name: value})
    url = f"{emulator.origin}/_emulator/settings"
    status, answer = emulator.call(api_key, "PUT", url, {"latency_ms": 1, name: value})
    assert (status, answer["message"].split(":")[0]) == (400, name)
    assert emulator.settings(api_key) == Settings().as_json()


@pytest.mark.parametrize("path", ["settings", "faults"])
@pytest.mark.parametrize("document", ["{", "[1]"])
def test_control_routes_refuse_what_is_not_theirs(emulator, api_key, path, document):
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{emulator.origin}/_emulator/{path}", document.encode(), {"x-api-key": api_key}, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310 - loopback
    with refused.value as answer:
        assert (answer.code, json.load(answer)["success"]) == (400, False)


def test_every_setting_has_a_flag_that_sets_it():
    flags = {"--" + name.replace("_", "-") for name in KINDS}
    options = {option for parameter in command.params for option in parameter.opts}
    assert flags <= options
    arguments, expected = [], {}
    for kind in KINDS.values():
        value = list(kind.type)[-1] if issubclass(kind.type, enum.StrEnum) else 7
        expected[kind.name] = not kind.default if kind.type is bool else value
        flag = ("--no-" if kind.default is True else "--") + kind.name.replace("_", "-")
        arguments += [flag, *([] if kind.type is bool else [str(value)])]
    with Emulator.start(arguments) as running:
        assert running.settings("dd-flags") == expected


def test_a_bad_flag_is_a_usage_error():
    result = CliRunner().invoke(command, ["--max-concurrent", "0"])
    assert result.exit_code == 2
    assert "max_concurrent: must be a whole number from 1" in result.output


def values_of(kind):
    if issubclass(kind.type, enum.StrEnum):
        return " ".join(f"`{word}`" for word in kind.type)
    if kind.type is bool:
        return "`true` `false`"
    return f"{kind.minimum} or more" + (", `null`" if kind.optional else "")


def test_the_documentation_has_every_setting_as_it_is():
    table = DOCS.read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{kind.name}` | {values_of(kind)} | "
        f"`{kind.default if isinstance(kind.default, str) else json.dumps(kind.default)}` | {kind.help} |"
        for kind in KINDS.values()
    ]
