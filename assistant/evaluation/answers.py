"""Asking gold questions of the assistant, and what its evidence and answers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evaluation.corpora import Shelf
from assistant.evaluation.definitions import part_of
from assistant.evaluation.gold import (
    folded,
    gold_passages,
    is_same,
    matching,
    passage_name,
    passages_by_document,
)
from assistant.evaluation.judging import Judge, cited_sentences, needed
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
from assistant.evaluation.points import PointsRule
from assistant.evaluation.questions import GoldQuestion
from assistant.evaluation.ranking import ranking_samples
from assistant.evaluation.searching import FUSED, RERANKED, halves, over_better_half, over_once
from assistant.records import Answer, Hit, Notice, Outcome, Perspective, Turn, Verdict
from assistant.retrieval.scoring import SentenceVectors
from assistant.service import Assistant, turn_of

_DEPTH = 10
_FIRST = 5
_SEARCH_FIGURES = ("nDCG@10", "recall@1", "recall@5", "hit@1", "MRR@10")
_DEBATED = frozenset({"comparison", "opinion"})
_SIDES = frozenset(
    {
        Perspective.CRM,
        Perspective.CSR,
        Perspective.CSV,
        Perspective.STAKEHOLDER,
        Perspective.SHAREHOLDER,
        Perspective.CRITIQUE,
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What happened to one question."""

    question: GoldQuestion
    gold: frozenset[str]  # passages that hold a gold sentence
    answer: Answer
    unguarded: Answer  # the answer if nothing were refused: what abstaining has saved or cost
    hits: Mapping[str, tuple[Hit, ...]]  # by half of the search, "" for both


def asked(
    shelf: Shelf, questions: Sequence[GoldQuestion], on_progress: OnProgress
) -> tuple[Asked, ...]:
    """Ask every question; conversations are asked turn by turn."""
    passages = passages_by_document(shelf.assistant)
    searches = halves(shelf)
    unguarded = shelf.again(strictness="off")
    history: list[Turn] = []
    rows: list[Asked] = []
    for question in told(questions, "Asking", on_progress):
        if not question.before:
            history = []
        answer = shelf.assistant.ask(question.question, history)
        refused = answer.notice is Notice.NOT_COVERED
        forced = unguarded.ask(question.question, history) if refused else answer
        history.append(turn_of(answer))
        rows.append(
            Asked(
                question,
                gold_passages(question, passages) if question.answerable else frozenset(),
                answer,
                forced,
                _hits(shelf, searches, answer.standalone_question),
            )
        )
    return tuple(rows)


def _hits(
    shelf: Shelf, searches: Mapping[str, Assistant], question: str
) -> dict[str, tuple[Hit, ...]]:
    found = {part: tuple(one.search(question, top_k=_DEPTH)) for part, one in searches.items()}
    if shelf.trained.scorer:
        found[RERANKED] = tuple(shelf.assistant.search(question, top_k=_DEPTH, twice=True))
    return found


def observed(shelf: Shelf, rows: Sequence[Asked], judge: Judge) -> Observed:
    """Return the samples of all figures, and the questions that went wrong."""
    samples = Samples()
    points = PointsRule(SentenceVectors(shelf.embedder))
    perspectives = {c.id: c.perspective for c in shelf.assistant.documents()}
    _add_search(samples, rows, perspectives)
    for row in rows:
        _add_evidence(samples, row)
        _add_answer(samples, row, points)
        _add_citations(samples, row, judge)
        _add_abstention(samples, row)
        for stage, milliseconds in row.answer.timings.items():
            part = "" if stage == "total" else stage
            for name in ("ms p50", "ms p95"):
                samples.add(part_of(name, part), row.question.id, milliseconds)
    for name, value in own_questions(shelf.assistant).items():
        samples.add("own question@3", name, value)
    samples.add("peak memory MB", "process", peak_memory_mb())
    return Observed(
        asked=tuple(row.question.id for row in rows),
        samples=samples.by_name,
        failures=worst_first(f for row in rows for f in _faults(row)),
        kinds={row.question.id: row.question.kind for row in rows},
        notes=(judge.note,),
    )


def own_questions(assistant: Assistant, *, first: int = 3) -> dict[str, float]:
    """Return for each document with a guiding question whether that question finds it.

    Found is a document of one of the ``first`` passages.
    """
    return {
        card.id: float(
            any(hit.document.id == card.id for hit in assistant.search(card.question, top_k=first))
        )
        for card in assistant.documents()
        if card.question
    }


def _add_search(
    samples: Samples, rows: Sequence[Asked], perspectives: Mapping[str, Perspective]
) -> None:
    relevant = {r.question.id: dict.fromkeys(r.gold, 1) for r in rows if r.gold}
    parts = {}
    for part in rows[0].hits if rows else ():
        ranked = {r.question.id: [passage_name(h.passage) for h in r.hits[part]] for r in rows}
        found = ranking_samples(relevant, ranked)
        parts[part] = {name: found[name] for name in _SEARCH_FIGURES} | {
            "gold evidence recall@5": found["hit@5"]
        }
        samples.update(parts[part], part)
    if parts:
        samples.update(over_better_half(parts))
    if RERANKED in parts:
        samples.update(over_once(parts))
    for row in rows:
        sides = _sides(row.question, perspectives)
        if len(sides) > 1:
            first = [h for h in row.hits[FUSED][:_FIRST] if passage_name(h.passage) in row.gold]
            there = {h.document.perspective for h in first} & sides
            samples.add(
                "perspective recall@5", row.question.id, len(there) >= min(_FIRST, len(sides))
            )


def _sides(
    question: GoldQuestion, perspectives: Mapping[str, Perspective]
) -> frozenset[Perspective]:
    """Return the sides of a debated question that have gold evidence."""
    if question.kind not in _DEBATED:
        return frozenset()
    return _SIDES & {perspectives[d] for d in question.documents if d in perspectives}


def _add_evidence(samples: Samples, row: Asked) -> None:
    gold = [q for e in row.question.evidence for q in e.quotes]
    if not row.question.answerable or not gold:
        return
    chosen = [s for e in row.unguarded.evidence for s in e.chosen]
    right, reached = matching(gold, [s.text for s in chosen])
    id_ = row.question.id
    samples.add("evidence precision", id_, right, len(chosen))
    samples.add("evidence recall", id_, reached, len(gold))
    samples.add("evidence F1", id_, harmonic(right, len(chosen), reached, len(gold)))
    best = max(chosen, key=lambda s: s.score, default=None)
    samples.add(
        "best sentence is gold", id_, best is not None and any(is_same(best.text, g) for g in gold)
    )


def harmonic(right: int, chosen: int, reached: int, gold: int) -> float:
    """Return F1 of precision ``right / chosen`` and recall ``reached / gold``; 0 where both are."""
    precision, recall = (right / chosen if chosen else 0.0), (reached / gold if gold else 0.0)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _add_answer(samples: Samples, row: Asked, points: PointsRule) -> None:
    question, id_ = row.question, row.question.id
    if not question.answerable:
        return
    answered = _is_answered(row.answer)
    samples.add("answered", id_, answered)
    texts = [s.text for s in row.answer.sentences]
    made = points.covered(question.expected_points, texts) if answered else 0
    samples.add("expected points covered", id_, made, len(question.expected_points))
    from_gold = answered and cites_gold_document(question, row.answer)
    if answered:
        samples.add("cites gold document", id_, from_gold)
        samples.add("quotes gold sentence", id_, quotes_gold_sentence(question, row.answer))
    if question.before:
        samples.add("follow-up success", id_, from_gold)


def _add_citations(samples: Samples, row: Asked, judge: Judge) -> None:
    """Add ALCE's citation recall and precision, and the same for what a model wrote."""
    if not _is_answered(row.answer):
        return
    id_ = row.question.id
    written = [s for s in row.answer.sentences if s.verdict is Verdict.SUPPORTED]
    for part, sentences in (("", row.answer.sentences), ("written", written)):
        carried = cited = precise = 0
        for sentence in sentences:
            sources = cited_sentences(sentence, row.answer.evidence)
            carried += judge.carries(sentence.text, sources)
            cited += len(sources)
            precise += needed(judge, sentence.text, sources)
        if sentences:
            samples.add(part_of("citation recall", part), id_, carried, len(sentences))
            samples.add(part_of("citation precision", part), id_, precise, cited)
    drafted = len(written) + len(row.answer.struck)
    if drafted:
        samples.add("written sentences kept", id_, len(written), drafted)


def _add_abstention(samples: Samples, row: Asked) -> None:
    id_, answerable = row.question.id, row.question.answerable
    answered = _is_answered(row.answer)
    if not answered:
        samples.add("abstention precision", id_, not answerable)
    if not answerable:
        samples.add("abstention recall", id_, not answered)
    samples.by_name.setdefault("abstention balanced accuracy", {})[id_] = (
        float(answerable),
        float(answered == answerable),
    )
    forced = row.unguarded
    right = answerable and cites_gold_document(row.question, forced)
    samples.by_name.setdefault("risk-coverage area", {})[id_] = (
        forced.answerability if _is_answered(forced) else 0.0,
        float(not right),
    )


def cites_gold_document(question: GoldQuestion, answer: Answer) -> bool:
    """Whether the answer cites a document in which the answer stands."""
    cited = {c.evidence for s in answer.sentences for c in s.citations}
    return any(e.number in cited and e.document.id in question.documents for e in answer.evidence)


def quotes_gold_sentence(question: GoldQuestion, answer: Answer) -> bool:
    """Whether the answer has a gold sentence, or is one, word for word."""
    quotes = [folded(q) for e in question.evidence for q in e.quotes]
    written = [folded(s.text) for s in answer.sentences]
    return any(q in w or w in q for q in quotes for w in written)


def _is_answered(answer: Answer) -> bool:
    return answer.outcome is Outcome.ANSWERED


def _faults(row: Asked) -> list[Failure]:
    question, answer = row.question, row.answer
    what, badness = _fault(row)
    if not what:
        return []
    first = row.unguarded.sentences or answer.sentences
    found = [shortened(s.text) for s in first[:2]]
    if not found:
        found = [f"{h.document.id}: {shortened(h.passage.text)}" for h in answer.nearest[:2]]
    return [
        Failure(
            question.id,
            question.question,
            question.kind,
            what,
            wanted=tuple(shortened(q) for e in question.evidence[:1] for q in e.quotes)
            or tuple(question.expected_points[:1]),
            found=tuple(found),
            badness=badness,
        )
    ]


def _fault(row: Asked) -> tuple[str, float]:
    question, answer = row.question, row.answer
    sure = round(answer.answerability, 2)
    if not question.answerable:
        told_so = f"answered ({sure}), though the collection does not say"
        return (told_so, 4 + sure) if _is_answered(answer) else ("", 0)
    if not _is_answered(answer):
        return f"refused ({sure}), though the collection answers", 3 + 1 - sure
    if not cites_gold_document(question, answer):
        return "answered from other documents than those that answer", 2.0
    if not quotes_gold_sentence(question, answer):
        return "answered from the right document with another sentence", 1.0
    return "", 0
