"""Schemas, code and example agree, and editors find in the schemas all that they need."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ddvoices import resources
from ddvoices.catalog.entries import DEFAULTS
from ddvoices.model import Gender, Policy, RegionSettings, VoiceSpec

DOCS = Path(__file__).resolve().parents[2] / "docs" / "fields.md"
CATALOG, VOICES = resources.read_schema("catalog"), resources.read_schema("voices")
VOICE = VOICES["$defs"]["voice"]


def described(schema: dict, path: str) -> list[tuple[str, dict]]:
    """Return every property of a schema, and every value of its maps and lists, with its path."""
    found = []
    for name, part in schema.get("properties", {}).items():
        found += [(f"{path}.{name}", part), *described(part, f"{path}.{name}")]
    for keyword in ("items", "additionalProperties"):
        part = schema.get(keyword)
        if isinstance(part, dict) and "$ref" not in part:
            found += [(f"{path}.*", part), *described(part, f"{path}.*")]
    return found


PARTS = [
    ("catalog", CATALOG),
    *described(CATALOG, "catalog"),
    ("voices", VOICES),
    *described(VOICES, "voices"),
    ("voice", VOICE),
    *described(VOICE, "voice"),
]


@pytest.mark.parametrize("name", ["catalog", "voices"])
def test_a_schema_is_valid_draft_2020_12_with_a_title_and_an_id(name):
    schema = resources.read_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"]
    assert schema["title"]


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_every_part_is_described_and_its_examples_are_right(path, part):
    assert part["description"].endswith(".")
    validator = Draft202012Validator({**part, "$defs": VOICES["$defs"]})
    assert part.get("examples") or path in {"catalog", "voices"}
    for value in [*part.get("examples", ()), *([part["default"]] if "default" in part else [])]:
        validator.validate(value)


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_every_pattern_has_words(path, part):
    for holder in (part, part.get("propertyNames", {})):
        assert ("pattern" in holder) == ("patternErrorMessage" in holder)


def test_the_fields_of_a_voice_are_those_of_the_model():
    assert set(VOICE["properties"]) == {field.name for field in fields(VoiceSpec)} - {
        "key",
        "locale_set",
        "location",
    }


def test_the_patterns_are_those_of_the_design():
    assert VOICES["properties"]["voices"]["propertyNames"]["pattern"] == "^[a-z0-9][a-z0-9._-]{0,99}$"
    assert VOICE["properties"]["moved_from"]["items"]["pattern"] == "^[a-z0-9][a-z0-9._-]{0,99}$"
    locale = "^[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3})$"
    assert VOICE["properties"]["locale"]["pattern"] == locale
    assert CATALOG["properties"]["defaults"]["properties"]["locale"]["pattern"] == locale


def test_settings_are_those_of_the_model():
    properties = CATALOG["properties"]
    assert set(properties["regions"]["additionalProperties"]["properties"]) == {
        f.name for f in fields(RegionSettings)
    }
    policy = {name: part["default"] for name, part in properties["policy"]["properties"].items()}
    assert Policy(**policy) == Policy()
    defaults = {name: part["default"] for name, part in properties["defaults"]["properties"].items()}
    assert defaults == DEFAULTS
    assert {name: VOICE["properties"][name]["default"] for name in DEFAULTS} == DEFAULTS


def test_the_genders_are_those_of_the_model():
    assert set(VOICE["properties"]["gender"]["enum"]) == set(Gender)


def test_the_docs_name_every_field():
    named = set(re.findall(r"^\| `([a-z_]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    endpoints = {field.name for field in fields(RegionSettings)}
    assert named == {
        "voices",
        *VOICE["properties"],
        *CATALOG["properties"],
        *CATALOG["properties"]["policy"]["properties"],
        *endpoints,
    }


def test_schemas_are_found_by_name():
    assert {"catalog", "voices"} <= set(resources.schema_names())
    for name in resources.schema_names():
        assert resources.read_schema(name) == json.loads(
            resources.schema_path(name).read_text(encoding="utf-8")
        )


@pytest.mark.parametrize("name", ["nothing", "../schemas/catalog", ""])
def test_there_is_no_other_schema(name):
    with pytest.raises(KeyError):
        resources.schema_path(name)
    with pytest.raises(KeyError):
        resources.read_schema(name)


def test_a_schema_is_the_callers_own_copy():
    resources.read_schema("catalog").clear()
    assert resources.read_schema("catalog")


def test_the_example_catalog_is_found():
    assert (resources.example_catalog_path() / "catalog.yaml").is_file()
