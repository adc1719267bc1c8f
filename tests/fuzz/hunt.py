"""Tries a target with many bytes, and keeps those that it fails for."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fuzz.targets import Target
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FOUND = Path(__file__).parent / "found"


def hunt(target: Target, examples: int, *, keep: Path | None = None) -> None:
    """Try so many bytes; raise for the shortest that fail, which are kept as a file in ``keep``.

    Without ``keep`` they are the same bytes each time.
    """
    failed: list[bytes] = []

    @st.composite
    def inputs(draw: st.DrawFn) -> bytes:  # whose name is told in place of all that it is made of
        return draw(target.inputs)

    @settings(
        max_examples=examples,
        derandomize=keep is None,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs())
    def try_one(data: bytes) -> None:
        try:
            target.check(data)
        except BaseException:
            failed.append(data)
            raise

    try:
        try_one()
    except BaseException as error:
        if failed and keep is not None:
            error.add_note(f"kept as {_keep(failed[-1], keep)}")  # the last one tried is the shortest
        raise


def _keep(data: bytes, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    return path
