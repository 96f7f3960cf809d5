"""The quoted answer: right by construction, composed to read well."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.records import (
    AnswerSentence,
    Citation,
    Evidence,
    Perspective,
    ScoredSentence,
    Verdict,
)
from assistant.retrieval.questions import Asks, asks_for

# A sentence that opens like this leans on the one before it.
_LEANING = re.compile(
    r"^(?:And|But|So|Yet|Or|Instead|However|Moreover|Therefore|Thus|Hence|This|That|These|Those|It"
    r"|He|She|They|His|Her|Their|Its|Such|Both|The (?:same|two|former|latter|other))\b"
)
_MOST_BY_KIND = {
    Asks.PERSON: 2,
    Asks.DATE: 2,
    Asks.NUMBER: 2,
    Asks.DEFINITION: 3,
}
_MOST = 5
_FACTUAL = frozenset(_MOST_BY_KIND)  # one good sentence is enough; debates need several


def compose_quoted(question: str, evidence: Sequence[Evidence]) -> tuple[AnswerSentence, ...]:
    """Return the answer in the sources' own words: the best sentence, then further points.

    Points are grouped by perspective when they come from several; every sentence is a
    contiguous quotation of its evidence.
    """
    ranked = sorted(
        ((e, s) for e in evidence for s in e.chosen),
        key=lambda pair: (-_weight(*pair), pair[0].number, pair[1].sentence.start),
    )
    kind = asks_for(question)
    floor = (0.8 if kind in _FACTUAL else 0.6) * max((s.score for _, s in ranked), default=0.0)
    most = _MOST_BY_KIND.get(kind, _MOST)
    ranked = [p for n, p in enumerate(ranked[:most]) if n == 0 or p[1].score >= floor]
    lead, points = ranked[:1], ranked[1:]
    kinds = {e.document.perspective for e, _ in ranked}
    grouped = len(kinds) > 1 and len(points) > 1
    order = list(dict.fromkeys(e.document.perspective for e, _ in points))
    if grouped:
        points.sort(key=lambda pair: order.index(pair[0].document.perspective))
    return _each_once(
        [
            *(_quoted(e, s, None) for e, s in lead),
            *(_quoted(e, s, e.document.perspective if grouped else None) for e, s in points),
        ]
    )


def renumbered(
    sentences: Sequence[AnswerSentence], evidence: Sequence[Evidence]
) -> tuple[tuple[AnswerSentence, ...], tuple[Evidence, ...]]:
    """Number the evidence by its first citation in the answer; what is not cited follows."""
    cited = [c.evidence for s in sentences for c in s.citations]
    order = list(dict.fromkeys([*cited, *(e.number for e in evidence)]))
    number = {old: new for new, old in enumerate(order, start=1)}
    by_old = {e.number: e for e in evidence}
    return (
        tuple(
            AnswerSentence(
                text=s.text,
                verdict=s.verdict,
                score=s.score,
                citations=tuple(
                    Citation(number[c.evidence], c.start, c.end, c.score) for c in s.citations
                ),
                reason=s.reason,
                group=s.group,
            )
            for s in sentences
        ),
        tuple(
            Evidence(number=number[old], hit=by_old[old].hit, chosen=by_old[old].chosen)
            for old in order
        ),
    )


def _quoted(
    evidence: Evidence, chosen: ScoredSentence, group: Perspective | None
) -> AnswerSentence:
    start, end = chosen.sentence.start, chosen.sentence.end
    if _leans(chosen):
        start = _start_of_sentence_before(evidence, start)
    offset = evidence.passage.start
    return AnswerSentence(
        text=evidence.passage.text[start - offset : end - offset],
        verdict=Verdict.QUOTED,
        score=1.0,
        citations=(Citation(evidence.number, start, end, chosen.score),),
        group=group,
    )


def _each_once(quoted: Sequence[AnswerSentence]) -> tuple[AnswerSentence, ...]:
    """Leave out what another quotation holds: a leaning sentence brings the one before."""
    return tuple(
        q
        for n, q in enumerate(quoted)
        if not any(
            _holds(o, q) and (m < n or not _holds(q, o)) for m, o in enumerate(quoted) if m != n
        )
    )


def _holds(outer: AnswerSentence, inner: AnswerSentence) -> bool:
    (one,), (other,) = outer.citations, inner.citations
    return one.evidence == other.evidence and one.start <= other.start and other.end <= one.end


def _weight(evidence: Evidence, chosen: ScoredSentence) -> float:
    """Return the score, lower for a sentence that leans on one before, most where none is."""
    if not _leans(chosen):
        return chosen.score
    start = chosen.sentence.start
    return chosen.score * (0.9 if _start_of_sentence_before(evidence, start) < start else 0.7)


def _leans(chosen: ScoredSentence) -> bool:
    return _LEANING.match(chosen.text) is not None


def _start_of_sentence_before(evidence: Evidence, start: int) -> int:
    """Return where the sentence before begins, if it stands in the same paragraph."""
    passage = evidence.passage
    for previous in reversed(passage.sentences):
        if previous.end <= start:
            gap = passage.text[previous.end - passage.start : start - passage.start]
            return previous.start if "\n" not in gap else start
    return start
