"""The lock, which git keeps, and the journal, which a machine keeps while it applies."""

from ddvoices.lockfile.file import LOCK_NAME, format_lock, load_lock, save_lock
from ddvoices.lockfile.journal import STATE_DIRECTORY, Journal, hold_journal, peek, snapshot
from ddvoices.lockfile.records import (
    Intent,
    Record,
    close_record,
    drop_record,
    fold,
    intent_record,
    voice_record,
)

__all__ = [
    "LOCK_NAME",
    "STATE_DIRECTORY",
    "Intent",
    "Journal",
    "Record",
    "close_record",
    "drop_record",
    "fold",
    "format_lock",
    "hold_journal",
    "intent_record",
    "load_lock",
    "peek",
    "save_lock",
    "snapshot",
    "voice_record",
]
