"""What a loaded catalog holds: defaults, order, places, and the digest over what it wants."""

from dataclasses import fields, replace

import pytest
from catalog_data import ADA, RECORDINGS

from ddvoices.audio import inspect
from ddvoices.catalog import load_catalog
from ddvoices.catalog.digest import catalog_digest
from ddvoices.model import Catalog, Gender, Location, Policy, RegionSettings, Sample, VoiceSpec

FULL = """
voices:
  ada-narrator:
    name: " Ada (narrator) "
    sample: ./audio/ok.wav
    gender: non_binary
    locale: en-GB
    age: 34
    speaking_style: Reading
    publish: true
    text: |
      What is said
      in the sample.
    title: Ada
    regions: [us, eu]
    ids: {us: 5d3dc622}
    protect: true
    moved_from: [ada-old, ada-older]
    labels: {show: moby-dick}
"""


def voice(text: str) -> str:
    return f"voices:\n  ada: {{name: Ada, gender: female, sample: audio/ok.mp3, {text}}}\n"


def test_every_field_of_a_voice_arrives(put, here):
    put("deep/a.yaml", FULL)
    data = RECORDINGS["ok.wav"]
    facts = inspect(data)
    sample = Sample(
        path="audio/ok.wav",
        file=str(here / "voices" / "audio" / "ok.wav"),
        sha256=facts.sha256,
        sound=facts.sound,
        size=len(data),
        seconds=3.2,
        format="wav",
    )
    assert load_catalog().voices == (
        VoiceSpec(
            key="ada-narrator",
            name="Ada (narrator)",
            gender=Gender.NON_BINARY,
            locale="en-GB",
            speaking_style="Reading",
            publish=True,
            locale_set=True,
            age=34,
            text="What is said\nin the sample.",
            title="Ada",
            sample=sample,
            regions=("eu", "us"),
            ids={"us": "5d3dc622"},
            protect=True,
            moved_from=("ada-old", "ada-older"),
            labels={"show": "moby-dick"},
            location=Location(file="voices/deep/a.yaml", line=3, column=3),
        ),
    )


def test_the_built_in_defaults(put):
    put("a.yaml", ADA)
    catalog = load_catalog()
    (spec,) = catalog.voices
    assert (spec.locale, spec.locale_set, spec.speaking_style, spec.publish, spec.regions) == (
        "en-US",
        False,
        "Neutral",
        False,
        ("us",),
    )
    assert (spec.age, spec.text, spec.title, spec.ids, spec.labels, spec.moved_from, spec.protect) == (
        None,
        None,
        None,
        {},
        {},
        (),
        False,
    )
    assert (catalog.former_owners, catalog.policy, catalog.warnings) == ((), Policy(), ())


def test_defaults_of_the_catalog_are_overruled_by_the_voice(put):
    put(
        "catalog.yaml",
        "version: 1\nowner: acme\n"
        "defaults: {locale: fr-FR, speaking_style: Reading, publish: true, regions: [eu]}\n"
        "policy: {max_delete_percent: 5}\nformer_owners: [old]\n",
    )
    put("a.yaml", ADA)
    put(
        "b.yaml",
        voice("locale: de-DE, speaking_style: Neutral, publish: false, regions: [us]").replace("ada", "bea"),
    )
    catalog = load_catalog()
    ada, bea = catalog.voices
    assert (ada.locale, ada.locale_set, ada.speaking_style, ada.publish, ada.regions) == (
        "fr-FR",
        True,
        "Reading",
        True,
        ("eu",),
    )
    assert (bea.locale, bea.locale_set, bea.speaking_style, bea.publish, bea.regions) == (
        "de-DE",
        True,
        "Neutral",
        False,
        ("us",),
    )
    assert catalog.policy == Policy(max_delete_percent=5, max_replace_percent=30)
    assert catalog.former_owners == ("old",)


@pytest.mark.parametrize(
    ("settings", "regions", "expected"),
    [
        ("", "", ["us"]),
        ("", "regions: [eu]", ["eu", "us"]),  # us by the default
        ("defaults: {regions: [eu]}", "", ["eu"]),
        ("regions: {us: {}, eu: {}}", "", ["eu", "us"]),
        ("regions: {eu: {}}\ndefaults: {regions: [eu]}", "", ["eu"]),
        ("regions: {eu: {}}", "", ["eu", "us"]),
        ("regions: {lab: {base_url: 'http://localhost:1/'}}", "regions: [lab]", ["lab", "us"]),
    ],
)
def test_the_regions_are_those_declared_or_in_use(put, settings, regions, expected):
    put("catalog.yaml", f"version: 1\nowner: acme\n{settings}\n")
    put("a.yaml", voice(regions))
    assert list(load_catalog().regions) == expected


def test_endpoints_arrive(put):
    put(
        "catalog.yaml",
        "version: 1\nowner: acme\nregions: {us: {base_url: 'http://localhost:1/', base_websocket_url: 'ws://localhost:1/open'}}\n",
    )
    assert load_catalog().regions["us"] == RegionSettings(
        base_url="http://localhost:1/", base_websocket_url="ws://localhost:1/open"
    )


def test_a_catalog_may_have_no_voices(put):
    catalog = load_catalog()
    assert (catalog.voices, catalog.warnings, catalog.owner) == ((), (), "acme")


def test_voices_are_sorted_by_key_whatever_file_they_are_in(put):
    for name, key in (("a", "zoe"), ("b", "ada"), ("c/d", "mia")):
        put(f"{name}.yaml", ADA.replace("ada", key).replace("Ada", key))
    assert [spec.key for spec in load_catalog().voices] == ["ada", "mia", "zoe"]


# the digest

CHANGES = {
    "name": {"name": "Bea"},
    "gender": {"gender": Gender.MALE},
    "locale": {"locale": "en-GB"},
    "locale_set": {"locale_set": True},
    "speaking_style": {"speaking_style": "Reading"},
    "publish": {"publish": True},
    "age": {"age": 0},
    "text": {"text": "x"},
    "title": {"title": "x"},
    "regions": {"regions": ("eu",)},
    "ids": {"ids": {"us": "x"}},
    "protect": {"protect": True},
    "moved_from": {"moved_from": ("x",)},
    "labels": {"labels": {"x": "y"}},
    "key": {"key": "bea"},
    "sample": {"sample": None},
}
CATALOG_CHANGES = {
    "owner": {"owner": "other"},
    "former_owners": {"former_owners": ("x",)},
    "regions": {"regions": {"us": RegionSettings(base_url="http://localhost/")}},
    "policy": {"policy": Policy(max_delete_percent=1)},
    "voices": {"voices": ()},
}


def test_every_field_is_known_to_be_in_the_digest_or_out_of_it():
    assert {field.name for field in fields(VoiceSpec)} == {*CHANGES, "location"}
    assert {field.name for field in fields(Catalog)} == {
        *CATALOG_CHANGES,
        "root",
        "doubts",
        "digest",
        "git",
    }


@pytest.fixture
def catalog(put) -> Catalog:
    put("a.yaml", ADA)
    return load_catalog()


def test_the_digest_is_that_of_the_catalog(catalog):
    assert catalog.digest == catalog_digest(catalog)
    assert catalog.digest.startswith("sha256:")
    assert len(catalog.digest) == 7 + 64


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_voice_wants_changes_the_digest(catalog, change):
    (spec,) = catalog.voices
    assert catalog_digest(replace(catalog, voices=(replace(spec, **change),))) != catalog.digest


@pytest.mark.parametrize("change", CATALOG_CHANGES.values(), ids=CATALOG_CHANGES)
def test_whatever_the_settings_want_changes_the_digest(catalog, change):
    assert catalog_digest(replace(catalog, **change)) != catalog.digest


def test_neither_place_nor_comment_nor_file_name_changes_the_digest(catalog, put, here):
    (here / "voices" / "a.yaml").unlink()
    (here / "voices" / "audio" / "ok.mp3").rename(here / "voices" / "other.mp3")
    put("deep/b.yaml", "# a comment\n\n" + ADA.replace("audio/ok.mp3", "other.mp3"))
    put("empty.yaml", "")
    again = load_catalog()
    assert again.warnings
    assert again.digest == catalog.digest


def test_another_recording_changes_the_digest(catalog, put):
    put("audio/ok.mp3", RECORDINGS["ok.wav"])
    assert load_catalog().digest != catalog.digest
