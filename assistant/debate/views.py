"""Who speaks in this debate, and who is the judge of value for each.

The essay's thesis as data: the schools agree that value is wanted for business and society
and differ in who says what value is.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.records import Perspective


@dataclass(frozen=True, slots=True)
class View:
    """One side of the debate."""

    name: str  # stable, for programs
    label: str  # shown to people
    judge: str  # who defines value
    voices: frozenset[Perspective]  # documents that speak for it


def _view(name: str, label: str, judge: str, *voices: Perspective) -> View:
    return View(name, label, judge, frozenset(voices))


VIEWS: tuple[View, ...] = (
    _view("customer", "The customer’s view", "the customer", Perspective.CRM),
    _view(
        "society",
        "Society’s view",
        "government and civil society",
        Perspective.CSR,
        Perspective.REGULATION,
    ),
    _view("company", "The company’s view", "the company", Perspective.CSV),
    _view("shareholder", "The shareholder’s view", "the owners", Perspective.SHAREHOLDER),
    _view(
        "stakeholder",
        "The stakeholders’ view",
        "all whom the company affects",
        Perspective.STAKEHOLDER,
    ),
    _view(
        "critics", "The critics’ view", "nobody alone: each judge is doubted", Perspective.CRITIQUE
    ),
)


def view_of(perspective: Perspective) -> View | None:
    """Return the side for which a perspective speaks; None for overviews, history, measures."""
    return next((view for view in VIEWS if perspective in view.voices), None)
