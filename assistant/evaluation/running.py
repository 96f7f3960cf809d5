"""Asking gold questions of the assistant and noting what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assistant.evaluation.figures import Measured
from assistant.evaluation.questions import GoldQuestion
from assistant.records import Answer, Outcome, Passage, Turn
from assistant.service import Assistant, turn_of

_DEPTH = 10


def measure(
    assistant: Assistant,
    questions: Sequence[GoldQuestion],
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Measured, ...]:
    """Return what happened to each question; conversations are asked turn by turn."""
    passages = _passages(assistant)
    history: list[Turn] = []
    rows: list[Measured] = []
    for n, question in enumerate(questions):
        on_progress(n, len(questions))
        if not question.before:
            history = []
        answer = assistant.ask(question.question, history)
        history.append(turn_of(answer))
        rows.append(_measured(assistant, question, answer, passages))
    return tuple(rows)


def own_questions(assistant: Assistant, *, first: int = 3) -> list[float]:
    """Return for each document with a guiding question whether that question finds it.

    Found is a document of one of the ``first`` passages.
    """
    return [
        float(any(h.document.id == card.id for h in assistant.search(card.question, top_k=first)))
        for card in assistant.documents()
        if card.question
    ]


def gold_passages(
    question: GoldQuestion, passages: Mapping[str, Sequence[Passage]]
) -> frozenset[str]:
    """Return the names of the passages that hold a gold sentence of the question."""
    return frozenset(
        passage_name(passage)
        for evidence in question.evidence
        for passage in passages.get(evidence.document, ())
        if any(_folded(quote) in _folded(passage.text) for quote in evidence.quotes)
    )


def passage_name(passage: Passage) -> str:
    """Return "document:start-end", which is the same in every index of the same texts."""
    return f"{passage.document_id}:{passage.start}-{passage.end}"


def _passages(assistant: Assistant) -> dict[str, tuple[Passage, ...]]:
    with assistant.library.reading() as snapshot:
        return {card.id: snapshot.passages_of(card.id) for card in snapshot.cards()}


def _measured(
    assistant: Assistant,
    question: GoldQuestion,
    answer: Answer,
    passages: Mapping[str, Sequence[Passage]],
) -> Measured:
    hits = assistant.search(answer.standalone_question, top_k=_DEPTH)
    cited = {c.evidence for s in answer.sentences for c in s.citations}
    documents = {e.document.id for e in answer.evidence if e.number in cited}
    quotes = [_folded(q) for e in question.evidence for q in e.quotes]
    written = [_folded(s.text) for s in answer.sentences]
    return Measured(
        id=question.id,
        answerable=question.answerable,
        answered=answer.outcome is Outcome.ANSWERED,
        gold=gold_passages(question, passages) if question.answerable else frozenset(),
        ranked=tuple(passage_name(h.passage) for h in hits),
        cites_gold_document=bool(documents & question.documents),
        quotes_gold_sentence=any(q in w or w in q for q in quotes for w in written),
        milliseconds=answer.timings.get("total", 0.0),
        is_follow_up=bool(question.before),
    )


def _folded(text: str) -> str:
    return " ".join(text.split())
