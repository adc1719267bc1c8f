"""New entries → a catalog's own files, appended to or begun: what a person wrote is never rewritten."""

from ddvoices.writing.keys import key_of, numbered
from ddvoices.writing.target import Target, check_only_added, choose_target
from ddvoices.writing.text import Entries

__all__ = ["Entries", "Target", "check_only_added", "choose_target", "key_of", "numbered"]
