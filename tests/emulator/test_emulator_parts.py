"""The pure parts: languages, rates, accounts, and what audio looks like."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.emulator.accounts import Accounts
from ddvoices.emulator.encode import SAMPLE_RATES
from ddvoices.emulator.languages import find_language
from ddvoices.emulator.resample import resample
from ddvoices.emulator.sniff import is_audio

KNOWN = {
    tag: tag for tag in ["en", "en-us", "en-gb", "es", "es-419", "cmn", "yue", "nb", "fr-fr", "pt", "pt-br"]
}


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", "en-us"),
        ("en_us", "en-us"),
        ("en-CA", "en-us"),
        ("en-AU", "en"),
        ("es-ES", "es"),
        ("es-MX", "es-419"),
        ("es-AR", "es-419"),
        ("zh-CN", "cmn"),
        ("zh-Hant-TW", "cmn"),
        ("zh-HK", "yue"),
        ("no-NO", None),
        ("nn-NO", "nb"),
        ("fr-FR", "fr-fr"),
        ("pt-BR", "pt-br"),
        ("pt-PT", "pt"),
        ("tl-PH", None),
        ("", None),
        ("e", None),
        ("en US", None),
        ("en-US+f3", None),
        ("../en", None),
    ],
)
def test_a_locale_finds_the_nearest_language(locale, language):
    assert find_language(locale, KNOWN) == language


def tone(hertz: float, rate: int, seconds: float = 0.2) -> list[int]:
    return [round(10000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds))]


def pack(samples: list[int]) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)


@pytest.mark.parametrize("rate", SAMPLE_RATES)
def test_a_tone_is_the_same_tone_at_another_rate(rate):
    made = struct.unpack(f"<{math.ceil(0.2 * rate)}h", resample(pack(tone(1000, 22050)), 22050, rate))
    wanted = tone(1000, rate)
    middle = slice(len(wanted) // 4, len(wanted) * 3 // 4)
    worst = max(abs(a - b) for a, b in zip(made[middle], wanted[middle], strict=True))
    assert worst < 200


def test_what_a_rate_can_not_hold_is_left_out():
    made = resample(pack(tone(9000, 22050)), 22050, 8000)
    assert max(abs(value) for value in struct.unpack(f"<{len(made) // 2}h", made)[200:-200]) < 300


@given(st.lists(st.integers(-32768, 32767), max_size=50), st.sampled_from(SAMPLE_RATES))
def test_any_samples_can_be_resampled(samples, rate):
    made = resample(pack(samples), 22050, rate)
    assert len(made) == 2 * math.ceil(len(samples) * rate / 22050)


@pytest.mark.parametrize(
    ("keys", "key", "known"),
    [
        ({}, "dd-1", True),
        ({}, "dd-", False),
        ({}, "1", False),
        ({}, None, False),
        ({"dd-1": None}, "dd-1", True),
        ({"dd-1": None}, "dd-2", False),
        ({"secret": "a"}, "secret", True),
    ],
)
def test_a_key_opens_an_account_or_not(keys, key, known):
    account = Accounts(keys=keys).of(key)
    assert (account is not None) == known
    assert key is None or key not in (account or "")


def test_keys_of_one_account_share_it():
    accounts = Accounts(keys={"dd-1": "a", "dd-2": "a", "dd-3": "b", "dd-4": None})
    one, two, three, four = (accounts.of(f"dd-{number}") for number in range(1, 5))
    assert one == two
    assert len({one, three, four}) == 3


MP3_FRAME = b"\xff\xfb\x90\x44" + bytes(60)


@pytest.mark.parametrize(
    ("data", "audio"),
    [
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", True),
        (b"RIFF\0\0\0\0WAVEdata", False),
        (b"RIFF\0\0\0\0AVI fmt ", False),
        (MP3_FRAME, True),
        (b"ID3\x04" + bytes(20), True),
        (b"\xff\xf1\x50\x80", True),
        (b"\xff\xff\xff\xff", False),
        (b"fLaC\0", True),
        (b"OggS\0", True),
        (b"\0\0\0\x20ftypM4A ", True),
        (b"\x1aE\xdf\xa3", True),
        (b"FORM\0\0\0\0AIFF", True),
        (b"", False),
        (b"version https://git-lfs.github.com/spec/v1\n", False),
        (b"\x89PNG\r\n\x1a\n", False),
    ],
)
def test_audio_is_known_by_its_content(data, audio):
    assert is_audio(data) == audio
