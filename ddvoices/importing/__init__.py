"""Voices that are in an account already → entries of a catalog, each pinned by its id."""

from ddvoices.importing.choice import Choice, choose_all, choose_named
from ddvoices.importing.compose import Composed, Situation, compose
from ddvoices.importing.entries import Entry
from ddvoices.importing.survey import Candidate, Obstacle, asking_for, survey
from ddvoices.importing.target import choose_target

__all__ = [
    "Candidate",
    "Choice",
    "Composed",
    "Entry",
    "Obstacle",
    "Situation",
    "asking_for",
    "choose_all",
    "choose_named",
    "choose_target",
    "compose",
    "survey",
]
