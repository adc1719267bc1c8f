"""The schemes by which markers are made: what of a voice is hashed, and how.

A released scheme is never changed or removed: the voices that were made under it would look like voices
of another content, and be replaced. A new rule is a new scheme with the next number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from ddvoices.identity.digest import digest, leading_bits, plain
from ddvoices.model import VoiceSpec

OWNER_BITS = 28
KEY_BITS = 40
FINGERPRINT_BITS = 40

CURRENT_SCHEME = 1


def owner_hash(owner: str) -> int:
    """Return the 28 bits that stand for an owner; the same in every scheme."""
    return leading_bits(digest("owner", [("owner", owner)]), OWNER_BITS)


def owner_hashes(owner: str, former_owners: Iterable[str] = ()) -> frozenset[int]:
    """Return the hashes by which a catalog's own markers are known."""
    return frozenset(map(owner_hash, (owner, *former_owners)))


@cache
def key_hash(key: str) -> int:
    """Return the 40 bits that stand for a key; the same in every scheme."""
    return leading_bits(digest("key", [("key", key)]), KEY_BITS)


def _content_1(spec: VoiceSpec, sound: str) -> int:
    """Hash what can't be changed in place: scheme 1."""
    fields = [
        ("sound", sound),
        ("publish", "true" if spec.publish else "false"),
        ("speaking_style", plain(spec.speaking_style)),
    ]
    if spec.age is not None:
        fields.append(("age", str(spec.age)))
    if spec.text is not None:
        fields.append(("text", plain(spec.text)))
    if spec.title is not None:
        fields.append(("title", plain(spec.title)))
    return leading_bits(digest("fingerprint/1", fields), FINGERPRINT_BITS)


CONTENT_HASHES: Mapping[int, Callable[[VoiceSpec, str], int]] = {1: _content_1}
