"""Gold sentences found again: in passages, in chosen sentences, in answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from assistant.evaluation.questions import GoldQuestion
from assistant.records import Passage
from assistant.service import Assistant

_LEAST = 12  # letters and digits: a shorter piece may stand in many sentences by chance
_MARKS = re.compile(r"[\W_]+")


def passages_by_document(assistant: Assistant) -> dict[str, tuple[Passage, ...]]:
    """Return the passages of each document in reading order."""
    with assistant.library.reading() as snapshot:
        return {card.id: snapshot.passages_of(card.id) for card in snapshot.cards()}


def gold_passages(
    question: GoldQuestion, passages: Mapping[str, Sequence[Passage]]
) -> frozenset[str]:
    """Return the names of the passages that hold a gold sentence of the question."""
    return frozenset(
        passage_name(passage)
        for evidence in question.evidence
        for passage in passages.get(evidence.document, ())
        if any(folded(quote) in folded(passage.text) for quote in evidence.quotes)
    )


def passage_name(passage: Passage) -> str:
    """Return "document:start-end", which is the same in every index of the same texts."""
    return f"{passage.document_id}:{passage.start}-{passage.end}"


def folded(text: str) -> str:
    """Return the letters and digits alone, in lower case: what two editions of a text share."""
    return _MARKS.sub("", text.casefold())


def is_same(one: str, other: str) -> bool:
    """Whether two sentences are the same, or one is a part of the other that was cut off."""
    a, b = folded(one), folded(other)
    short, long = sorted((a, b), key=len)
    return a == b or (len(short) >= _LEAST and short in long)


def matching(gold: Sequence[str], chosen: Iterable[str]) -> tuple[int, int]:
    """Return how many of the chosen sentences are gold, and how many gold ones were chosen."""
    picked = list(chosen)
    right = sum(any(is_same(c, g) for g in gold) for c in picked)
    reached = sum(any(is_same(c, g) for c in picked) for g in gold)
    return right, reached
