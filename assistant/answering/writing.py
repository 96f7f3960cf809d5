"""Drafts become answers: each sentence is checked as soon as it is finished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.ports import Checker
from assistant.reading.sentences import sentence_spans
from assistant.records import AnswerSentence, Evidence, SentenceChecked, TextDelta, Verdict
from assistant.retrieval.terms import words

# A draft that ends otherwise was cut off by the limit, perhaps after "e.g." or an initial.
_FINISHED = re.compile(r"(?<!\b[A-Z])(?<!e\.g)(?<!i\.e)(?<!\bcf)(?<!\bvs)[.!?][)\]”\"’']*$")
_LIST_MARK = re.compile(r"^(?:[-*•#>]+|\d{1,2}[.)])\s+")


def checked_sentences(
    pieces: Iterator[str], checker: Checker, evidence: Sequence[Evidence]
) -> Iterator[TextDelta | SentenceChecked]:
    """Pass the draft on as it comes, and each finished sentence with its verdict."""
    pending = word = ""
    for piece in pieces:
        yield TextDelta(piece)
        # Looked at after each word, so that the sentences do not depend on how the draft was cut.
        *words_, word = re.split(r"(?<=\s)(?=\S)", word + piece)
        for finished in words_:
            pending += finished
            spans = sentence_spans(pending)
            for start, end in spans[:-1]:  # the last sentence may still grow
                yield from _checked(pending[start:end], checker, evidence)
            if len(spans) > 1:
                pending = pending[spans[-1][0] :]
    pending += word
    for start, end in sentence_spans(pending):
        if end < len(pending.rstrip()) or _FINISHED.search(pending.rstrip()):
            yield from _checked(pending[start:end], checker, evidence)


def _checked(
    text: str, checker: Checker, evidence: Sequence[Evidence]
) -> Iterator[SentenceChecked]:
    sentence = _plain(text)
    if any(c.isalpha() for c in sentence):  # the "1." of a list is not a sentence
        yield SentenceChecked(checker.check(sentence, evidence))


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
        said = frozenset(words(sentence.text))
        repeats = any(said <= frozenset(words(k.text)) for k in kept)
        if sentence.verdict is Verdict.SUPPORTED and not repeats:
            kept.append(sentence)
            carried |= {(c.evidence, c.start, c.end) for c in sentence.citations}
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
    return _LIST_MARK.sub("", " ".join(text.split())).strip("*# ")
