"""The example catalog holds together: each recording is credited, unaltered, used, and what it says it is."""

import hashlib
import re
from pathlib import Path

import pytest
import tinytag
import yaml

VOICES = Path(__file__).resolve().parent.parent / "voices"
SAMPLES = sorted(
    path.relative_to(VOICES).as_posix() for path in (VOICES / "samples").rglob("*") if path.is_file()
)
UNUSED = {"samples/centralino-it-take2.wav"}  # there to be swapped in
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \|(?P<speaker>[^|]+)\|(?P<language>[^|]+)\|(?P<source>[^|]+)\|(?P<licence>[^|]+)"
    r"\| \[[^]]+\]\(#(?P<credit>[^)]+)\) \|(?P<changes>[^|]+)\| `(?P<sha256>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)
MAGIC = {".wav": b"RIFF", ".flac": b"fLaC", ".ogg": b"OggS", ".mp3": b"ID3"}


def credits_page() -> str:
    return (VOICES / "SAMPLES.md").read_text(encoding="utf-8")


def listed() -> dict[str, dict[str, str]]:
    return {row["file"]: row.groupdict() for row in ROW.finditer(credits_page())}


def voices() -> dict[str, dict]:
    files = [path for path in VOICES.rglob("*.yaml") if path.name != "catalog.yaml"]
    return {
        key: voice
        for path in files
        for key, voice in yaml.safe_load(path.read_text(encoding="utf-8"))["voices"].items()
    }


def settings() -> dict:
    return yaml.safe_load((VOICES / "catalog.yaml").read_text(encoding="utf-8"))


def test_samples_are_those_that_the_credits_list():
    assert sorted(listed()) == SAMPLES
    assert len(re.findall(r"^\| `", credits_page(), re.MULTILINE)) == len(SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_the_one_that_is_credited(sample):
    row = listed()[sample]
    assert hashlib.sha256((VOICES / sample).read_bytes()).hexdigest() == row["sha256"]
    assert all(value.strip() for value in row.values())


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_credit_that_is_pointed_to_exists(sample):
    headings = re.findall(r"^### (.+)$", credits_page(), re.MULTILINE)
    assert listed()[sample]["credit"] in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_short_mono_audio_of_the_format_in_its_name(sample):
    path = VOICES / sample
    assert path.read_bytes().startswith(MAGIC[path.suffix])
    tag = tinytag.TinyTag.get(path)
    assert 3 <= tag.duration <= 12
    assert (tag.channels, tag.samplerate) == (1, 16_000)


def test_the_samples_stay_a_light_download():
    assert sum((VOICES / sample).stat().st_size for sample in SAMPLES) < 1_500_000


def test_every_sample_is_used_but_the_other_take():
    assert {voice["sample"] for voice in voices().values()} == set(SAMPLES) - UNUSED


@pytest.mark.parametrize(("key", "voice"), sorted(voices().items()))
def test_a_sample_bears_the_key_of_its_voice(key, voice):
    assert Path(voice["sample"]).stem == key


def test_the_catalog_shows_both_genders_five_locales_and_a_voice_of_one_region():
    defaults = settings()["defaults"]
    filled = [defaults | voice for voice in voices().values()]
    assert {voice["gender"] for voice in filled} == {"female", "male"}
    assert len({voice["locale"] for voice in filled}) == 5
    assert [voice["name"] for voice in filled if voice["regions"] == ["us"]] == ["Arctic reader"]
    assert all(set(voice["regions"]) <= set(settings()["regions"]) for voice in filled)


@pytest.mark.parametrize("path", sorted(VOICES.rglob("*.yaml")), ids=lambda path: path.name)
def test_editors_find_the_schema(path):
    header = path.read_text(encoding="utf-8").splitlines()[0]
    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", header)
    assert match
    assert (path.parent / match[1]).is_file()
