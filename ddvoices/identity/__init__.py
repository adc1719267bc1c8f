"""Which voice is whose: markers, fingerprints, and what a key means in a region. Pure."""

from ddvoices.identity.collisions import colliding_keys, colliding_owners
from ddvoices.identity.digest import digest, plain
from ddvoices.identity.facts import Evidence, VoiceFacts
from ddvoices.identity.marker import (
    Marker,
    fingerprint,
    format_fingerprint,
    make_marker,
    read_marker,
    same_content,
    scheme_of,
)
from ddvoices.identity.meaning import Claim, Meaning, Step, resolve
from ddvoices.identity.normal import (
    LISTED_FIELDS,
    natural_key,
    normal_gender,
    normal_locale,
    normal_names,
    same_natural_key,
    written_gender,
)
from ddvoices.identity.scheme import CURRENT_SCHEME, key_hash, owner_hash, owner_hashes
from ddvoices.identity.standing import Standings, judge

__all__ = [
    "CURRENT_SCHEME",
    "LISTED_FIELDS",
    "Claim",
    "Evidence",
    "Marker",
    "Meaning",
    "Standings",
    "Step",
    "VoiceFacts",
    "colliding_keys",
    "colliding_owners",
    "digest",
    "fingerprint",
    "format_fingerprint",
    "judge",
    "key_hash",
    "make_marker",
    "natural_key",
    "normal_gender",
    "normal_locale",
    "normal_names",
    "owner_hash",
    "owner_hashes",
    "plain",
    "read_marker",
    "resolve",
    "same_content",
    "same_natural_key",
    "scheme_of",
    "written_gender",
]
