"""What YAML means here, and what counts as right at a glance; `tests/fuzz` reads whatever there may be."""

import pytest
import yaml
from fuzz.yaml_inputs import VALUES, VOICES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ddvoices.catalog.findings import Findings
from ddvoices.catalog.quick import surely_right
from ddvoices.catalog.reader import read_yaml
from ddvoices.catalog.scalars import plain_scalar
from ddvoices.catalog.schema import _validator
from ddvoices.catalog.tree import Timestamp
from ddvoices.resources import read_schema, schema_names

FEW = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
PLAIN = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=12)


@FEW
@given(
    data=st.recursive(
        PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=20
    )
)
def test_what_is_written_in_quotes_is_read_back(data):
    """Another writer's YAML means the same here."""
    text = (
        yaml.dump(data, default_style='"', allow_unicode=False)
        .replace('!!int "', '"')
        .replace('!!null "', '"')
    )
    findings = Findings()
    document = read_yaml(text.replace('!!bool "', '"'), "x.yaml", findings)
    assert findings.problems == []
    assert document is not None
    assert document.data == as_text(data)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("[&a 1, &a 2, *a]", 2),
        ("[&a [&a 1], *a]", 1),
        ("[&a [&a [x]], *a]", ["x"]),
        ("[&a [1], &a {b: *a}]", None),
    ],
)
def test_an_alias_means_the_last_that_was_named_so(text, last):
    """By the places where they begin, as YAML says."""
    findings = Findings()
    document = read_yaml(text, "x.yaml", findings)
    if last is None:
        assert "stands inside of what it stands for" in str(findings.problems)
    else:
        assert document.data[-1] == last


def as_text(data: object) -> object:
    if isinstance(data, dict):
        return {key: as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_text(value) for value in data]
    if isinstance(data, bool) or data is None:
        return {True: "true", False: "false", None: "null"}[data]
    return str(data)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *(
            (word, word)
            for word in (
                "yes",
                "no",
                "on",
                "off",
                "y",
                "n",
                "No",
                "tRUE",
                "nULL",
                "nil",
                "-",
                ".",
                "+",
                "0x",
                "0o",
                "0o8",
            )
        ),
        *(
            (word, word)
            for word in (
                "1_000",
                "12:30:00",
                "190:20:30",
                "0b11",
                "1.2.3",
                "1e",
                "0xg",
                "--1",
                "1 2",
                "12a",
                "<<",
                "=",
            )
        ),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("007", 7),
        ("0o17", 15),
        ("0xFF", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1e3", -1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("9" * 5000, float("inf")),
        ("2024-01-01", Timestamp("2024-01-01")),
        ("2024-1-1T10:00:00Z", Timestamp("2024-1-1T10:00:00Z")),
        ("2024-01-01 10:00", Timestamp("2024-01-01 10:00")),
        ("2024-01", "2024-01"),
        ("2024-01-01 was a Monday", "2024-01-01 was a Monday"),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(text, meaning):
    found = plain_scalar(text)
    assert (found, type(found)) == (meaning, type(meaning))


def test_not_a_number_is_a_number():
    assert str(plain_scalar(".nan")) == "nan"


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=VOICES | VALUES)
@pytest.mark.parametrize("schema", schema_names())
def test_what_counts_as_right_at_a_glance_is_right_by_the_standard(schema, data):
    sure = surely_right(read_schema(schema))(data)
    found = list(_validator(schema).iter_errors(data))
    assert not (sure and found)


@given(
    voice=st.fixed_dictionaries(
        {"name": st.just("Ada"), "gender": st.sampled_from(["female", "male", "non_binary"])},
        optional={
            "sample": st.just("audio/ok.mp3"),
            "locale": st.sampled_from(["en-GB", "zh-Hant-TW"]),
            "age": st.integers(0, 120),
            "publish": st.booleans(),
            "regions": st.sampled_from([["us"], ["us", "eu"]]),
            "labels": st.just({"show": "moby-dick"}),
            "ids": st.just({"us": "5d3dc622"}),
            "moved_from": st.just(["ada-old"]),
        },
    )
)
def test_what_people_write_is_right_at_a_glance(voice):
    """Else each catalog of theirs would go the long way."""
    assert surely_right(read_schema("voices"))({"voices": {"ada": voice}})
