"""Carry out a plan, so that nothing is lost, doubled or deleted unasked."""

from ddvoices.apply.engine import Work, apply_plan, check_refusals
from ddvoices.apply.options import ApplyOptions, Event
from ddvoices.apply.prepare import plan_now, prepare

__all__ = ["ApplyOptions", "Event", "Work", "apply_plan", "check_refusals", "plan_now", "prepare"]
