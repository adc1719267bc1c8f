"""What must agree: schemas and code, documents and code, errors and their tree."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest
from client.test_client_signature import OFFICIAL
from lowest import BOUNDED, requirements

import ddvoices
from ddvoices import errors
from ddvoices.client import DeepdubClient
from ddvoices.errors import DdvoicesError, ExitCode
from ddvoices.model import Action, Policy, Reason, RegionSettings, VoiceSpec
from ddvoices.plan.describe import describe
from ddvoices.report.words import COLORS, MARKS, REASONS
from ddvoices.resources import read_schema, schema_names

ROOT = Path(__file__).parent.parent
SDK = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
# what names a variable of the environment
VARIABLE = (
    r"(?:DDVOICES|DEEPDUB)_[A-Z_]+[A-Z]|DD_EU|NO_COLOR|FORCE_COLOR|XDG_CACHE_HOME|PYTHON_KEYRING_BACKEND"
)
KEY_ERRORS = {
    Reason.PIN_NOT_FOUND,
    Reason.AMBIGUOUS,
    Reason.FOREIGN,
    Reason.NEWER_SCHEME,
    Reason.OPEN_INTENT,
}


def document(name: str) -> str:
    """Return a page of docs/."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_the_plan_schema_has_every_action_and_reason() -> None:
    definitions = read_schema("plan")["$defs"]
    change = definitions["change"]["properties"]
    problem = definitions["region"]["properties"]["errors"]["items"]["properties"]
    assert set(change["action"]["enum"]) == set(Action) - {Action.NOOP}
    assert set(definitions["summary"]["required"]) == set(Action)
    assert set(problem["reason"]["enum"]) == KEY_ERRORS
    assert set(change["reason"]["enum"]) == set(Reason) - KEY_ERRORS - {Reason.IN_SYNC}


def test_the_plan_schema_has_every_field_that_a_voice_is_described_by(spec: VoiceSpec) -> None:
    change = read_schema("plan")["$defs"]["change"]["properties"]
    assert set(change["fields"]["items"]["properties"]["path"]["enum"]) == set(describe(spec))


@pytest.fixture
def spec(tmp_path: Path) -> VoiceSpec:
    """A voice that says everything."""
    from ddvoices.model import Gender, Sample

    sample = Sample(
        path="a.wav",
        file=str(tmp_path / "a.wav"),
        sha256="0" * 64,
        sound="1" * 64,
        size=1,
        seconds=1.0,
        format="wav",
    )
    return VoiceSpec(
        key="ada",
        name="Ada",
        gender=Gender.FEMALE,
        locale="en-GB",
        speaking_style="Calm",
        publish=True,
        age=34,
        text="Said.",
        title="Ada",
        sample=sample,
    )


def test_the_voice_schema_has_the_fields_of_a_voice() -> None:
    voice = read_schema("voices")["$defs"]["voice"]["properties"]
    internal = {"key", "locale_set", "location"}
    assert set(voice) == {field.name for field in dataclasses.fields(VoiceSpec)} - internal


def test_the_catalog_schema_has_the_fields_of_policy_and_region() -> None:
    properties = read_schema("catalog")["properties"]
    assert set(properties["policy"]["properties"]) == {field.name for field in dataclasses.fields(Policy)}
    region = properties["regions"]["additionalProperties"]
    region = (
        read_schema("catalog")["$defs"][region["$ref"].rpartition("/")[2]] if "$ref" in region else region
    )
    assert set(region["properties"]) == {field.name for field in dataclasses.fields(RegionSettings)}


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_is_valid_and_explains_every_property(name: str) -> None:
    from jsonschema import Draft202012Validator

    schema = read_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]


def test_every_action_and_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
    assert set(MARKS) == set(COLORS) == set(Action)


def test_the_error_tree_at_the_top_of_the_file_is_the_tree_of_classes() -> None:
    drawn = dict(re.findall(r"(\w+Error)\s+(\d+)", errors.__doc__ or ""))
    real = {
        name: str(int(kind.exit_code))
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, DdvoicesError)
    }
    assert drawn == real


def test_the_page_of_exit_codes_has_every_one() -> None:
    table = re.findall(r"^\| (\d+) \|", document("exit-codes"), flags=re.MULTILINE)
    assert [int(code) for code in table] == list(ExitCode)


def test_the_page_of_variables_has_those_that_the_code_reads_and_no_others() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ddvoices").rglob("*.py"))
    named = set(re.findall(rf"[\"'\s`]({VARIABLE})\b", code))
    # what `ids --format env` writes is no variable of ours, nor is the beginning of the names of the keys
    named = {name for name in named if not name.startswith(("DEEPDUB_API_KEY_", "DDVOICES_ADA"))}
    rows = re.findall(r"^\| (`[^|]+) \|", document("environment"), flags=re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert told == named


def test_the_page_of_the_report_tells_every_field_that_it_shows() -> None:
    shown = set(re.findall(r'^ +"(\w+)":', document("report"), flags=re.MULTILINE))
    assert shown == set(re.findall(r"`(\w+)`", document("report"))) & shown
    assert len(shown) > 15


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)
    assert newest
    assert newest[1] == ddvoices.__version__


def test_every_public_name_can_be_imported() -> None:
    for name in ddvoices.__all__:
        assert getattr(ddvoices, name) is not None
    with pytest.raises(AttributeError):
        _ = ddvoices.nonsense


def test_every_dependency_is_bounded_on_both_sides() -> None:
    assert len(requirements()) > 20
    assert [requirement for requirement in requirements() if not BOUNDED.fullmatch(requirement)] == []


def test_what_the_documents_quote_is_what_the_program_prints() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def side_by_side() -> list[list[str]]:
    """Return the cells of the table that compares the client with the official SDK."""
    lines = SDK.partition("## Side by side")[2].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][
        2:
    ]


NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def is_there(path: str, name: str) -> bool:
    """Tell whether a file has a test: a function, or a class that is made there."""
    text = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    begins = f"def {name}(" if name.startswith("test_") else f"{name} = "
    return any(line.lstrip().startswith(begins) for line in text.splitlines())


@pytest.mark.parametrize("row", side_by_side(), ids=lambda row: row[3].strip("`").rpartition("::")[2])
def test_each_line_of_the_comparison_names_a_test_that_is_there(row: list[str]) -> None:
    named = NAMED.fullmatch(row[3])
    assert named, row
    assert is_there(*named.groups()), row


@pytest.mark.parametrize(("document", "least"), [("docs/guarantees.md", 50), ("SECURITY.md", 12)])
def test_each_promise_names_tests_that_are_there(document: str, least: int) -> None:
    """In every line of every table, those of what is not promised too."""
    text = (ROOT / document).read_text(encoding="utf-8")
    heads = ("| you can count on |", "| not promised |", "| can't |", "|---|")
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith(heads)]
    assert len(rows) > least
    assert [row for row in rows if not NAMED.search(row.rpartition(" | ")[2])] == []
    assert [named for named in NAMED.findall(text) if not is_there(*named)] == []


def test_the_comparison_has_every_method_of_the_official_sdk() -> None:
    compared = {name for row in side_by_side() for name in re.findall(r"`(\w+)", row[0])}
    assert {"DeepdubClient", "get", "post", "put", "delete", *OFFICIAL} - {"__init__"} <= compared


def test_the_reference_has_every_public_name_of_the_client() -> None:
    said = set(re.findall(r"`(?:DeepdubClient\.)?(\w+)[`(]", SDK.partition("## Side by side")[0]))
    public = {name for name in dir(DeepdubClient) if not name.startswith("_")}
    assert public <= said


def test_no_file_names_a_place_of_a_machine() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    text = [
        ROOT / name for name in files.splitlines() if name.endswith((".py", ".md", ".yaml", ".toml", ".json"))
    ]
    for path in text:
        assert not re.search(r"(?<![\w.])/(?:home|root|work|Users)/\w", path.read_text(encoding="utf-8")), (
            path
        )
