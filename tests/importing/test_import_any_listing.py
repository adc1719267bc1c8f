"""Whatever a service says of its voices, what is written is valid, and the next plan only adopts it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing.taking import read, take_all, write_catalog
from plan.makers import OWNER, region, voice

from ddvoices.identity import make_marker, plain
from ddvoices.importing import Composed, survey
from ddvoices.model import EMPTY_LOCK, Action, ObservedRegion, ObservedVoice, Reason, RegionPlan
from ddvoices.plan import make_plan

# what YAML, terminals, files and other programs take for something else
NASTY = [
    *("", " ", "no", "null", "~", "1e3", "0o17", "1984", "2024-01-01", "<<", "=", "true", "---", "..."),
    *("a: b", "# a", "a #b", "*a", "&a", "!a", "- a", "{a}", "[a", "'", '"', "%a", "@a", "`a", "a\\", "|"),
    *("a\nvoices: {}", "a\r", "a\x00b", "\x1b[31m", "a\x85b", "a\u2028b", "a\u202eb", "\ufeffa", "\ud800"),
    *(
        "Zoë",
        "Zoe\u0308",
        "王",
        "😀",
        "\U000e0001",
        "\u200d",
        "ﬁ",
        "ß",
        "x" * 200,
        "x" * 201,
        " Ada ",
        "\tAda",
    ),
    *("Ada", "ada", "ADA", "eve", "zoe", "Voice ada", "a/b", "../a", ".", "a?b#c", "a b"),
]
TEXT = st.none() | st.sampled_from(NASTY) | st.text(st.characters(), max_size=6)
NAMES = st.sampled_from(["Ada", "Bob", "Zoe", "Eve"]) | TEXT
GENDERS = st.sampled_from(["FEMALE", "female", "Non-Binary", " male ", "MALE", "ROBOT", "\ud800", "", None])
LOCALES = st.sampled_from(["en-US", "en_gb", "zh-hant-tw", "ES-419", "en", "english", "\ud800", "", None])
STYLES = st.sampled_from(["Neutral", "Reading"]) | TEXT
IDS = st.uuids().map(str) | st.uuids().map(str) | TEXT.filter(bool)
OWNERS, KEYS = (OWNER, "somebody-else"), ("ada", "zoe")
MARKERS = st.sampled_from(
    [None, "", "7a7e4f0e", *(str(make_marker(voice(key), owner=owner)) for key in KEYS for owner in OWNERS)]
)


def voices(name: str) -> st.SearchStrategy[ObservedRegion]:
    """Return the voices of a region, each id once."""
    one = st.builds(
        ObservedVoice,
        id=IDS,
        name=NAMES,
        title=NAMES,
        gender=GENDERS,
        locale=LOCALES,
        speaking_style=STYLES,
        created_at=TEXT,
        speaker_id=MARKERS,
    )
    several = st.lists(one, max_size=6, unique_by=lambda voice: voice.id)
    return several.map(lambda found: region(*found, name=name))


MINE = {
    "ada": {"name": "Ada", "gender": "female", "sample": "samples/a.wav", "moved_from": ["eve"]},
    "pinned": {"name": "no", "gender": "male", "regions": ["us"], "ids": {"us": "a"}},
}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(us=voices("us"), eu=voices("eu"), defaults=st.sampled_from([{}, {"locale": "en-US"}]))
def test_the_next_plan_adopts_what_was_written_and_nothing_else_has_changed(
    us: ObservedRegion, eu: ObservedRegion, defaults: dict[str, Any]
) -> None:
    observed = {"us": us, "eu": eu}
    with tempfile.TemporaryDirectory() as folder:
        root = write_catalog(Path(folder), MINE, **defaults, regions=["us", "eu"])
        before = read(root)
        composed = take_all(root, observed)
        after = read(root)
        again = take_all(root, observed)
    new = {entry.key for entry in composed.entries}
    assert {spec.key for spec in after.voices} - {spec.key for spec in before.voices} == new
    for then, now in zip(
        make_plan(before, observed).regions, make_plan(after, observed).regions, strict=True
    ):
        assert _said(now, without=new) == _said(then)
        assert now.errors == then.errors
        adopted = {change.key: change for change in now.changes if change.key in new}
        assert all((c.action, c.reason) == (Action.ADOPT, Reason.PINNED) for c in adopted.values())
        assert {c.id for c in adopted.values()} == _pinned(composed, now.region)
    assert again.entries == ()
    _is_told(composed, observed, survey(before, observed, EMPTY_LOCK))
    _reads_as_it_was_said(composed)


def _said(plan: RegionPlan, without: set[str] = frozenset()) -> list[tuple[Any, ...]]:  # type: ignore[assignment]
    return [(c.action, c.key, c.reason, c.id, c.fields) for c in plan.changes if c.key not in without]


def _pinned(composed: Composed, name: str) -> set[str]:
    return {one.voice.id for entry in composed.entries for one in entry.voices if one.region == name}


def _is_told(composed: Composed, observed: Mapping[str, ObservedRegion], everything: Any) -> None:
    """Each voice is pinned, or it is known what stands against it."""
    pinned = {(name, voice_id) for name in observed for voice_id in _pinned(composed, name)}
    refused = {(one.region, one.voice.id) for one in (*everything, *composed.unwritable) if one.obstacle}
    assert not pinned & refused
    assert pinned | refused == {(n, v.id) for n, region in observed.items() for v in region.voices}
    assert all(one.why for one in (*everything, *composed.unwritable) if one.obstacle)


def _reads_as_it_was_said(composed: Composed) -> None:
    """Another reader of YAML finds the same, and a terminal isn't steered."""
    assert all(line.isprintable() for line in composed.text.splitlines())
    written = (yaml.safe_load(composed.text) or {"voices": {}})["voices"]
    assert list(written) == [entry.key for entry in composed.entries]
    for entry in composed.entries:
        fields = written[entry.key]
        assert fields == entry.fields
        assert all(plain(one.voice.name or one.voice.title or "") == fields["name"] for one in entry.voices)
        assert fields["ids"] == {one.region: one.voice.id for one in entry.voices}
