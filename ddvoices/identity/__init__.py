"""Which voice is whose: markers, fingerprints, and what a key means in a region. Pure."""

from ddvoices.identity.collisions import colliding_keys, colliding_owners
from ddvoices.identity.digest import digest, plain
from ddvoices.identity.marker import (
    Marker,
    fingerprint,
    format_fingerprint,
    make_marker,
    read_marker,
    same_content,
    scheme_of,
)
from ddvoices.identity.scheme import CURRENT_SCHEME, key_hash, owner_hash

__all__ = [
    "CURRENT_SCHEME",
    "Marker",
    "colliding_keys",
    "colliding_owners",
    "digest",
    "fingerprint",
    "format_fingerprint",
    "key_hash",
    "make_marker",
    "owner_hash",
    "plain",
    "read_marker",
    "same_content",
    "scheme_of",
]
