"""What a recording is, by its bytes alone: format, sound, length, and what is doubtful about it. No I/O."""

from ddvoices.audio.facts import AudioFacts, inspect, seconds_of
from ddvoices.audio.filebytes import FileBytes, InPiecesError
from ddvoices.audio.formats import FORMATS, is_lfs_pointer, is_text, sniff
from ddvoices.audio.sound import sound_hash

__all__ = [
    "FORMATS",
    "AudioFacts",
    "FileBytes",
    "InPiecesError",
    "inspect",
    "is_lfs_pointer",
    "is_text",
    "seconds_of",
    "sniff",
    "sound_hash",
]
