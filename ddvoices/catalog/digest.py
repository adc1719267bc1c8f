"""One hash over what a catalog wants, for plans: not where it is written, nor what was warned of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from operator import attrgetter

from ddvoices.model import Catalog, VoiceSpec

_WANTED = tuple(name for name in VoiceSpec.__dataclass_fields__ if name not in ("location", "sample"))
_values_of = attrgetter(*_WANTED)


def catalog_digest(catalog: Catalog) -> str:
    """Return ``sha256:…`` over the canonical JSON of a catalog's settings and voices."""
    wanted = {
        "owner": catalog.owner,
        "former_owners": sorted(catalog.former_owners),
        "regions": {name: asdict(settings) for name, settings in catalog.regions.items()},
        "policy": asdict(catalog.policy),
        "fields": (*_WANTED, "sample"),
        "voices": [(*_values_of(spec), spec.sample and spec.sample.sha256) for spec in catalog.voices],
    }
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"), default=dict)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
