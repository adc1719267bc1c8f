"""Desired, observed and lock make a plan; the plan as a versioned JSON document. Pure."""

from ddvoices.plan.compare import listed_differences
from ddvoices.plan.describe import describe, sent_document
from ddvoices.plan.document import FORMAT_VERSION, plan_document, read_document
from ddvoices.plan.make import concerns, is_chosen, make_plan, protected_keys
from ddvoices.plan.policy import refusals
from ddvoices.plan.reviewed import Verdict, check_catalog, select

__all__ = [
    "FORMAT_VERSION",
    "Verdict",
    "check_catalog",
    "concerns",
    "describe",
    "is_chosen",
    "listed_differences",
    "make_plan",
    "plan_document",
    "protected_keys",
    "read_document",
    "refusals",
    "select",
    "sent_document",
]
