"""Evidence made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.records import (
    DocumentCard,
    Evidence,
    Hit,
    Passage,
    Perspective,
    ScoredSentence,
    Sentence,
)


def evidence(
    sentences: Sequence[str],
    *,
    number: int = 1,
    chosen: Sequence[int] | None = None,
    scores: Sequence[float] | None = None,
    title: str = "A text",
    perspective: Perspective = Perspective.OVERVIEW,
    offset: int = 100,
    gap: str = " ",
) -> Evidence:
    """A passage of these sentences that begins at ``offset``, some of them chosen."""
    spans, position = [], offset
    for text in sentences:
        spans.append(Sentence(position, position + len(text)))
        position += len(text) + len(gap)
    card = DocumentCard(f"document-{number}", "a.md", title, perspective, "")
    text = gap.join(sentences)
    passage = Passage(card.id, (), offset, offset + len(text), text, tuple(spans), id=number)
    rows = range(len(sentences)) if chosen is None else chosen
    marks = scores or [1.0] * len(rows)
    return Evidence(
        number,
        Hit(passage, card, 1.0, 1.0, 1.0),
        tuple(
            ScoredSentence(spans[n], sentences[n], score)
            for n, score in zip(rows, marks, strict=True)
        ),
    )
