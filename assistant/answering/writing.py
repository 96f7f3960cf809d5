"""Drafts become answers: each sentence is checked as soon as it is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.ports import Checker
from assistant.reading.sentences import sentence_spans
from assistant.records import AnswerSentence, Evidence, SentenceChecked, TextDelta, Verdict


def checked_sentences(
    pieces: Iterator[str], checker: Checker, evidence: Sequence[Evidence]
) -> Iterator[TextDelta | SentenceChecked]:
    """Pass the draft on as it comes, and each finished sentence with its verdict."""
    pending = ""
    for piece in pieces:
        yield TextDelta(piece)
        pending += piece
        spans = sentence_spans(pending)
        # The last sentence may still grow; those before it are finished.
        for start, end in spans[:-1]:
            yield SentenceChecked(checker.check(_plain(pending[start:end]), evidence))
        if len(spans) > 1:
            pending = pending[spans[-1][0] :]
    rest = _plain(pending)
    if rest.endswith((".", "!", "”", '"')):  # a sentence cut off by the limit is not one
        yield SentenceChecked(checker.check(rest, evidence))


def merged(
    written: Sequence[AnswerSentence], quoted: Sequence[AnswerSentence]
) -> tuple[AnswerSentence, ...]:
    """Return the written sentences that stand, then the quotations that they do not carry.

    A sentence that was struck is thus replaced by the best quotation, and an answer of
    which nothing stands is the quoted answer.
    """
    kept: list[AnswerSentence] = []
    carried: set[tuple[int, int, int]] = set()
    for sentence in written:
        spans = {(c.evidence, c.start, c.end) for c in sentence.citations}
        if sentence.verdict is Verdict.SUPPORTED and not spans & carried:
            kept.append(sentence)
            carried |= spans
    if not kept:
        return tuple(quoted)
    rest = [
        q
        for q in quoted
        if not any(
            c.evidence == e and c.start <= start and end <= c.end
            for c in q.citations
            for e, start, end in carried
        )
    ]
    return (*kept, *rest)


def _plain(text: str) -> str:
    """Return the sentence without list marks and line breaks."""
    return " ".join(text.split()).lstrip("-*•# ").strip()
