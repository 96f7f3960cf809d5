"""Does the evidence carry this sentence? The trained check, after the literal one.

What stands literally stands. What is put more freely is judged by a small entailment model,
which misses just what can be checked exactly: so every number and name must be in the evidence,
and it must deny and limit as the evidence does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answering.bearing import bearing
from assistant.answering.checking import LiteralChecker, no_statement
from assistant.ports import Checker, Entailer
from assistant.records import AnswerSentence, Citation, Evidence, Sentence, Verdict
from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.terms import canonical, names, numbers, stem, words

SUPPORTS, CONTRADICTS, LEAVES_OPEN = range(3)  # columns of ``Entailer.judge``
_STANDS = 0.9  # probability of support from which a freely put sentence stands
_CONTRADICTED = 0.8
_SPANS = 3  # passages that a claim is judged by
_DENIES = frozenset("no not never none nobody nothing neither nor cannot without".split())


@dataclass(frozen=True, slots=True)
class Span:
    """The sentences of one passage that bear on a claim."""

    evidence: int  # number
    sentences: tuple[Sentence, ...]
    texts: tuple[str, ...]
    around: str  # title and headings: what a name may come from

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(self.texts)


class EntailmentChecker:
    """Checks literally first, and what fails there by entailment; satisfies ``ports.Checker``."""

    def __init__(self, literal: LiteralChecker, entailer: Entailer) -> None:
        self._literal = literal
        self._entailer = entailer

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        """Return the sentence with its verdict, deciding span and, if struck, the reason."""
        found = self._literal.check(sentence, evidence)
        spans = spans_for(sentence, evidence)
        if found.verdict.stands or no_statement(sentence) or not spans:
            return found
        shares = self._entailer.judge(sentence, [span.text for span in spans])  # (n, 3)
        best = int(shares[:, SUPPORTS].argmax())
        support = float(shares[best, SUPPORTS])
        against = int(shares[:, CONTRADICTS].argmax())
        if support >= _STANDS and not strange(sentence, spans[best]):
            return replace(
                found,
                verdict=Verdict.SUPPORTED,
                score=support,
                citations=(_citation(sentence, spans[best], support),),
                reason="",
            )
        if float(shares[against, CONTRADICTS]) >= _CONTRADICTED and support < 1 - _CONTRADICTED:
            score = float(shares[against, CONTRADICTS])
            return replace(
                found,
                verdict=Verdict.CONTRADICTED,
                score=support,
                citations=(_citation(sentence, spans[against], score),),
                reason=f"the source says otherwise: “{_nearest(sentence, spans[against])[1]}”",
            )
        return replace(found, score=support)


def checker_of(vectors: SentenceVectors, entailer: Entailer | None) -> Checker:
    """Return the check in force: literal, and then by entailment where that was trained."""
    literal = LiteralChecker(vectors)
    return EntailmentChecker(literal, entailer) if entailer else literal


def spans_for(sentence: str, evidence: Sequence[Evidence]) -> list[Span]:
    """Return the spans by which a sentence is judged, those first that share most words."""
    asked = _stems(sentence)
    spans = list(_spans(sentence, evidence))
    return sorted(spans, key=lambda span: -len(asked & _stems(span.text)))[:_SPANS]


def _spans(sentence: str, evidence: Sequence[Evidence]) -> Iterator[Span]:
    for item in evidence:
        passage = item.passage
        texts = [
            passage.text[s.start - passage.start : s.end - passage.start] for s in passage.sentences
        ]
        if kept := bearing(sentence, texts):
            yield Span(
                item.number,
                tuple(passage.sentences[n] for n in kept),
                tuple(texts[n] for n in kept),
                " ".join((item.document.title, *passage.heading)),
            )


def strange(sentence: str, span: Span) -> str:
    """Return what of a sentence is not in its span and decides: a number, a name, a denial."""
    given = f"{span.around} {span.text}"
    stems = _stems(given)
    if missing := numbers(sentence) - numbers(given):
        return min(missing)
    if unknown := set(names(f"x {canonical(sentence)}")) - stems:
        return min(unknown)
    if _denies(sentence) != _denies(_nearest(sentence, span)[1]):
        return "not"
    return ""


def _nearest(sentence: str, span: Span) -> tuple[Sentence, str]:
    asked = _stems(sentence)
    both = zip(span.sentences, span.texts, strict=True)
    return max(both, key=lambda pair: len(asked & _stems(pair[1])))


def _citation(sentence: str, span: Span, score: float) -> Citation:
    nearest, _ = _nearest(sentence, span)
    return Citation(span.evidence, nearest.start, nearest.end, score)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in words(canonical(text)))


def _denies(text: str) -> bool:
    return any(w in _DENIES or w.endswith("n't") for w in words(text))
