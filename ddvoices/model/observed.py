"""What the service holds, as far as it says."""

from __future__ import annotations

from dataclasses import dataclass

from ddvoices.errors import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVoice:
    """A voice as the service reports it.

    None means that the answer did not hold the field, which is not the same as an empty one. ``listed`` is
    false for a voice that only ``GET /voice/{id}`` knows (published ones may be hidden from the listing).
    """

    id: str
    name: str | None = None
    title: str | None = None
    locale: str | None = None
    gender: str | None = None
    speaking_style: str | None = None
    text: str | None = None
    created_at: str | None = None
    speaker_id: str | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRegion:
    """All voices of a region's account, or why they are not known.

    ``account`` is a short hash of the key. With an ``error`` the region counts as not observed at all;
    ``error_code`` is what the process should end with if nothing else decides.
    """

    region: str
    endpoint: str
    account: str
    voices: tuple[ObservedVoice, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None
    error_code: ExitCode = ExitCode.ERROR
