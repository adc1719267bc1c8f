"""The file that entries are written to: a new one, or one that they are appended to."""

from __future__ import annotations

from pathlib import Path

from ddvoices import writing

_REMARK = """\
Voices that were in the account already, by `ddvoices import`: each is adopted by its id, and nothing is
uploaded. The service doesn't tell recording, age and publish. The first `sample` that a voice is given is
taken for its own, with age, publish, text and title as they are then; a later change makes the voice anew:
after that, remove its `ids`.
"""


def choose_target(directory: Path, into: str | None) -> writing.Target:
    """Return the file ``into`` below the catalog, there or not; without one, a new ``imported.yaml``.

    Raises:
        OutputError: no catalog would read voices there, or it leads out of the catalog.
        CatalogError: it can't be read.
    """
    return writing.choose_target(directory, into, begin="imported", remark=_REMARK)
