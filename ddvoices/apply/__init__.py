"""Carry out a plan, so that nothing is lost, doubled or deleted unasked."""

from ddvoices.apply.engine import Work, apply_plan, check_refusals
from ddvoices.apply.open_creates import made_voice, open_at, open_create, pinned_since
from ddvoices.apply.options import ApplyOptions, Event
from ddvoices.apply.recover import settle_open_intents

__all__ = [
    "ApplyOptions",
    "Event",
    "Work",
    "apply_plan",
    "check_refusals",
    "made_voice",
    "open_at",
    "open_create",
    "pinned_since",
    "settle_open_intents",
]
