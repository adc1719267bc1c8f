"""What the handlers of requests work with."""

from __future__ import annotations

from dataclasses import dataclass

from ddvoices.emulator.speech import Speaker
from ddvoices.emulator.state import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The state, and the voice that speaks."""

    store: Store
    speaker: Speaker

    def close(self) -> None:
        """End the speaker's process and close the state."""
        self.speaker.close()
        self.store.close()
