"""docs/identity.md tells enough to make every marker: this file does so from its prose alone.

So the document, the code, and the markers in people's accounts can't part.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan.makers import sample, voice

from ddvoices.identity import fingerprint, key_hash, make_marker, owner_hash, read_marker
from ddvoices.model import Gender, VoiceSpec

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "identity.md").read_text(encoding="utf-8")
WANTED = ("owner", "key", "age", "publish", "style", "text", "title", "sound")
MADE = ("owner hash", "key hash", "fingerprint", "marker")


def vectors() -> list[dict[str, Any]]:
    """Return the rows of the table, values parsed."""
    head = "| " + " | ".join((*WANTED, *MADE)) + " |\n"
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    rows = []
    for line in table:
        cells = re.fullmatch(r"\| `(.*)` \|", line)[1].split("` | `")
        row = dict(zip((*WANTED, *MADE), cells, strict=True))
        rows.append({name: json.loads(cell) if name in WANTED else cell for name, cell in row.items()})
    return rows


def in_bits(domain: str, *fields: tuple[str, str]) -> str:
    """Hash a list of fields as the page words it: '0' and '1', most significant first."""
    data = b""
    for tag, value in [("ddvoices", domain), *fields]:
        for text, width in ((tag.encode("utf-8"), 1), (value.encode("utf-8"), 8)):
            data += len(text).to_bytes(width, "big") + text
    return "".join(f"{byte:08b}" for byte in hashlib.sha256(data).digest())


def content_in_bits(wanted: dict[str, Any]) -> str:
    fields = [("sound", wanted["sound"]), ("publish", "true" if wanted["publish"] else "false")]
    optional = {"speaking_style": wanted["style"], "age": wanted["age"]}
    optional |= {"text": wanted["text"], "title": wanted["title"]}
    for tag, value in optional.items():
        if value is not None:
            fields.append((tag, unicodedata.normalize("NFC", str(value)).strip()))
    return in_bits("fingerprint/1", *fields)[:40]


def marker_by_hand(wanted: dict[str, Any]) -> str:
    free = "111011101" + "0001" + "01"[wanted["publish"]]
    free += in_bits("owner", ("owner", wanted["owner"]))[:28]
    free += in_bits("key", ("key", wanted["key"]))[:40] + content_in_bits(wanted)
    assert len(free) == 122
    whole = free[:48] + "1000" + free[48:60] + "10" + free[60:]
    digits = f"{int(whole, 2):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def spec_of(row: dict[str, Any]) -> VoiceSpec:
    recording = sample()
    return voice(
        row["key"],
        age=row["age"],
        publish=row["publish"],
        speaking_style=row["style"],
        text=row["text"],
        title=row["title"],
        sample=type(recording)(
            path=recording.path,
            file=recording.file,
            sha256=recording.sha256,
            sound=row["sound"],
            size=1,
            seconds=None,
            format="wav",
        ),
    )


def test_there_are_vectors():
    rows = vectors()
    assert len(rows) >= 14
    assert {row["publish"] for row in rows} == {True, False}
    for name in ("age", "text", "title"):
        assert len({row[name] is None for row in rows}) == 2


@pytest.mark.parametrize("row", vectors(), ids=lambda row: row["marker"])
def test_the_code_makes_the_vector(row):
    spec = spec_of(row)
    assert f"{owner_hash(row['owner']):07x}" == row["owner hash"]
    assert f"{key_hash(row['key']):010x}" == row["key hash"]
    assert fingerprint(spec) == f"1:{row['fingerprint']}"
    assert str(make_marker(spec, owner=row["owner"])) == row["marker"]
    assert read_marker(row["marker"]) == make_marker(spec, owner=row["owner"])


@pytest.mark.parametrize("row", vectors(), ids=lambda row: row["marker"])
def test_the_prose_makes_the_vector(row):
    assert marker_by_hand(row) == row["marker"]
    assert f"{int(content_in_bits(row), 2):010x}" == row["fingerprint"]


TEXT = st.none() | st.text(max_size=20)


@given(
    st.fixed_dictionaries(
        {
            "owner": st.text(min_size=1, max_size=20),
            "key": st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,20}\Z"),
            "age": st.none() | st.integers(0, 120),
            "publish": st.booleans(),
            "style": st.text(max_size=20),
            "text": TEXT,
            "title": TEXT,
            "sound": st.binary(min_size=32, max_size=32).map(bytes.hex),
        }
    )
)
def test_prose_and_code_agree_on_anything(row):
    assert marker_by_hand(row) == str(make_marker(spec_of(row), owner=row["owner"]))


SAME = voice(gender=Gender.MALE, text="Cafe\u0301 ", title="Ada", age=3)


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"key": "bert", "name": "Bert", "gender": Gender.FEMALE, "locale": "fr-FR"}, True),
        ({"protect": True, "labels": {"a": "b"}, "regions": ("eu",), "moved_from": ("x",)}, True),
        ({"text": " Caf\u00e9"}, True),
        ({"sample": sample("a", tags="new")}, True),
        ({"text": "caf\u00e9"}, False),
        ({"text": None}, False),
        ({"title": None}, False),
        ({"title": "Cafe\u0301", "text": "Ada"}, False),
        ({"age": None}, False),
        ({"age": 30}, False),
        ({"publish": True}, False),
        ({"speaking_style": "Calm"}, False),
        ({"sample": sample("b")}, False),
    ],
)
def test_the_fingerprint_covers_just_what_cannot_be_changed_in_place(fields, same):
    values = {name: getattr(SAME, name) for name in SAME.__dataclass_fields__} | fields
    assert (fingerprint(VoiceSpec(**values)) == fingerprint(SAME)) is same
