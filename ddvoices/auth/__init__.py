"""API keys: which one is for a region, where it is kept, and which account it stands for."""

from ddvoices.auth.keys import (
    KEY_VARIABLE,
    KEYRING,
    Key,
    account_of,
    checked,
    find_key,
    origin_of,
    region_variable,
    variable_of,
)
from ddvoices.auth.vault import forget, prepare, read, store

__all__ = [
    "KEYRING",
    "KEY_VARIABLE",
    "Key",
    "account_of",
    "checked",
    "find_key",
    "forget",
    "origin_of",
    "prepare",
    "read",
    "region_variable",
    "store",
    "variable_of",
]
