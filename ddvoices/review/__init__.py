"""A plan, or voices that say a line, as one page to be read and heard.

| module | what happens there |
|---|---|
| ``cards`` | a plan document → a card a voice; pure |
| ``edits`` | two texts → what was cut and added; pure |
| ``recordings`` | what a plan names → bytes, out of the catalog and git |
| ``media`` | bytes → a place in the page or beside it |
| ``plan_page``, ``audition_page`` | these together → a page |
| ``page``, ``templates``, ``scripts`` | how pages look, what they may do, and what they do |
"""

from ddvoices.review.audition_page import Part, Take, audition_page
from ddvoices.review.page import Page
from ddvoices.review.plan_page import plan_page

__all__ = ["Page", "Part", "Take", "audition_page", "plan_page"]
