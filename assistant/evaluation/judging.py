"""Do the cited sentences carry a sentence? A judge that is not the app's own check.

What checks answers must not be the judge of what it let through. This rule is of another
family: containment of words as in ROUGE (Lin 2004), with literal conditions. A sentence is
carried when two thirds of its content stems stand in the cited sentences, with all its names
and numbers, and when it denies as the nearest of them does.

How far to trust it was measured on the official test parts of seven sets; the threshold was
set on the dev parts of the first six.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.evaluation.gold import folded
from assistant.reading.sentences import sentence_spans
from assistant.records import AnswerSentence, Evidence
from assistant.retrieval.terms import content_stems, names, numbers, stem, words

THRESHOLD = 0.68
_DENIES = frozenset(
    """no not never none nobody nothing neither nor cannot without hardly scarcely rarely
    seldom""".split()
)
NOTE = (
    "Citations are judged by a rule that is not the app's check (containment of content words, "
    "names, numbers and denials; judging.py). Its own balanced accuracy on held-out claims is .67 "
    "on average: BEGIN .83 (n = 3,600), FEVER .74 (5,807), AttributionBench .72 (310), WiCE .67 "
    "(1,052), counterfactual SNLI .65 (1,998), ExpertQA .56 (736), SciFact .53 (340). It errs on "
    "the strict side (it passes .14 to .90 of what is carried and stops .73 to .93 of what is "
    "not), and cannot see who does what to whom."
)


class Judge(Protocol):
    """Says whether sources carry a text."""

    note: str  # what a reader of its figures has to know

    def carries(self, text: str, sources: Sequence[str]) -> bool:
        """Whether the sources together carry the text."""
        ...


class ContainmentJudge:
    """Judges by what of a text stands in its sources."""

    note = NOTE

    def carries(self, text: str, sources: Sequence[str]) -> bool:
        """Whether the sources together carry the text; none carry nothing."""
        claim = frozenset(content_stems(text)) | numbers(text)
        sentences = [line[a:b] for line in sources for a, b in sentence_spans(line)]
        if not claim or not sentences:
            return False
        if any(folded(text) in folded(source) for source in sources):
            return True  # word for word
        bags = [frozenset(content_stems(s)) | numbers(s) for s in sentences]
        together = frozenset[str]().union(*bags)
        if len(claim & together) < THRESHOLD * len(claim):
            return False
        spelt = together | {stem(w) for s in sentences for w in words(s)}
        if not (frozenset(names(f"x {text}")) | numbers(text)) <= spelt:
            return False
        nearest = max(range(len(bags)), key=lambda n: len(claim & bags[n]))
        return _denies(text) == _denies(sentences[nearest])


def _denies(text: str) -> bool:
    return any(w in _DENIES or w.endswith("n't") for w in words(text))


def needed(judge: Judge, text: str, sources: Sequence[str]) -> int:
    """Return how many sources are needed, as ALCE counts precise citations.

    A citation is precise when the sources together carry the text, and it carries the text
    alone or the others without it do not (Gao et al. 2023, arXiv:2305.14627, section 3).
    """
    if not judge.carries(text, sources):
        return 0
    return sum(
        judge.carries(text, [source]) or not judge.carries(text, [*sources[:n], *sources[n + 1 :]])
        for n, source in enumerate(sources)
    )


def cited_sentences(sentence: AnswerSentence, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the stretches of text that a sentence of an answer cites, one a citation."""
    by_number = {e.number: e.passage for e in evidence}
    found = []
    for citation in sentence.citations:
        if passage := by_number.get(citation.evidence):
            start = min(
                [s.start for s in passage.sentences if s.start <= citation.start < s.end],
                default=citation.start,
            )
            found.append(passage.text[start - passage.start : citation.end - passage.start])
    return tuple(found)
