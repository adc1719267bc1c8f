"""A target for octoDNS that is as cheap as one can be: its records are in a JSON file.

It stands for a provider whose service answers at once. octoDNS imports it by its name.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.record import Record


class JsonTarget(BaseProvider):
    """Reads a zone from a file: name → record."""

    SUPPORTS_GEO = False
    SUPPORTS_DYNAMIC = False
    SUPPORTS = frozenset({"A", "CNAME", "TXT"})

    def __init__(self, name: str, *, file: str) -> None:
        self.log = logging.getLogger(name)
        super().__init__(name)
        self._file = Path(file)

    def populate(self, zone: Any, target: bool = False, lenient: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002 - octoDNS's signature
        """Add the records without looking at them twice, as providers do with what a service says."""
        for name, data in json.loads(self._file.read_text(encoding="utf-8")).items():
            record = Record.new(zone, name, data, source=self, lenient=True)
            zone.add_record(record, lenient=True)
        return True
