"""One question, every side: each view's strongest cited points, and whom it answers.

Each view is searched on its own, so that none is missing because another is louder
(perspective-aware retrieval after Chen et al. 2024, "Open-World Evaluation for Retrieving
Diverse Perspectives", BERDS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answering.composing import compose_quoted
from assistant.debate.views import VIEWS, View, view_of
from assistant.ports import Scorer
from assistant.records import AnswerSentence, Evidence, Filters, Perspective
from assistant.retrieval.answerability import answerability, signs
from assistant.retrieval.evidence import choose_evidence
from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.searcher import Searcher

_DEPTH = 6  # passages searched for each view
_MOST_POINTS = 3
_BRIDGES = frozenset({Perspective.OVERVIEW, Perspective.HISTORY})
_AGREED = re.compile(r"\b(?:agree\w*|all (?:three|of them|sides)|common ground|both|share)\b", re.I)
_DISPUTED = re.compile(
    r"\b(?:disagree\w*|differ\w*|dispute\w*|divides?|parts?|oppos\w+|whereas|unlike|quarrel\w*)\b",
    re.I,
)
_DEBATE = re.compile(
    r"^(?:should|ought|is it (?:right|wrong|fair|good|ethical)|is .+ (?:better|worse) than)\b"
    r"|\b(?:compare\w*|versus|vs\.?|pros and cons|for and against|both sides|who is right)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A document of another side that a side's document was written against."""

    view: str  # name of the side that is answered
    document: str
    title: str


@dataclass(frozen=True, slots=True)
class Side:
    """What one view says to a question."""

    view: View
    points: tuple[AnswerSentence, ...]  # quotations, strongest first; empty: nothing to say
    answers: tuple[Reply, ...]
    answerability: float  # 0…1, of this view's evidence alone


@dataclass(frozen=True, slots=True)
class Positions:
    """All sides of a question; evidence is numbered through."""

    question: str
    sides: tuple[Side, ...]
    agreed: tuple[AnswerSentence, ...]  # what the overviews say is common ground
    disputed: tuple[AnswerSentence, ...]  # and what divides the sides
    evidence: tuple[Evidence, ...]
    generation: int


def calls_for_positions(question: str) -> bool:
    """Whether a question is one on which people take sides ("should…", "X versus Y")."""
    return _DEBATE.search(question.strip()) is not None


def positions(
    question: str,
    searcher: Searcher,
    *,
    scorer: Scorer,
    vectors: SentenceVectors,
    least: float,
) -> Positions:
    """Return what each view says; ``least`` is the answerability below which it is silent."""
    numbered: list[Evidence] = []
    sides = []
    generation = 0
    for view in VIEWS:
        found = searcher.found(question, _DEPTH, Filters(perspectives=view.voices))
        generation = found.generation
        evidence = choose_evidence(
            question, found.hits, scorer=scorer, vectors=vectors, max_sentences=_MOST_POINTS
        )
        worth = answerability(signs(question, found.hits, evidence, found.rarity))
        speaks = bool(evidence) and worth >= least
        points = _points(question, evidence, numbered) if speaks else ()
        sides.append(Side(view, points, (), worth if evidence else 0.0))
    bridging = searcher.found(question, _DEPTH, Filters(perspectives=_BRIDGES))
    between = choose_evidence(question, bridging.hits, scorer=scorer, vectors=vectors)
    agreed = _points(question, _matching(between, _AGREED), numbered)
    disputed = _points(question, _matching(between, _DISPUTED), numbered)
    heard = tuple(side for side in sides if side.points)
    return Positions(
        question=question,
        sides=tuple(replace(s, answers=tuple(_replies(s, heard, numbered))) for s in sides),
        agreed=agreed,
        disputed=disputed,
        evidence=tuple(numbered),
        generation=generation,
    )


def _points(
    question: str, evidence: Sequence[Evidence], numbered: list[Evidence]
) -> tuple[AnswerSentence, ...]:
    """Return quotations of ``evidence``, which is appended to ``numbered`` under new numbers."""
    first = len(numbered)
    renamed = [replace(e, number=first + n) for n, e in enumerate(evidence, start=1)]
    numbered.extend(renamed)
    quoted = compose_quoted(question, renamed)[:_MOST_POINTS] if renamed else ()
    return tuple(replace(sentence, group=None) for sentence in quoted)


def _matching(evidence: Sequence[Evidence], pattern: re.Pattern[str]) -> list[Evidence]:
    """Return the evidence with those of its sentences that the pattern finds."""
    kept = (
        replace(e, chosen=tuple(s for s in e.chosen if pattern.search(s.text))) for e in evidence
    )
    return [e for e in kept if e.chosen]


def _replies(side: Side, heard: Sequence[Side], evidence: Sequence[Evidence]) -> Iterator[Reply]:
    """Yield the documents of other sides that the side's cited documents oppose."""
    cards = {e.number: e.document for e in evidence}
    opposed = {slug for p in side.points for c in p.citations for slug in cards[c.evidence].opposes}
    told: set[str] = set()
    for other in heard:
        if other.view == side.view:
            continue
        for point in other.points:
            for citation in point.citations:
                card = cards[citation.evidence]
                if card.id in opposed and card.id not in told:
                    told.add(card.id)
                    answered = view_of(card.perspective)
                    yield Reply(answered.name if answered else "", card.id, card.title)
