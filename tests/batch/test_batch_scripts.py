"""The example scripts are read, or say exactly what is wrong with them."""

import json
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.batch import script as scripts
from ddvoices.batch.script import ENDING_FORMATS, Cast, ScriptFormat, open_script
from ddvoices.errors import ExitCode, ScriptError, UsageError
from ddvoices.resources import read_schema

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "batch"
CAST = Cast(region="us", locales={"ada": "en-GB", "bob": "de-DE"}, elsewhere={"abroad": ("eu", "uk")})
GIVEN = {"model": "dd-etts-2.5", "locale": None}


def cases(kind: str) -> list[str]:
    return sorted(path.name for path in (EXAMPLES / kind).iterdir())


def read(data: bytes, form: ScriptFormat | str, **given):
    return open_script(data, f"script.{form}", ScriptFormat(form), GIVEN | given).lines(CAST)


def of_case(kind: str, case: str):
    (path,) = (EXAMPLES / kind / case).glob("script.*")
    return open_script(path.read_bytes(), path.name, ENDING_FORMATS[path.suffix], GIVEN)


@pytest.mark.parametrize("case", cases("bad"))
def test_a_bad_script_says_all_that_is_wrong(case):
    with pytest.raises(ScriptError) as caught:
        of_case("bad", case).lines(CAST)
    expected = (EXAMPLES / "bad" / case / "expected.txt").read_text(encoding="utf-8")
    assert str(caught.value).splitlines() == expected.splitlines()
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("case", cases("good"))
def test_a_good_script_is_read(case):
    script = of_case("good", case)
    read = [
        {
            "line": line.at.line,
            "text": line.text,
            "out": line.out,
            "voice": line.voice or line.voice_id,
            **line.speech,
        }
        for line in script.lines(CAST)
    ]
    read += [{"warning": warning} for warning in script.warning_lines()]
    expected = (EXAMPLES / "good" / case / "expected.jsonl").read_text(encoding="utf-8")
    assert read == [json.loads(line) for line in expected.split("\n") if line]


def test_a_line_wins_over_the_scripts_defaults_and_those_over_the_command_line():
    script = b"version: 1\ndefaults: {locale: fr-FR, seed: 2}\nlines: [{text: a, seed: 3}, {text: b}]"
    first, second = read(script, "yaml", voice="ada", locale="it-IT", seed=1, variance=0.5)
    assert (first.speech["seed"], second.speech["seed"]) == (3, 2)
    assert {line.speech["locale"] for line in (first, second)} == {"fr-FR"}
    assert {line.speech["variance"] for line in (first, second)} == {0.5}


@pytest.mark.parametrize(
    ("fields", "voice", "voice_id", "tempo", "duration"),
    [
        ("{text: a}", "ada", None, 1.5, None),
        ("{text: a, voice: bob}", "bob", None, 1.5, None),
        ("{text: a, voice_prompt_id: x}", None, "x", 1.5, None),
        ("{text: a, duration: 2}", "ada", None, None, 2),
    ],
)
def test_a_default_gives_way_to_what_excludes_it(fields, voice, voice_id, tempo, duration):
    (line,) = read(f"[{fields}]".encode(), "yaml", voice="ada", tempo=1.5)
    assert (line.voice, line.voice_id) == (voice, voice_id)
    assert (line.speech.get("tempo"), line.speech.get("duration")) == (tempo, duration)


def test_a_locale_is_the_lines_else_the_voices_else_the_service_s_default():
    lines = read(
        b"[{text: a, voice: bob}, {text: a, voice: bob, locale: fr-FR}, {text: a, voice_prompt_id: x}]",
        "yaml",
    )
    assert [line.speech["locale"] for line in lines] == ["de-DE", "fr-FR", "en-US"]


def test_what_the_command_line_says_wrongly_is_told_as_its_own():
    with pytest.raises(ScriptError, match=r"^--voice: no voice 'adda' in the catalog; did you mean 'ada'\?$"):
        read(b"[{text: a}, {text: b}]", "yaml", voice="adda")
    with pytest.raises(UsageError, match="--tempo and --duration exclude each other"):
        read(b"[{text: a, voice: ada}]", "yaml", tempo=1, duration=2)


def test_names_are_numbered_by_line_so_that_they_stay_when_lines_are_added_behind():
    lines = [b'{"text": "Hello", "voice": "ada"}'] * 3
    assert [line.out for line in read(b"\n".join(lines), "jsonl")] == [
        "0001-hello.wav",
        "0002-hello.wav",
        "0003-hello.wav",
    ]


def test_one_mistake_many_times_is_not_told_without_end(monkeypatch):
    monkeypatch.setattr(scripts, "MAX_PROBLEMS", 3)
    with pytest.raises(ScriptError) as caught:
        read(b'{"text": ""}\n' * 10, "jsonl", voice="ada")
    assert len(caught.value.problems) == 4
    assert str(caught.value).endswith("7 more problems like these")


def test_a_script_has_an_end(monkeypatch):
    monkeypatch.setattr(scripts, "MAX_LINES", 2)
    with pytest.raises(ScriptError, match="3 lines: at most 2 are taken, so split the script"):
        read(b'{"text": "a"}\n' * 3, "jsonl", voice="ada")


def test_the_schema_has_the_formats_and_rates_of_the_client():
    from ddvoices.audio.names import SPOKEN_FORMATS
    from ddvoices.client.options import SAMPLE_RATES

    definitions = read_schema("batch")["$defs"]
    line = definitions["line"]["properties"]
    assert tuple(line["format"]["enum"]) == SPOKEN_FORMATS
    assert tuple(line["sample_rate"]["enum"]) == SAMPLE_RATES
    assert set(definitions["defaults"]["properties"]) == set(line) - {"text", "out", "note"}


@pytest.mark.parametrize(
    ("name", "ignored"),
    [("x-take", True), ("X_Take", True), ("note", True), ("x", False), ("xtake", False), ("notes", False)],
)
def test_what_is_ignored_is_what_the_schema_allows_besides_the_fields(name, ignored):
    from jsonschema import Draft202012Validator

    schema = read_schema("batch")
    for line in ({"text": "a", name: 1}, {"version": 1, "lines": [{"text": "a", name: 1}]}):
        document = line if "version" in line else [line]
        assert Draft202012Validator(schema).is_valid(document) == ignored
        script = json.dumps(document).encode()
        with nullcontext() if ignored else pytest.raises(ScriptError, match="unknown field"):
            assert len(read(script, "yaml", voice="ada")) == 1


def test_every_property_of_the_schema_has_an_example_that_is_valid():
    from jsonschema import Draft202012Validator

    schema = read_schema("batch")
    line = schema["$defs"]["line"]["properties"]
    for name, property_ in line.items():
        assert property_["description"], name
        for example in property_["examples"]:
            Draft202012Validator(property_).validate(example)
    Draft202012Validator(schema).validate({"version": 1, "lines": schema["$defs"]["lines"]["examples"][0]})


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(str.strip)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_texts_come_back_whole_from_json_lines_and_tables(texts):
    import csv
    import io

    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";")
    writer.writerows([["text", "voice"], *([text, "ada"] for text in texts)])
    lines = "\n".join(json.dumps({"text": text, "voice": "ada"}) for text in texts)
    wanted = [text.strip() for text in texts]
    assert [line.text for line in read(lines.encode(), "jsonl")] == wanted
    assert [line.text for line in read(table.getvalue().encode(), "csv")] == wanted


@given(st.sampled_from(ScriptFormat), st.binary(max_size=60) | TEXTS.map(str.encode))
def test_whatever_a_script_holds_it_is_read_or_refused(form, data):
    with suppress(ScriptError):
        assert read(data, form, voice="ada")
