"""Putting each question to the one text that belongs to it: answer from there, or abstain."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.answers import harmonic
from assistant.evaluation.cases import GivenQuestion, GivenSet
from assistant.evaluation.corpora import Shelf
from assistant.evaluation.definitions import part_of
from assistant.evaluation.gold import is_same, matching
from assistant.evaluation.observed import (
    Failure,
    Observed,
    OnProgress,
    Samples,
    peak_memory_mb,
    shortened,
    told,
    worst_first,
)
from assistant.records import Answer, Filters, Outcome, ScoredSentence
from assistant.retrieval.answerability import threshold
from assistant.service import MAX_QUESTION_CHARACTERS


def given(shelf: Shelf, records: GivenSet, on_progress: OnProgress) -> Observed:
    """Return the samples of abstention and evidence choice, and what went wrong.

    The library holds all texts of the set, so that words are as rare as they are there; a
    filter lets the question see its own text only. Nothing is refused while asking: what the
    app would have refused is told by its threshold, and its evidence can be looked at.
    """
    unguarded = shelf.again(strictness="off")
    least = threshold(shelf.assistant.settings.strictness)
    slug = {name: slug for slug, name in shelf.names.items()}
    samples = Samples()
    failures: list[Failure] = []
    asked = [q for q in records.questions if q.text in slug]
    for question in told(asked, "Asking", on_progress):
        filters = Filters(documents=frozenset({slug[question.text]}))
        answer = unguarded.ask(question.question[:MAX_QUESTION_CHARACTERS], filters=filters)
        answered = answer.outcome is Outcome.ANSWERED and answer.answerability >= least
        chosen = [s for e in answer.evidence for s in e.chosen]
        _add_abstention(samples, question, answer, chosen, answered=answered)
        if question.gold:
            _add_evidence(samples, question, chosen)
        for stage, milliseconds in answer.timings.items():
            part = "" if stage == "total" else stage
            for name in ("ms p50", "ms p95"):
                samples.add(part_of(name, part), question.id, milliseconds)
        failures.extend(_faults(question, answer, chosen, answered=answered))
    if len({q.answerable for q in asked}) < 2:  # every refusal is right, or none: no measure
        samples.by_name.pop("abstention precision", None)
        if not any(q.gold for q in asked):
            samples.by_name.pop("risk-coverage area", None)
    samples.add("peak memory MB", "process", peak_memory_mb())
    missing = len(records.questions) - len(asked)
    return Observed(
        asked=tuple(q.id for q in asked),
        samples=samples.by_name,
        failures=worst_first(failures),
        kinds={q.id: q.kind for q in asked},
        notes=(f"{missing} questions whose text could not be read are left out.",)
        if missing
        else (),
    )


def _add_abstention(
    samples: Samples,
    question: GivenQuestion,
    answer: Answer,
    chosen: Sequence[ScoredSentence],
    *,
    answered: bool,
) -> None:
    id_ = question.id
    if question.answerable:
        samples.add("answered", id_, answered)
    else:
        samples.add("abstention recall", id_, not answered)
    if not answered:
        samples.add("abstention precision", id_, not question.answerable)
    samples.by_name.setdefault("abstention balanced accuracy", {})[id_] = (
        float(question.answerable),
        float(answered == question.answerable),
    )
    right = question.answerable
    if question.answerable and question.gold:
        right = any(is_same(s.text, g) for s in chosen for g in question.gold)
    confidence = answer.answerability if answer.outcome is Outcome.ANSWERED else 0.0
    samples.by_name.setdefault("risk-coverage area", {})[id_] = (confidence, float(not right))


def _add_evidence(
    samples: Samples, question: GivenQuestion, chosen: Sequence[ScoredSentence]
) -> None:
    id_, gold = question.id, question.gold
    right, reached = matching(gold, [s.text for s in chosen])
    samples.add("evidence precision", id_, right, len(chosen))
    samples.add("evidence recall", id_, reached, len(gold))
    samples.add("evidence F1", id_, harmonic(right, len(chosen), reached, len(gold)))
    best = max(chosen, key=lambda s: s.score, default=None)
    samples.add(
        "best sentence is gold", id_, best is not None and any(is_same(best.text, g) for g in gold)
    )


def _faults(
    question: GivenQuestion, answer: Answer, chosen: Sequence[ScoredSentence], *, answered: bool
) -> list[Failure]:
    sure = answer.answerability
    found = tuple(shortened(s.text) for s in sorted(chosen, key=lambda s: -s.score)[:2])
    if answered and not question.answerable:
        what, badness = f"answered ({sure:.2f}), though the text does not say", 2 + sure
    elif question.answerable and not answered:
        what, badness = f"refused ({sure:.2f}), though the text answers", 2 - sure
    elif question.gold and not any(is_same(s.text, g) for s in chosen for g in question.gold):
        what, badness = "answered from other sentences than those that answer", 1.0
    else:
        return []
    wanted = tuple(shortened(g) for g in question.gold[:2])
    return [Failure(question.id, question.question, question.kind, what, wanted, found, badness)]
