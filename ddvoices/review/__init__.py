"""A plan, or voices that speak a line, as one page to be read and heard."""

from ddvoices.review.plan_page import Page, plan_page

__all__ = ["Page", "plan_page"]
