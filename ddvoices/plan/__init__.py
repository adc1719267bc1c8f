"""Desired, observed and lock make a plan; the plan as a versioned JSON document. Pure."""

from ddvoices.plan.compare import listed_differences
from ddvoices.plan.describe import describe, sent_document
from ddvoices.plan.document import FORMAT_VERSION, plan_document, read_document
from ddvoices.plan.make import is_chosen, make_plan, protected_keys
from ddvoices.plan.policy import refusals
from ddvoices.plan.reviewed import Verdict, check_catalog, select
from ddvoices.plan.unanswered import Unanswered, left_over

__all__ = [
    "FORMAT_VERSION",
    "Unanswered",
    "Verdict",
    "check_catalog",
    "describe",
    "is_chosen",
    "left_over",
    "listed_differences",
    "make_plan",
    "plan_document",
    "protected_keys",
    "read_document",
    "refusals",
    "select",
    "sent_document",
]
