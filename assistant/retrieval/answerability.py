"""Do the sources answer this at all? A probability from what was found, and its threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from assistant.ports import AnswerScorer
from assistant.records import Evidence, Hit, ScoredSentence, Signs
from assistant.retrieval.terms import bag_of_stems, names, numbers, stem, words

# Fitted by training/abstention.py on the dev questions of evaluation/questions.jsonl,
# without a trained scorer and with it.
_WEIGHTS = Signs(2.96, 1.89, 2.52, 1.59, 0.90, 0.11)
_BIAS = -6.98
_TRAINED_WEIGHTS = Signs(1.84, 1.30, 5.07, 0.77, -0.15, -0.69, 3.36)
_TRAINED_BIAS = -7.60
# On dev, each topic judged by a fit that did not see it, 6 %, 2 % and 1 % of what the texts
# answer is refused.
_THRESHOLDS = {"strict": 0.2, "balanced": 0.1, "open": 0.05, "off": 0.0}
_TOGETHER = 3  # sentences that are judged as one text
_FAR, _NEAR = 0.2, 0.45  # cosines: off the subject, and well on it
_NO_NAMES = 0.8  # a question without names speaks neither for nor against


def signs(
    question: str,
    hits: Sequence[Hit],
    evidence: Sequence[Evidence],
    rarity: Mapping[str, float],
    scorer: AnswerScorer | None = None,
) -> Signs:
    """Return the signs for a question and what was found for it.

    ``rarity`` gives the weight of each stem that the question is about.
    """
    chosen = [s for e in evidence for s in e.chosen]
    bags = [_bag(e) for e in evidence]
    named = set(names(question)) | numbers(question)
    cosine = max((h.cosine for h in hits), default=0.0)
    return Signs(
        best_cosine=max(0.0, cosine),
        on_subject=min(1.0, max(0.0, (cosine - _FAR) / (_NEAR - _FAR))),
        best_sentence=max((s.score for s in chosen), default=0.0),
        covered_at_once=max((_weighted(rarity, b) for b in bags), default=0.0),
        covered_in_sentence=max(
            (_weighted(rarity, bag_of_stems(s.text)) for s in chosen), default=0.0
        ),
        named_at_once=max((_share(named, b) for b in bags), default=0.0),
        answers=_answers(question, chosen, scorer) if scorer and chosen else None,
    )


def _answers(question: str, chosen: Sequence[ScoredSentence], scorer: AnswerScorer) -> float:
    """Return the probability that the best sentences, as one text, answer the question."""
    best = sorted(chosen, key=lambda s: -s.score)[:_TOGETHER]
    together = " ".join(s.text for s in chosen if s in best)
    return float(scorer.answerability(question, [together])[0])


def answerability(found: Signs) -> float:
    """Return the probability that the evidence answers, 0…1 (logistic regression)."""
    judged = found.answers is not None
    weights, bias = (_TRAINED_WEIGHTS, _TRAINED_BIAS) if judged else (_WEIGHTS, _BIAS)
    told = zip(astuple(weights), astuple(found), strict=True)
    z = bias + sum(w * x for w, x in told if w is not None)
    return 1.0 / (1.0 + math.exp(-z))


def threshold(strictness: str) -> float:
    """Return the answerability below which there is no answer."""
    return _THRESHOLDS[strictness]


def _bag(evidence: Evidence) -> frozenset[str]:
    text = " ".join((evidence.document.title, *evidence.passage.heading, evidence.passage.text))
    return bag_of_stems(text) | numbers(text) | {stem(w) for w in words(text)}


def _weighted(rarity: Mapping[str, float], bag: frozenset[str]) -> float:
    total = sum(rarity.values())
    return sum(r for word, r in rarity.items() if word in bag) / total if total else 0.0


def _share(wanted: set[str], bag: frozenset[str]) -> float:
    return len(wanted & bag) / len(wanted) if wanted else _NO_NAMES
