"""The marker: what is written can be read back, whatever a service does to it, and nothing else is read."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan.makers import OWNER, voice

from ddvoices.identity import (
    Marker,
    colliding_keys,
    colliding_owners,
    fingerprint,
    format_fingerprint,
    key_hash,
    make_marker,
    owner_hash,
    read_marker,
    same_content,
    scheme_of,
)


def bits(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << count) - 1)


MARKERS = st.builds(
    Marker, scheme=bits(4), publish=st.booleans(), owner=bits(28), key=bits(40), fingerprint=bits(40)
)


@given(MARKERS)
def test_a_marker_comes_back(marker):
    assert read_marker(str(marker)) == marker


@given(MARKERS)
def test_a_marker_is_a_uuid_of_version_8(marker):
    written = uuid.UUID(str(marker))
    assert str(written) == str(marker)
    assert (written.version, written.variant) == (8, uuid.RFC_4122)


@given(MARKERS, st.integers(0, 15))
def test_the_version_nibble_may_be_rewritten(marker, nibble):
    """Ours is known by its owner; anybody else's could then be any random UUID, one in 512 of which fits."""
    text = str(marker)
    rewritten = f"{text[:14]}{nibble:x}{text[15:]}"
    assert read_marker(rewritten, ours={marker.owner}) == marker
    assert read_marker(rewritten, ours={marker.owner ^ 1}) == (marker if nibble == 8 else None)


@pytest.mark.parametrize(
    "rewrite",
    [str.upper, str.title, lambda text: text.replace("-", ""), lambda text: f" {text}\n"],
    ids=["upper", "title", "no hyphens", "white space"],
)
@given(marker=MARKERS)
def test_the_spelling_may_be_rewritten(rewrite, marker):
    assert read_marker(rewrite(str(marker))) == marker


@given(MARKERS, st.integers(0, 8))
def test_another_magic_is_no_marker(marker, bit):
    number = uuid.UUID(str(marker)).int ^ 1 << 127 - bit
    assert read_marker(str(uuid.UUID(int=number))) is None


@given(MARKERS, st.sampled_from([0b00, 0b01, 0b11]))
def test_another_variant_is_no_marker(marker, variant):
    number = uuid.UUID(str(marker)).int & ~(0b11 << 62) | variant << 62
    assert read_marker(str(uuid.UUID(int=number))) is None


@given(MARKERS, st.integers(0, 127))
def test_every_free_bit_counts(marker, bit):
    """A flipped bit is another marker, or none; only the version may change unseen."""
    number = uuid.UUID(str(marker)).int ^ 1 << bit
    unseen = 76 <= bit < 80
    assert (read_marker(str(uuid.UUID(int=number)), ours={marker.owner}) == marker) is unseen


@given(st.uuids(version=4), st.booleans())
def test_a_random_uuid_is_no_marker_whatever_its_first_bits(random, has_magic):
    number = random.int & ~(0x1FF << 119) | 0x1DD << 119 if has_magic else random.int
    assert read_marker(str(uuid.UUID(int=number)), ours={owner_hash(OWNER)}) is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "spk-1",
        str(uuid.UUID(int=0)),
        str(uuid.UUID(int=(1 << 128) - 1)),
        "{ee88feb0-ca50-8bd6-835b-633c2179c6d4}",
        "urn:uuid:ee88feb0-ca50-8bd6-835b-633c2179c6d4",
        "ee88feb0-ca50-8bd6-835b-633c2179c6d4-1",
        "ee88feb0-ca50-8bd6-835b-633c2179c6d",
        "ee88feb0-ca50-8bd6-835b-633c2179c6dg",
        "\uff45e88feb0-ca50-8bd6-835b-633c2179c6d4",  # a wide e
        "ee88feb0-ca50-8bd6-835b-633c2179c6d\u0664",  # an Arabic 4
        "--ee88feb0ca508bd6835b633c2179c6d4--",
    ],
)
def test_anything_else_is_no_marker(text):
    assert read_marker(text) is None


@given(st.text())
def test_no_text_breaks_the_reader(text):
    assert read_marker(text) is None or len(text.replace("-", "").strip()) == 32


def test_a_voice_without_a_sample_has_no_marker():
    with pytest.raises(ValueError, match="ada: a voice without a sample"):
        make_marker(voice("ada", sound=None), owner=OWNER)
    assert fingerprint(voice("ada", sound=None)) is None


def test_a_marker_says_whose_of_which_key_and_of_what():
    spec = voice("ada", publish=True)
    marker = make_marker(spec, owner=OWNER)
    assert (marker.scheme, marker.publish) == (1, True)
    assert (marker.owner, marker.key) == (owner_hash(OWNER), key_hash("ada"))
    assert marker.content == fingerprint(spec) == format_fingerprint(1, marker.fingerprint)


@pytest.mark.parametrize(
    ("content", "scheme"),
    [
        ("1:00c0ffee42", 1),
        ("15:00c0ffee42", 15),
        ("1" * 5000 + ":00c0ffee42", -1),
        *(
            (text, -1)
            for text in ("", "1", "1:", ":00", "x:00", "\u0661:00c0ffee42", "-1:00", "1.0:00", f"{9:05000}:0")
        ),
    ],
)
def test_a_fingerprint_says_its_scheme(content, scheme):
    assert scheme_of(content) == scheme


@pytest.mark.parametrize(
    ("sound", "known", "verdict"),
    [
        ("a", fingerprint(voice(sound="a")), True),
        ("b", fingerprint(voice(sound="a")), False),
        ("a", None, None),
        (None, "1:00c0ffee42", None),
        ("a", "2:00c0ffee42", None),
        ("a", "nonsense", None),
    ],
)
def test_contents_are_compared_under_the_old_ones_scheme(sound, known, verdict):
    assert same_content(voice(sound=sound), known) is verdict


def test_no_two_of_many_keys_collide():
    assert colliding_keys(f"voice-{n}" for n in range(10_000)) == []


def test_two_owners_of_one_hash_are_named():
    """These two were found by trying: 28 bits collide after some 20,000 names."""
    by_hash: dict[int, str] = {}
    pair: tuple[str, ...] = ()
    for n in range(200_000):
        other = by_hash.setdefault(owner_hash(f"owner-{n}"), f"owner-{n}")
        if other != f"owner-{n}":
            pair = tuple(sorted((other, f"owner-{n}")))
            break
    assert colliding_owners([*pair, "acme", pair[0]]) == [pair]
