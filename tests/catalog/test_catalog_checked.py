"""What is kept of checked files says just what the files say, whoever has been at it."""

import os
import tempfile
from pathlib import Path

import pytest
import yaml
from catalog_data import ADA, RECORDINGS, SETTINGS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ddvoices.catalog import load_catalog
from ddvoices.catalog.kept import KeptFile
from ddvoices.errors import CatalogError
from ddvoices.model import Catalog

FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
KEYS = st.sampled_from(["ada", *(f"voice-{number}" for number in range(50))])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=6)
REGIONS = st.sampled_from(["us", "us", "us", "eu", "eu", "mars"])
SAMPLES = st.sampled_from(["ok.mp3", "ok.wav", "./ok.mp3", "clipping.wav", "short.wav"] * 3 + ["no.wav"])
# Mostly right, at times wrong: by one voice, by two of them, or by a sample.
VOICES = st.dictionaries(
    KEYS,
    st.fixed_dictionaries(
        {"name": TEXTS, "gender": st.sampled_from(["male", "female"]), "sample": SAMPLES},
        optional={
            "locale": st.sampled_from(["en-GB", "de-DE"]),
            "age": st.integers(0, 120),
            "speaking_style": TEXTS,
            "publish": st.booleans(),
            "text": TEXTS,
            "title": TEXTS,
            "regions": st.lists(REGIONS, min_size=1, unique=True),
            "ids": st.dictionaries(st.just("us"), st.sampled_from(["x", "y"]), max_size=1),
            "protect": st.booleans(),
            "moved_from": st.lists(st.sampled_from(["old", "older", "ada"]), max_size=1),
            "labels": st.dictionaries(st.sampled_from(["show", "cast"]), TEXTS),
        },
    ),
    max_size=3,
)
GIVEN = st.fixed_dictionaries(
    {"version": st.just(1), "owner": st.just("acme")},
    optional={
        "former_owners": st.lists(st.sampled_from(["old", "older"]), unique=True),
        "regions": st.dictionaries(REGIONS, st.just({"base_url": "https://x.example/v1"})),
        "defaults": st.fixed_dictionaries(
            {}, optional={"locale": st.just("fr-FR"), "publish": st.booleans()}
        ),
        "policy": st.just({"max_delete_percent": 5}),
    },
)


def outcome(directory: Path, cache: Path) -> Catalog | list[str]:
    """Return the catalog with its warnings and its digest, or everything that is wrong with it."""
    try:
        return load_catalog(directory, cache_dir=cache, read_git=False)
    except CatalogError as error:
        return str(error).splitlines()


@FEW
@given(settings=GIVEN, first=VOICES, second=VOICES)
def test_a_warm_cache_says_what_a_cold_one_says(settings, first, second):
    with tempfile.TemporaryDirectory() as folder:
        directory, cache = Path(folder, "voices"), Path(folder, "cache")
        directory.mkdir()
        for name, data in RECORDINGS.items():
            (directory / name).write_bytes(data)
        for name, data in (("catalog", settings), ("a", {"voices": first}), ("b", {"voices": second})):
            (directory / f"{name}.yaml").write_text(yaml.dump(data, allow_unicode=True), encoding="utf-8")
        cold = outcome(directory, cache)
        assert outcome(directory, cache) == cold
        assert isinstance(cold, list) or any(file.name.startswith("files-") for file in cache.iterdir())


@FEW
@given(data=st.data())
def test_a_cache_that_was_cut_or_edited_changes_nothing(data):
    with tempfile.TemporaryDirectory() as folder:
        directory, cache = Path(folder, "voices"), Path(folder, "cache")
        directory.mkdir()
        (directory / "catalog.yaml").write_text(SETTINGS, encoding="utf-8")
        (directory / "a.yaml").write_text(ADA.replace("audio/", ""), encoding="utf-8")
        (directory / "ok.mp3").write_bytes(RECORDINGS["ok.mp3"])
        said = outcome(directory, cache)
        (file,) = cache.glob("files-*")
        text = file.read_bytes()
        at = data.draw(st.integers(0, len(text) - 1))
        file.write_bytes(
            text[:at] + data.draw(st.binary(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]
        )
        assert outcome(directory, cache) == said


def test_what_was_right_once_makes_nothing_right(put):
    put("a.yaml", ADA)
    right = load_catalog()
    put("a.yaml", ADA.replace("female", "femal"))
    for _ in range(2):
        with pytest.raises(CatalogError, match="'femal' is not one of"):
            load_catalog()
    put("a.yaml", ADA)
    assert load_catalog() == right


def test_a_place_is_shown_from_where_the_user_stands(put, monkeypatch):
    voices = put("a.yaml", ADA.replace("ok.mp3", "short.wav")).parent
    assert load_catalog().warnings[0].startswith("voices/a.yaml:2:")
    monkeypatch.chdir(voices)
    assert load_catalog(".").warnings[0].startswith("a.yaml:2:")


@pytest.fixture
def kept(here: Path) -> KeptFile:
    """Return a file that keeps 7 under "key"."""
    file = KeptFile(here / "cache", "things", here)
    file.save("key", 7)
    assert file.load("key") == 7
    return file


def test_nothing_is_believed_of_other_inputs(kept):
    assert kept.load("another key") is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_nothing_is_believed_that_others_may_have_written(kept, here, mode):
    (file,) = (here / "cache").iterdir()
    file.chmod(mode)
    assert kept.load("key") is None
    file.chmod(0o644)
    assert kept.load("key") == 7, "reading harms nobody"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_nothing_is_believed_that_is_another_users(kept, here):
    (file,) = (here / "cache").iterdir()
    os.chown(file, 12345, -1)
    assert kept.load("key") is None
