"""Do the sources answer this at all? A score over the joined evidence, and its threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from assistant.records import Evidence, Hit
from assistant.retrieval.questions import asks_for, offers
from assistant.retrieval.scoring import stems_of_topic
from assistant.retrieval.terms import content_stems, names, numbers, stem


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an answer being in the evidence; each 0…1."""

    best_cosine: float  # of the question and a passage
    best_sentence: float  # score of the best sentence
    covered: float  # share of the question's topic words in the joined evidence
    covered_at_once: float  # the same in the best single passage
    named: float  # share of its names and numbers in the joined evidence
    named_at_once: float  # the same in the best single passage
    formed: float  # whether a chosen sentence has the form of such an answer


# Fitted by training/abstention.py on the example questions; see evaluation/RESULTS.md.
_WEIGHTS = Signs(3.0, 3.0, 1.0, 3.0, 2.0, 3.0, 1.0)
_BIAS = -10.0


def signs(question: str, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Signs:
    """Return the signs for a question and what was found for it."""
    chosen = [s for e in evidence for s in e.chosen]
    bags = [_bag(e) for e in evidence]
    joined: frozenset[str] = frozenset().union(*bags)
    topic = stems_of_topic(question)
    named = set(names(question)) | numbers(question)
    kind = asks_for(question)
    return Signs(
        best_cosine=max((h.cosine for h in hits), default=0.0),
        best_sentence=max((s.score for s in chosen), default=0.0),
        covered=_topic_share(topic, joined),
        covered_at_once=max((_topic_share(topic, b) for b in bags), default=0.0),
        named=_share(named, joined),
        named_at_once=max((_share(named, b) for b in bags), default=0.0),
        formed=float(any(offers(kind, question, s.text) for s in chosen)),
    )


def answerability(found: Signs) -> float:
    """Return the calibrated probability that the evidence answers, 0…1."""
    z = _BIAS + sum(w * x for w, x in zip(astuple(_WEIGHTS), astuple(found), strict=True))
    return 1.0 / (1.0 + math.exp(-z))


def _bag(evidence: Evidence) -> frozenset[str]:
    text = " ".join((evidence.document.title, *evidence.passage.heading, evidence.passage.text))
    return frozenset(content_stems(text)) | numbers(text) | {stem(w) for w in text.lower().split()}


def _share(wanted: set[str], bag: frozenset[str]) -> float:
    return len(wanted & bag) / len(wanted) if wanted else 1.0


def _topic_share(topic: Sequence[str], bag: frozenset[str]) -> float:
    return sum(stem in bag for stem in topic) / len(topic) if topic else 0.0
