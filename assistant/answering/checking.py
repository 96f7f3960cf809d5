"""Does the evidence carry this sentence? The first, literal check.

Small models miss just what can be checked literally: numbers, names, denials, quantities,
and who does what to whom. A sentence stands only if one sentence of the evidence carries
all of it; true sentences that are put too freely are struck as well, by choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.ports import Floats2d
from assistant.records import AnswerSentence, Citation, Evidence, Sentence, Verdict
from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.terms import content_stems, names, negations, numbers, quantities, stem

_MIN_SHARED = 0.8  # of the claim's content words, found in the deciding sentence
_MIN_IN_ORDER = 0.75  # of them, found in the same order: "A taxes B" is not "B taxes A"
_MIN_COSINE = 0.6
_MIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Span:
    evidence: int
    sentence: Sentence
    text: str
    topic: str  # title and heading: a name may stand there


class LiteralChecker:
    """Checks words, numbers, names, negations and order, and then likeness."""

    def __init__(self, vectors: SentenceVectors) -> None:
        self._vectors = vectors

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        """Return the sentence with its verdict, deciding span and, if struck, the reason."""
        stems = content_stems(sentence)
        if len(stems) < _MIN_WORDS:
            return _struck(sentence, "it says too little to be checked", 0.0)
        spans = _spans(evidence)
        if not spans:
            return _struck(sentence, "there is no evidence", 0.0)
        vectors = self._vectors.of([sentence, *(s.text for s in spans)])
        cosines = _cosines(vectors)
        best_reason, best_shared = "no sentence of the evidence says this", 0.0
        order = sorted(range(len(spans)), key=lambda n: -_shared(stems, spans[n].text))
        for n in order:
            shared = _shared(stems, spans[n].text)
            reason = _objection(sentence, stems, spans[n], shared, float(cosines[n]))
            if not reason:
                score = min(shared, float(cosines[n]))
                return _supported(sentence, spans[n], score)
            if shared > best_shared:
                best_reason, best_shared = reason, shared
        return _struck(sentence, best_reason, best_shared)


def _spans(evidence: Sequence[Evidence]) -> list[_Span]:
    return [
        _Span(
            e.number,
            s,
            e.passage.text[s.start - e.passage.start : s.end - e.passage.start],
            " ".join((e.document.title, *e.passage.heading)),
        )
        for e in evidence
        for s in e.passage.sentences
    ]


def _cosines(vectors: Floats2d) -> Floats2d:
    cosines: Floats2d = vectors[1:] @ vectors[0]  # (n, d) @ (d,) -> (n,)
    return cosines


def _objection(
    sentence: str, stems: Sequence[str], span: _Span, shared: float, cosine: float
) -> str:
    """Return why the span does not carry the sentence; empty when it does."""
    if missing := numbers(sentence) - numbers(span.text):
        return f"the number {', '.join(sorted(missing))} is not in the source"
    known = frozenset(content_stems(f"{span.text} {span.topic}")) | {
        stem(w) for w in span.topic.lower().split()
    }
    if strange := [n for n in names(sentence) if n not in known]:
        return f"the name “{strange[0]}” is not in the source"
    if negations(sentence) % 2 != negations(span.text) % 2:
        return "one denies what the other says"
    if extra := quantities(sentence) - quantities(span.text):
        return f"“{min(extra)}” is not in the source"
    if shared < _MIN_SHARED:
        return "it says more than the source"
    if _in_order(stems, content_stems(span.text)) < _MIN_IN_ORDER * len(stems):
        return "its words stand in another order than in the source"
    if cosine < _MIN_COSINE:
        return "it is too far from the source in meaning"
    return ""


def _shared(stems: Sequence[str], text: str) -> float:
    bag = frozenset(content_stems(text))
    return sum(s in bag for s in stems) / len(stems)


def _in_order(claim: Sequence[str], source: Sequence[str]) -> int:
    """Return the length of the longest common subsequence (Hunt and Szymanski's problem)."""
    row = [0] * (len(source) + 1)
    for word in claim:
        previous = 0
        for n, other in enumerate(source, start=1):
            above = row[n]
            row[n] = previous + 1 if word == other else max(row[n], row[n - 1])
            previous = above
    return row[-1]


def _supported(sentence: str, span: _Span, score: float) -> AnswerSentence:
    citation = Citation(span.evidence, span.sentence.start, span.sentence.end, score)
    return AnswerSentence(sentence, Verdict.SUPPORTED, score, (citation,))


def _struck(sentence: str, reason: str, score: float) -> AnswerSentence:
    return AnswerSentence(sentence, Verdict.UNSUPPORTED, score, reason=reason)
