"""New entries → a catalog's own files, appended to or begun: what a person wrote is never rewritten."""

from ddvoices.writing.add import Addition, prepare
from ddvoices.writing.keys import key_of, numbered
from ddvoices.writing.recording import Recording, read_recording
from ddvoices.writing.target import Target, check_only_added, choose_target
from ddvoices.writing.text import Entries

__all__ = [
    "Addition",
    "Entries",
    "Recording",
    "Target",
    "check_only_added",
    "choose_target",
    "key_of",
    "numbered",
    "prepare",
    "read_recording",
]
