"""A plan, or voices that say a line, as one page to be read and heard."""

from ddvoices.review.audition_page import Part, Take, audition_page
from ddvoices.review.page import Page
from ddvoices.review.plan_page import plan_page

__all__ = ["Page", "Part", "Take", "audition_page", "plan_page"]
