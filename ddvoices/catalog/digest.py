"""One hash over what a catalog wants, for plans: not where it is written, nor what was warned of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from ddvoices.model import Catalog, VoiceSpec

_WANTED = tuple(name for name in VoiceSpec.__dataclass_fields__ if name != "location")
_values_of = attrgetter(*_WANTED)


def catalog_digest(catalog: Catalog) -> str:
    """Return ``sha256:…`` over the canonical JSON of a catalog's settings and voices."""
    wanted = {
        "owner": catalog.owner,
        "former_owners": sorted(catalog.former_owners),
        "regions": {name: asdict(settings) for name, settings in catalog.regions.items()},
        "policy": asdict(catalog.policy),
        "voices": [_wanted(spec) for spec in catalog.voices],
    }
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _wanted(spec: VoiceSpec) -> dict[str, Any]:
    fields = dict(zip(_WANTED, _values_of(spec), strict=True))
    fields["sample"] = spec.sample.sha256 if spec.sample else None
    fields["ids"], fields["labels"] = dict(spec.ids), dict(spec.labels)
    return fields
