"""``ddvoices emulator``: the local service; its options come from the emulator's own settings."""

from __future__ import annotations

from ddvoices.emulator.command import emulator

__all__ = ["emulator"]
